#include <cstdio>
#include <ctime>

#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/replay.h"
#include "atoma/base/limits.h"
#include "atoma/evidence/amd/issuers.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "collateral_folder.h"
#include "command.h"
#include "conformance/files.h"
#include "verify_composite.h"
#include "verify_dry_run.h"
#include "verify_nvidia.h"
#include "verify_references.h"
#include "verify_replay.h"
#include "verify_tpm.h"

namespace atoma::app {
namespace {

using appraisal::AttestationResult;
using appraisal::Verdict;
using conformance::read_file;
using evidence::Detail;
using evidence::Outcome;

struct Options {
  std::string evidence;
  std::string collateral;
  std::vector<std::string> endorsements;
  std::vector<std::string> policies;
  std::string at;
  std::string report_data;
  std::string tee;
  NvidiaOptions nvidia;
  std::vector<std::string> event_logs;
  TpmOptions tpm;
  ReferenceOptions references;
  ReplayOptions replay;
  bool failures_only = false;
  bool dry_run = false;
  bool each_by_its_policy = false;  // of a batch's results
};

Result<std::shared_ptr<const appraisal::Policy>> load_policy(const std::string& path) {
  if (path.empty()) {
    return std::make_shared<const appraisal::Policy>(
        appraisal::Policy::strict("no policy was given: the strict default names no workload"));
  }
  ATOMA_TRY(const auto text, read_file(path, limits::kPolicyMax));
  ATOMA_TRY(auto policy, appraisal::parse_policy(as_text(text)));
  return std::make_shared<const appraisal::Policy>(std::move(policy));
}

// At least one.
Result<std::vector<NamedPolicy>> load_policies(const Options& options) {
  if (options.policies.size() > 1 && !options.dry_run && !options.each_by_its_policy) {
    return malformed("usage.policies",
                     "a verdict is by one policy; several need --dry-run, or a folder to replay");
  }
  std::vector<std::string> paths = options.policies;
  if (paths.empty()) paths.emplace_back();
  std::vector<NamedPolicy> out;
  for (const auto& path : paths) {
    ATOMA_TRY(auto policy, load_policy(path));
    out.push_back({path, std::move(policy)});
  }
  return out;
}

// Everything that the request points into.
struct Inputs {
  Bytes evidence;
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  std::optional<evidence::amd::Endorsements> endorsements;
  std::optional<evidence::cca::PlatformKeys> platform_keys;
  std::optional<Error> unreadable;
  std::optional<Bytes> report_data;
  std::vector<Bytes> event_logs;
  std::optional<TpmInputs> tpm;
  ReferenceInputs references;
  std::optional<CompositeInputs> composite;
  std::shared_ptr<const ReplayInputs> replay;
  std::vector<NamedPolicy> policies;
  Time at;
  evidence::Tee tee = evidence::Tee::kUnknown;
  NvidiaInputs nvidia;
};

// Keys of CCA platforms: one file. Who names it vouches for it, as the policy allows.
Status load_platform_keys(const std::vector<Bytes>& files, Inputs& in) {
  if (files.size() != 1) return malformed("usage.endorsements", "one file with CCA platform keys");
  auto parsed = evidence::cca::PlatformKeys::parse(as_text(files.front()));
  if (!parsed) in.unreadable = parsed.error();
  if (parsed) in.platform_keys = std::move(*parsed);
  return {};
}

Status load_trust(const Options& options, Inputs& in) {
  if (!options.collateral.empty()) {
    ATOMA_TRY(const auto files, read_collateral_folder(options.collateral));
    auto parsed = evidence::intel::Collateral::parse(files);
    if (!parsed) in.unreadable = parsed.error();
    if (parsed) in.collateral = *parsed;
  }
  std::vector<Bytes> files;
  for (const auto& path : options.endorsements) {
    ATOMA_TRY(auto bytes, read_file(path, limits::kCrlMax));
    files.push_back(std::move(bytes));
  }
  if (files.empty() && in.tpm && !in.tpm->file.vcek.empty()) files.push_back(in.tpm->file.vcek);
  if (files.empty()) return {};
  if (in.tee == evidence::Tee::kCca) return load_platform_keys(files, in);
  std::vector<ByteView> views(files.begin(), files.end());
  // A vTPM's guest is given its VCEK and no more.
  if (in.tpm) views = evidence::amd::with_known_issuers(views);
  auto parsed = evidence::amd::Endorsements::parse(views);
  if (!parsed) in.unreadable = parsed.error();
  if (parsed) in.endorsements = std::move(*parsed);
  return {};
}

evidence::Tee tee_of(const Options& options, ByteView evidence) {
  using evidence::Tee;
  for (const auto tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp, Tee::kNvidia, Tee::kNitro, Tee::kCca}) {
    if (evidence::tee_name(tee) == options.tee) return tee;
  }
  return appraisal::recognise(evidence);
}

// A replayed result has its time, and may bring its evidence.
Status load_evidence(const Options& options, Inputs& in) {
  in.at = Time{std::time(nullptr)};
  if (in.replay != nullptr) {
    in.at = in.replay->verified_at();
    if (const auto* one = in.replay->one()) {
      in.report_data = appraisal::replay_report_data(one->atoma);
    }
  }
  if (!options.evidence.empty()) {
    ATOMA_TRY(in.evidence, read_file(options.evidence, appraisal::kCompositeFileMax));
  } else if (in.replay && in.replay->evidence) {
    in.evidence = *in.replay->evidence;
  } else {
    return malformed("usage.evidence", "name a file with evidence");
  }
  if (!options.at.empty()) {
    if (in.replay) return malformed("usage.replay", "the result itself says when: no --at");
    ATOMA_TRY(in.at, parse_time(options.at));
  }
  return {};
}

Result<Inputs> load(const Options& options, std::shared_ptr<const ReplayInputs> replay) {
  Inputs in;
  in.replay = std::move(replay);
  ATOMA_TRY_VOID(load_evidence(options, in));
  ATOMA_TRY(in.composite, load_composite(in.evidence, options.nvidia));
  const cose::Ear* const claimed = in.replay ? in.replay->one() : nullptr;
  if (in.composite) {
    auto& challenge = in.composite->challenge;
    if (claimed != nullptr && !challenge) challenge = appraisal::replay_challenge(*claimed);
    in.evidence = in.composite->file.evidence;
  } else if (in.evidence.size() > limits::kEvidenceMax) {
    return malformed("file.too_large", options.evidence + " is larger than any evidence");
  }
  TpmOptions tpm = options.tpm;
  tpm.nonce = options.nvidia.nonce;
  if (!in.composite) {
    ATOMA_TRY(in.tpm, load_tpm(in.evidence, tpm));
  }
  if (in.tpm && claimed != nullptr && !in.tpm->nonce) {
    const auto quote = evidence::tpm::parse_tpm_quote(in.tpm->file.message);
    if (quote) in.tpm->nonce = appraisal::replay_tpm_nonce(claimed->atoma, quote->nonce);
  }
  for (const auto& path : options.event_logs) {
    ATOMA_TRY(auto log, read_file(path, limits::kEventLogMax));
    in.event_logs.push_back(std::move(log));
  }
  ATOMA_TRY(in.policies, load_policies(options));
  in.tee = in.composite ? in.composite->file.tee : tee_of(options, in.evidence);
  ATOMA_TRY_VOID(load_trust(options, in));
  ATOMA_TRY(in.references, load_references(options.references));
  if (in.references.unreadable) in.unreadable = in.references.unreadable;
  if (!options.report_data.empty()) {
    ATOMA_TRY(auto bytes, wire::hex_decode(options.report_data));
    if (bytes.size() > 64) return malformed("usage.report_data", "at most 64 bytes in hexadecimal");
    bytes.resize(64);
    in.report_data = std::move(bytes);
  }
  if (options.nvidia.given()) {
    in.tee = evidence::Tee::kNvidia;
    ATOMA_TRY_VOID(load_nvidia(options.nvidia, in.evidence, in.nvidia));
    in.report_data = in.nvidia.nonce;
  }
  return in;
}

// Digests and certificates' names are long; a line should not be.
std::string shortened(std::string_view text) {
  constexpr std::size_t kWidth = 56;
  if (text.size() <= kWidth) return std::string(text);
  return std::string(text.substr(0, kWidth - 1)) + "…";
}

// One line for what passes; what does not also says by which clause, and what was expected.
void print_finding(const Context& context, const evidence::Finding& finding) {
  const bool passed = finding.outcome == Outcome::kPass;
  const std::string text =
      passed ? context.dim(shortened(finding.actual)) : context.dim(finding.clause);
  std::printf("  %s  %-34s %s\n", outcome_mark(context, finding.outcome).c_str(),
              std::string(finding.id).c_str(), text.c_str());
  if (passed) return;
  std::printf("        expected %s\n        found    %s\n", finding.expected.c_str(),
              context.bold(finding.actual).c_str());
}

void print_result(const Context& context, const AttestationResult& result, bool failures_only) {
  const auto& items = result.findings().items();
  for (const auto& finding : items) {
    if (!failures_only || finding.outcome != Outcome::kPass) print_finding(context, finding);
  }
  for (const auto& event : result.events()) {
    const std::string mark = event.measured ? context.good("hash") : context.warn("said");
    std::printf("  %s  %-6s %-34s %s\n", mark.c_str(), event.register_name.c_str(),
                event.type.c_str(), context.dim(event.text).c_str());
  }
  for (const auto& claim : result.claims()) {
    std::printf("  %-18s %s\n", std::string(claim.name).c_str(), context.dim(claim.value).c_str());
  }
  for (const auto& m : result.measurements()) {
    std::printf("  %-18s %s\n", std::string(m.name).c_str(),
                context.dim(wire::hex_encode(m.value)).c_str());
  }
  if (result.sample()) {
    std::printf("%s\n", context.warn("SAMPLE EVIDENCE of a software root: proves nothing").c_str());
  }
  const std::string verdict(appraisal::verdict_name(result.verdict()));
  const bool accepted = result.verdict() == Verdict::kAccepted;
  std::printf("%s  %s", accepted ? context.good(verdict).c_str() : context.bad(verdict).c_str(),
              std::string(evidence::tee_name(result.tee())).c_str());
  if (!result.tcb_status().empty()) {
    std::printf(", TCB %s", std::string(result.tcb_status()).c_str());
  }
  const auto failed =
      std::ranges::count_if(items, [](const auto& f) { return f.outcome < Outcome::kExcused; });
  std::printf(", %zu checks, %td not passed\n", items.size(), failed);
}

// Names what was given, which is compared even where the evidence stands on none of it.
void name_inputs(const Inputs& in, const cose::AtomaClaims& claimed, cose::AtomaClaims& out) {
  if (in.references.unreadable) {
    out.reference_values_sha256 = "unreadable: " + std::string(in.references.unreadable->reason);
  }
  // Evidence that does not parse stands on nothing, but what was given is compared all the same.
  const bool given = in.collateral || in.endorsements || in.platform_keys || in.unreadable ||
                     in.tpm || !in.nvidia.evidence.rims.empty() ||
                     (in.composite && !in.composite->rims.empty());
  auto& digests = out.collateral_sha256;
  // Nothing has a digest, too, which a result that was made without collateral names.
  if (!given && digests != claimed.collateral_sha256) digests.clear();
  if (in.unreadable) digests = {"unreadable: " + std::string(in.unreadable->reason)};
  if (in.composite) return;  // of several parts: it says itself what it stands on
  if (in.collateral) digests = {wire::hex_encode(in.collateral->digest())};
  if (in.endorsements) digests = {wire::hex_encode(in.endorsements->digest())};
  if (in.platform_keys) digests = {wire::hex_encode(in.platform_keys->digest())};
}

// The result over the same inputs, in the words of a signed one.
cose::Ear again(const Inputs& in, const appraisal::Request& request) {
  const cose::Ear& claimed = *in.replay->one();
  appraisal::Appraiser appraiser(in.policies.front().policy);
  const auto detail = appraisal::replay_detail(claimed.atoma);
  const auto about = appraisal::replay_context(claimed);
  auto out = in.composite
                 ? appraisal::make_ear(
                       appraise_composite(appraiser, in.composite->request(request), detail), about)
                 : appraisal::make_ear(appraiser.appraise(request, detail), about);
  // An appraisal that nobody recorded names no key; report data bind it all the same.
  if (claimed.atoma.key.empty()) out.atoma.key.clear();
  name_inputs(in, claimed.atoma, out.atoma);
  return out;
}

// The same as one of many.
cose::EarItem item_again(const Inputs& in, const appraisal::Request& request, Detail detail,
                         bool claims, const NamedPolicy& by) {
  appraisal::Appraiser appraiser(by.policy);
  if (in.composite) {
    return appraisal::make_ear_item(
        appraise_composite(appraiser, in.composite->request(request), detail), claims);
  }
  return appraisal::make_ear_item(appraiser.appraise(request, detail), claims);
}

// The policy that a result names, or the first.
const NamedPolicy& policy_of(const Inputs& in, const cose::AtomaClaims& claimed) {
  const auto found = std::ranges::find(in.policies, claimed.policy_sha256, [](const auto& named) {
    return wire::hex_encode(named.policy->digest);
  });
  return found != in.policies.end() ? *found : in.policies.front();
}

// Where the check passed, a batch does not say what its report data had to be: the evidence,
// as `first` tells of it, does.
cose::EarItem item_again(const Inputs& in, appraisal::Request request, const cose::EarItem& claimed,
                         const cose::EarItem& first) {
  auto claims = claimed.atoma;
  const bool told = !claims.report_data.empty() || !claims.measurements.empty();
  if (claims.report_data.empty()) claims.report_data = first.atoma.report_data;
  const auto report_data = appraisal::replay_report_data(claims);
  if (!request.expected_report_data && report_data) request.expected_report_data = *report_data;
  auto found =
      item_again(in, request, appraisal::replay_detail(claims), told, policy_of(in, claimed.atoma));
  name_inputs(in, claimed.atoma, found.atoma);
  return found;
}

// A batch does not say which result is about this evidence: the evidence does.
void replay_batch(Context& context, const Inputs& in, const appraisal::Request& request) {
  const auto first = item_again(in, request, Detail::kClaims, true, in.policies.front());
  const cose::EarItem* const claimed = find_item(*in.replay->many(), first.atoma);
  if (claimed == nullptr) return print_replay(context, *in.replay, nullptr, first);
  print_replay(context, *in.replay, claimed, item_again(in, request, *claimed, first));
}

// A request over what was loaded, which outlives it.
class Asked {
 public:
  Asked(const Inputs& in, bool nvidia)
      : logs_(in.event_logs.begin(), in.event_logs.end()),
        tpm_(in.tpm ? in.tpm->view() : appraisal::TpmEvidence{}),
        request_{.evidence = in.evidence,
                 .tee = in.tee,
                 .collateral = in.collateral.get(),
                 .endorsements = in.endorsements ? &*in.endorsements : nullptr,
                 .nvidia = nvidia ? &in.nvidia.evidence : nullptr,
                 .at = in.at,
                 .expected_report_data =
                     in.report_data ? std::optional<ByteView>(*in.report_data) : std::nullopt,
                 .unreadable_collateral = in.unreadable,
                 .platform_keys = in.platform_keys ? &*in.platform_keys : nullptr,
                 .event_logs = logs_,
                 .tpm = in.tpm ? &tpm_ : nullptr,
                 .reference_sets = in.references.sets} {}
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  const appraisal::Request& request() const { return request_; }

 private:
  const std::vector<ByteView> logs_;
  const appraisal::TpmEvidence tpm_;
  const appraisal::Request request_;
};

// Of what vendors signed, what a kind of evidence has a use for: items of a folder share options.
Result<Options> about_file(const Options& all, const std::string& path) {
  Options out = all;
  out.evidence = path;
  out.each_by_its_policy = true;
  ATOMA_TRY(const auto evidence, read_file(path, appraisal::kCompositeFileMax));
  const auto tee = appraisal::recognise(evidence);
  const bool composite = appraisal::looks_like_composite(as_text(evidence));
  const bool intel = tee == evidence::Tee::kTdx || tee == evidence::Tee::kSgx;
  if (!intel && !composite) out.collateral.clear();
  if (tee == evidence::Tee::kSnp || composite) return out;
  out.endorsements.clear();
  return out;
}

// Every file of a folder, and what the batch says of it.
Status replay_files(const Options& options, const std::shared_ptr<const ReplayInputs>& replay,
                    std::vector<ItemReplay>& out) {
  ATOMA_TRY(const auto paths, files_of(options.evidence));
  for (const auto& path : paths) {
    ATOMA_TRY(const auto mine, about_file(options, path));
    ATOMA_TRY(const auto in, load(mine, replay));
    const Asked asked(in, options.nvidia.given());
    const auto first = item_again(in, asked.request(), Detail::kClaims, true, in.policies.front());
    bool known = false;
    for (const auto& claimed : replay->many()->items) {
      if (claimed.atoma.evidence_sha256 != first.atoma.evidence_sha256) continue;
      known = true;
      out.push_back({path, &claimed, claimed.atoma,
                     appraisal::compare(claimed, item_again(in, asked.request(), claimed, first))});
    }
    if (!known) out.push_back({path, nullptr, first.atoma, no_result(*replay->many(), first)});
  }
  return {};
}

void replay_folder(Context& context, const Options& options,
                   const std::shared_ptr<const ReplayInputs>& replay) {
  std::vector<ItemReplay> items;
  if (const auto done = replay_files(options, replay, items); !done) {
    return context.report(done.error(), exit_code_of(done.error()));
  }
  print_replays(context, *replay, items);
}

void run(Context& context, const Options& options) {
  std::shared_ptr<const ReplayInputs> replay;
  if (options.replay.given()) {
    auto loaded = load_replay(options.replay);
    if (!loaded) return context.report(loaded.error(), exit_code_of(loaded.error()));
    replay = std::make_shared<const ReplayInputs>(*std::move(loaded));
    const bool many = replay->many() != nullptr && options.at.empty() && !options.dry_run;
    if (many && is_folder(options.evidence)) return replay_folder(context, options, replay);
  }
  const auto in = load(options, replay);
  if (!in) return context.report(in.error(), exit_code_of(in.error()));
  const Asked asked(*in, options.nvidia.given());
  const auto& request = asked.request();
  if (in->composite && options.dry_run) {
    return print_dry_run(context, in->composite->request(request), in->policies);
  }
  if (options.dry_run) return print_dry_run(context, request, in->policies);
  if (replay && replay->many()) return replay_batch(context, *in, request);
  if (replay) return print_replay(context, *replay, again(*in, request));
  appraisal::Appraiser appraiser(in->policies.front().policy);
  if (in->composite) return verify_composite(context, appraiser, in->composite->request(request));
  const auto result = appraiser.appraise(request, Detail::kAll);
  context.exit_code = exit_code_of(result.verdict());
  if (context.json) {
    std::printf("%s\n", appraisal::to_json(result).c_str());
  } else {
    print_result(context, result, options.failures_only);
  }
}

constexpr const char* kExamples =
    "Examples:\n"
    "  atoma verify quote.bin --collateral collateral/ --policy policy.yaml\n"
    "  atoma verify report.bin --endorsements vcek.der ask_ark.pem crl.der --json\n"
    "  atoma verify gpu.bin --cert-chain chain.pem --nonce HEX --rim driver.xml vbios.swidtag\n"
    "  atoma verify document.cbor --policy policy.yaml --report-data 0102…\n"
    "  atoma verify token.cbor --endorsements cpak.json\n"
    "  atoma verify quote.bin --collateral collateral/ --at 2025-07-04T08:40:18Z\n"
    "  atoma verify quote.bin --collateral collateral/ --event-log ccel.bin --policy policy.yaml\n"
    "  atoma verify hcl.bin --endorsements vcek.der --tpm-quote quote.msg --tpm-signature "
    "quote.sig "
    "\\\n    --pcrs pcrs.txt --nonce 0011… --policy policy.yaml\n"
    "  atoma verify quote.msg --tpm-signature quote.sig --pcrs pcrs.txt --ak ak.pem --nonce 0011…\n"
    "  atoma verify --replay bundle.json --replay-keys jwks.json --policy policy.yaml "
    "--collateral collateral/\n"
    "  atoma verify quote.bin --collateral collateral/ --dry-run --policy a.yaml --policy b.yaml\n"
    "A collateral folder holds tcb_info.json, qe_identity.json, tcb_signing_chain.pem, "
    "root_crl.der,\n"
    "pck_crl.der and, where the quote carries no chain, pck_chain.pem.\n"
    "--dry-run ends with 0 when every policy accepts, 1 when one refuses, else 3.\n"
    "Without --policy the strict default applies: it names no workload.";

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("verify", "Verify and appraise one piece of evidence, offline");
  auto options = std::make_shared<Options>();
  command->add_option(
      "EVIDENCE", options->evidence,
      "TDX or SGX quote, SEV-SNP or HCL report, NVIDIA report, Nitro document, CCA "
      "token, TPM quote, a TPM's evidence in JSON, or a CPU's and its GPUs' (composite)");
  command->add_option("--collateral", options->collateral, "Folder with Intel's collateral");
  command->add_option(
      "--endorsements", options->endorsements,
      "AMD certificates and revocation list, PEM or DER; or CCA platform keys, JSON");
  command->add_option("--policy", options->policies, "Appraisal policy, YAML or JSON")
      ->allow_extra_args(false);
  command->add_flag("--dry-run", options->dry_run,
                    "List every check that refuses, under each --policy, and what would change it");
  command->add_option("--at", options->at, "Time of verification (default: now)");
  command->add_option("--report-data", options->report_data,
                      "Report data that must be bound, hexadecimal (zero padded to 64 bytes)");
  command->add_option("--tee", options->tee, "What the evidence is, when its bytes may lie")
      ->check(CLI::IsMember({"tdx", "sgx", "snp", "nvidia", "nitro", "cca"}));
  add_nvidia_options(*command, options->nvidia);
  command->add_option("--event-log", options->event_logs,
                      "Event logs in the order written: CCEL, TCG2, dstack JSON, canonical");
  add_tpm_options(*command, options->tpm);
  add_reference_options(*command, options->references);
  add_replay_options(*command, options->replay);
  command->add_flag("--failures", options->failures_only, "Print only checks that do not pass");
  command->footer(kExamples);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
