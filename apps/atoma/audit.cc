#include "atoma/registry/audit.h"

#include <cstdio>
#include <ctime>

#include "atoma/cose/ear_token.h"
#include "atoma/registry/registry.h"
#include "atoma/wire/json_writer.h"
#include "audit_url.h"
#include "command.h"
#include "conformance/files.h"
#include "log_key.h"

namespace atoma::app {
namespace {

using conformance::read_file;
using ledger::AuditStep;

struct Options {
  std::string bundle;
  std::string log_directory;
  std::vector<std::string> known;  // bundles that a whole log must contain
  std::string log_key;             // a verifier key, or a file with one
  std::string verifier_keys;       // a JWK set in a file
};

Result<std::optional<tlog::VerifierKey>> trusted_log_key(const std::string& given) {
  if (given.empty()) return std::nullopt;
  return load_log_key(given);
}

Result<tlog::ProofBundle> load_bundle(const std::string& path) {
  ATOMA_TRY(const auto bytes, read_file(path, tlog::kBundleMax));
  return tlog::parse_bundle(as_text(bytes));
}

// The EAR's signature, with the relying party's keys or, loudly, with the bundle's own.
AuditStep ear_step(const tlog::ProofBundle& bundle, const std::optional<Bytes>& trusted) {
  AuditStep step{.id = "ear_signature", .ok = false, .text = "", .checked = true};
  if (!trusted && !bundle.jwks) {
    step.text = "no verifier keys were given and the bundle has none";
    return step;
  }
  const std::string_view json = trusted ? as_text(*trusted) : std::string_view(*bundle.jwks);
  auto keys = cose::VerificationKeys::parse_jwks(json);
  if (!keys) {
    step.text = keys.error().to_string();
    return step;
  }
  const auto verified = cose::verify_ear_token(*bundle.ear, *keys);
  if (!verified) {
    step.text = verified.error().to_string();
    return step;
  }
  const cose::AtomaClaims& claims = verified->ear.atoma;
  step.ok = true;
  step.checked = trusted.has_value();
  step.text =
      std::string(trusted ? "" : "WARNING: no verifier keys were given; by the bundle's own: ") +
      "verdict " + std::string(cose::verdict_name(claims.verdict)) + ", " + claims.tee +
      (claims.sample ? " (SAMPLE: proves nothing)" : "") + ", verified at " +
      format_time(claims.verified_at);
  return step;
}

void audit_bundle(Context& context, const Options& options) {
  const auto bundle = load_bundle(options.bundle);
  if (!bundle) return context.report(bundle.error());
  const auto key = trusted_log_key(options.log_key);
  if (!key) return context.report(key.error());
  std::optional<Bytes> verifier_keys;
  if (!options.verifier_keys.empty()) {
    auto bytes = read_file(options.verifier_keys, cose::kKeySetSizeMax);
    if (!bytes) return context.report(bytes.error());
    verifier_keys = std::move(*bytes);
  }
  auto steps = ledger::audit_bundle(*bundle, *key ? &**key : nullptr);
  if (bundle->ear) steps.push_back(ear_step(*bundle, verifier_keys));
  print_steps(context, steps);
}

void audit_whole_log(Context& context, const Options& options) {
  const std::string own_key = options.log_directory + "/" + std::string(registry::kVerifierKeyFile);
  const bool trusted = !options.log_key.empty();
  const auto key = trusted_log_key(trusted ? options.log_key : own_key);
  if (!key) return context.report(key.error());
  registry::AuditOptions audit;
  for (const auto& path : options.known) {
    auto bundle = load_bundle(path);
    if (!bundle) return context.report(bundle.error());
    audit.bundles.push_back(std::move(*bundle));
  }
  auto report = registry::audit_log(options.log_directory, **key, audit);
  if (!report) return context.report(report.error());
  if (!trusted) {
    report->steps.insert(report->steps.begin(),
                         {.id = "log_key",
                          .ok = true,
                          .text = "WARNING: no trusted key was given; the directory's own " +
                                  (**key).to_string() + " is used",
                          .checked = false});
  }
  print_steps(context, report->steps);
}

constexpr const char* kExamples =
    "Examples:\n"
    "  atoma audit bundle.json --log-key log.vkey\n"
    "  atoma audit --log DATA/registry --log-key log.vkey --known bundle.json\n"
    "  atoma audit --url https://log.example --log-key log.vkey --policy witnesses.txt\n"
    "  atoma audit --url https://log.example --log-key log.vkey --evidence \\\n"
    "    --evidence-token evidence.token\n"
    "Without --log-key the proof's own key is used, which shows only that it agrees with itself.";

}  // namespace

void add_audit(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "audit", "Check a proof bundle or a whole log, offline, or a log by its URL");
  auto options = std::make_shared<Options>();
  const auto url = std::make_shared<UrlAuditOptions>();
  auto* remote = command->add_option("--url", url->url, "URL of a log: read and replay all of it");
  auto* bundle = command->add_option("BUNDLE", options->bundle, "Proof bundle");
  auto* log = command->add_option("--log", options->log_directory, "Directory of a whole log");
  bundle->excludes(log);
  remote->excludes(bundle)->excludes(log);
  command->add_option("--policy", url->policy, "With --url: witnesses that must have cosigned")
      ->needs(remote);
  command->add_option("--note", url->notes, "With --url: a checkpoint that somebody kept; repeat")
      ->needs(remote)
      ->allow_extra_args(false);
  command->add_flag("--opaque", url->opaque, "With --url: anybody's bytes, no rules to replay")
      ->needs(remote);
  auto* evidence = command->add_flag("--evidence", url->evidence,
                                     "With --url: fetch what entries name, and compare digests");
  evidence->needs(remote);
  add_evidence_options(*command, url->source);
  command->add_option("--known", options->known, "Bundles that the log must contain")->needs(log);
  command->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it");
  command->add_option("--verifier-keys", options->verifier_keys,
                      "JWK set of the verifier whose EARs are trusted");
  command->footer(kExamples);
  command->callback([&context, options, url] {
    if (!url->url.empty()) {
      url->log_key = options->log_key;
      return audit_url(context, *url);
    }
    if (!options->log_directory.empty()) return audit_whole_log(context, *options);
    if (!options->bundle.empty()) return audit_bundle(context, *options);
    context.report(
        {Code::kInvalidArgument, "usage.audit", "name a bundle or a log (--log, --url)"});
  });
}

}  // namespace atoma::app
