#include <cstdio>

#include "atoma/appraisal/binding.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "command.h"
#include "conformance/files.h"
#include "log_key.h"
#include "remote.h"
#include "server/sample_platform.h"

namespace atoma::app {
namespace {

using cose::EarVerdict;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string platform;
  std::string out;
  std::string tee = "tdx";
  std::string measurement;
  std::string format = "jwt";
  std::string algorithm = "ES256";
  std::string replay;
  std::string log_key;
  std::string tenant;
};

std::string text_of(ByteView bytes) {
  std::string text(as_text(bytes));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<std::string> member(const wire::JsonDocument& document, std::string_view name) {
  const auto* value = document.root().find(name);
  if (value == nullptr) {
    return fail(Code::kInternal, "remote.failed",
                "the answer has no member \"" + std::string(name) + "\"");
  }
  return std::string(value->is_string() ? value->text() : value->raw());
}

// An impostor's choice: evidence that somebody else's platform made for another nonce and key.
Result<Bytes> replayed(const std::string& bundle_file) {
  ATOMA_TRY(const auto json, conformance::read_file(bundle_file, tlog::kBundleMax));
  ATOMA_TRY(auto bundle, tlog::parse_bundle(as_text(json)));
  if (bundle.evidence) return *std::move(bundle.evidence);
  return malformed("attest.replay", bundle_file + " holds no evidence");
}

Result<Bytes> make_evidence(const Options& options, ByteView nonce, ByteView public_key) {
  if (!options.replay.empty()) return replayed(options.replay);
  if (options.platform.empty()) {
    return malformed("usage.platform", "say which platform makes the evidence: --platform DIR");
  }
  ATOMA_TRY(const auto platform, server::SamplePlatform::load(options.platform));
  auto measurement = server::sample_measurement();
  if (!options.measurement.empty() && !wire::hex_decode_into(options.measurement, measurement)) {
    return malformed("usage.measurement", "--measurement: expected 48 bytes in hexadecimal");
  }
  const auto tee = options.tee == "snp" ? evidence::Tee::kSnp : evidence::Tee::kTdx;
  return platform.evidence(tee, appraisal::bind_report_data(nonce, public_key), measurement);
}

struct Attested {
  Attestation attestation;
  cose::Ear ear;
};

RemoteResult<std::string> ask_challenge(const Options& options) {
  ATOMA_TRY(const auto body, call_remote(options.server, {.method = http::Method::kPost,
                                                          .path = "/v1/challenge",
                                                          .json_body = "{}"}));
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(body)));
  return member(document, "nonce");
}

RemoteResult<Attested> attest(const Options& options) {
  crypto::SystemEntropy entropy;
  auto key = crypto::XwingPrivateKey::generate(entropy);
  ATOMA_TRY(const auto nonce_text, ask_challenge(options));
  ATOMA_TRY(const auto nonce, wire::base64_decode(nonce_text));
  ATOMA_TRY(const auto evidence, make_evidence(options, nonce, key.public_key()));
  wire::JsonWriter request;
  request.begin_object()
      .member("nonce", nonce_text)
      .member("key", wire::base64_encode(key.public_key()))
      .member("evidence", wire::base64_encode(evidence))
      .member("format", options.format)
      .member("alg", options.algorithm);
  if (!options.tenant.empty()) request.member("tenant", options.tenant);
  request.end_object();
  ATOMA_TRY(const auto body, call_remote(options.server, {.method = http::Method::kPost,
                                                          .path = "/v1/attest",
                                                          .json_body = request.take()}));
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(body)));
  Attested out{.attestation = {.key = std::move(key)}};
  auto& got = out.attestation;
  ATOMA_TRY(got.token, member(document, "ear"));
  ATOMA_TRY(got.bundle_json, member(document, "bundle"));
  ATOMA_TRY(const auto jwks, call_remote(options.server, {.path = "/.well-known/jwks.json"}));
  got.jwks = text_of(jwks);
  ATOMA_TRY(const auto log_key, find_log_key(options.server, options.log_key));
  got.log_key = log_key.to_string();  // kept from now on
  ATOMA_TRY(out.ear, check_ear(got.token, got.jwks, nonce_text, got.key.public_key()));
  ATOMA_TRY(got.bundle, check_bundle(got.bundle_json, got.log_key));
  if (got.bundle.ear != got.token) {
    return fail(Code::kPermissionDenied, "proof.bundle", "the proof is of another result");
  }
  return out;
}

void print_json(const Attested& got, const Options& options) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  const auto& claims = got.ear.atoma;
  out.begin_object()
      .member("verdict", cose::verdict_name(claims.verdict))
      .member("tee", claims.tee)
      .member("sample", claims.sample)
      .member("tcb_status", claims.tcb_status)
      .member("index", got.attestation.bundle.index)
      .member("expires_at", format_time(got.ear.expires_at))
      .member("ear_sha256", tlog::token_digest_hex(got.attestation.token))
      .member("checks", claims.checks)
      .member("directory", options.out);
  out.key("findings").begin_array();
  for (const auto& finding : claims.findings) {
    out.begin_object()
        .member("id", finding.id)
        .member("outcome", finding.outcome)
        .member("severity", finding.severity)
        .member("clause", finding.clause)
        .member("expected", finding.expected)
        .member("actual", finding.actual)
        .end_object();
  }
  out.end_array().end_object();
  std::printf("%s\n", out.str().c_str());
}

void print(const Context& context, const Attested& got, const Options& options) {
  const auto& claims = got.ear.atoma;
  for (const auto& finding : claims.findings) {
    const auto mark = finding.outcome == "fail" ? context.bad("FAIL")
                                                : context.warn(finding.outcome.substr(0, 4));
    std::printf("  %s  %-34s %s\n        expected %s\n        found    %s\n", mark.c_str(),
                finding.id.c_str(), context.dim(finding.clause).c_str(), finding.expected.c_str(),
                context.bold(finding.actual).c_str());
  }
  if (claims.sample) {
    std::printf("%s\n", context.warn("SAMPLE EVIDENCE of a software root: proves nothing").c_str());
  }
  const bool accepted = claims.verdict == EarVerdict::kAccepted;
  const std::string verdict(cose::verdict_name(claims.verdict));
  std::printf("%s  %s%s%s, %llu checks, result good until %s\n",
              accepted ? context.good(verdict).c_str() : context.bad(verdict).c_str(),
              claims.tee.c_str(), claims.tcb_status.empty() ? "" : ", TCB ",
              claims.tcb_status.c_str(), static_cast<unsigned long long>(claims.checks),
              format_time(got.ear.expires_at).c_str());
  std::printf("entry %llu of the log; signature, place and binding to this key checked here\n",
              static_cast<unsigned long long>(got.attestation.bundle.index));
  if (options.log_key.empty()) {
    std::printf("%s\n", context
                            .dim("the log's key is the server's own word, kept in log.vkey; "
                                 "--log-key FILE checks against one that you were given")
                            .c_str());
  }
  std::printf("kept in %s\n", options.out.c_str());
}

int exit_code(EarVerdict verdict) {
  switch (verdict) {
    case EarVerdict::kAccepted:
      return kExitOk;
    case EarVerdict::kRefused:
      return kExitRefused;
    case EarVerdict::kUnappraisable:
      break;
  }
  return kExitUnappraisable;
}

void run(Context& context, const Options& options) {
  const auto got = attest(options);
  if (!got) return context.report(got.error(), exit_code_of(got.error()));
  if (const auto kept = store_attestation(options.out, got->attestation); !kept) {
    return context.report(kept.error());
  }
  context.exit_code = exit_code(got->ear.atoma.verdict);
  if (context.json) {
    print_json(*got, options);
  } else {
    print(context, *got, options);
  }
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma attest --platform atoma-data/sample --out workload\n"
    "  atoma attest --platform atoma-data/sample --out impostor --measurement $(printf 'ee%.0s' "
    "$(seq 48))\n"
    "  atoma attest --replay workload/bundle.json --out impostor    somebody else's evidence\n"
    "Makes a key, asks for a challenge, binds both into evidence, and checks what comes back:\n"
    "the result's signature, that it is about this key and challenge, and its place in the log.\n"
    "DIR gets key, ear.jwt (or ear.cwt), bundle.json, jwks.json, log.vkey. Only the sample TEE\n"
    "can make evidence here so far.";

}  // namespace

void add_attest(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("attest", "Attest a sample workload to a running Atoma");
  auto options = std::make_shared<Options>();
  command->add_option("--server", options->server, "URL of a running Atoma")->capture_default_str();
  command->add_option("--platform", options->platform, "Directory of the sample TEE");
  command->add_option("--out", options->out, "Directory for key, result and proof")->required();
  command->add_option("--tee", options->tee, "Kind of evidence")
      ->check(CLI::IsMember({"tdx", "snp"}))
      ->capture_default_str();
  command->add_option("--format", options->format, "Form of the result")
      ->check(CLI::IsMember({"jwt", "cwt"}))
      ->capture_default_str();
  command->add_option("--alg", options->algorithm, "Algorithm of its signature")
      ->check(CLI::IsMember({"ES256", "ML-DSA-65"}))
      ->capture_default_str();
  command->add_option("--measurement", options->measurement,
                      "Launch measurement in hexadecimal, as of a modified image");
  command->add_option("--replay", options->replay,
                      "Send the evidence of this proof bundle in place of one's own");
  command->add_option("--tenant", options->tenant, "Be appraised under this tenant's policy");
  command->add_option("--log-key", options->log_key, "File with the log's verifier key");
  command->footer(kFooter);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
