// Appraiser's way for NVIDIA: each device by itself, then all of one host together.
#include <algorithm>
#include <format>
#include <set>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/text.h"
#include "nvidia_rims.h"
#include "rules.h"
#include "tee_rule.h"

namespace atoma::appraisal {
namespace {

using evidence::Authenticity;
using evidence::Check;
using evidence::Findings;
using evidence::RootKind;
using evidence::nvidia::Architecture;
using evidence::nvidia::AuthenticReport;
using evidence::nvidia::DeviceIdentity;
using evidence::nvidia::ReportFields;
using evidence::nvidia::Toggle;

// What nvtrust and NVIDIA's SDK ask in their examples.
constexpr std::string_view kSampleNonce =
    "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb";
constexpr std::size_t kDevicesMax = 64;

std::string mode_of(const ReportFields& report) {
  const bool pcie = report.protected_pcie == Toggle::kOn;
  if (report.protected_pcie == Toggle::kUnknown) return "unknown";
  if (!report.feature_flag) return pcie ? "ppcie" : "unstated";
  if (*report.feature_flag > 2) return "unknown";
  if ((*report.feature_flag == 2) != pcie) return "contradictory";
  return std::string(kNvidiaModes[*report.feature_flag]);
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return text;
}

std::string vbios_rim_id(const ReportFields& report, Architecture architecture) {
  std::string version = upper(report.vbios_version());
  std::erase(version, '.');
  if (is_switch(architecture)) return "NV_SWITCH_BIOS_5612_0002_890_" + version;
  return upper(std::format("NV_GPU_VBIOS_{}_{}_{}_", report.project, report.project_sku,
                           report.chip_sku)) +
         version;
}

std::string driver_rim_id(const ReportFields& report, Architecture architecture) {
  if (is_switch(architecture)) return "";
  const bool hopper = architecture == Architecture::kHopper;
  return (hopper ? "NV_GPU_DRIVER_GH100_" : "NV_GPU_CC_DRIVER_GB100_") +
         std::string(report.driver_version);
}

DeviceResult describe(const ReportFields& report, const DeviceIdentity& device) {
  return {.architecture = device.architecture,
          .chip = device.chip,
          .id = wire::hex_encode(device.serial),
          .driver_version = std::string(report.driver_version),
          .vbios_version = report.vbios_version(),
          .mode = is_switch(device.architecture) ? "unstated" : mode_of(report),
          .driver_rim_id = driver_rim_id(report, device.architecture),
          .vbios_rim_id = vbios_rim_id(report, device.architecture),
          .mismatched_indices = {}};
}

void check_nonce(const Policy& policy, std::optional<ByteView> asked, ByteView nonce,
                 Findings& findings) {
  if (asked) {
    const ByteView expected = *asked;
    findings.check(
        Check::kNvidiaNonce, equal(expected, nonce), [&] { return wire::hex_encode(expected); },
        [&] { return wire::hex_encode(nonce); });
  } else if (policy.report_data_bound.accept_any) {
    findings.check(
        Check::kNvidiaNonce, true,
        [&] { return "any (" + policy.report_data_bound.accept_any_reason + ")"; },
        [&] { return wire::hex_encode(nonce); });
  } else {
    findings.missing(Check::kNvidiaNonce, "the nonce that the relying party asked with");
  }
}

void check_mode(const NvidiaPolicy& policy, const DeviceResult& device, Findings& findings) {
  const bool known = std::ranges::contains(kNvidiaModes, device.mode);
  findings.check(
      Check::kPolicyNvidiaMode, known && policy.modes.admits(device.mode),
      [&] {
        if (policy.modes.accept_any) return "any (" + policy.modes.accept_any_reason + ")";
        std::string out = "one of";
        for (const auto& mode : policy.modes.values) out += " " + mode;
        return out;
      },
      device.mode);
}

void appraise_device(const AuthenticReport& report, const NvidiaPolicy& policy,
                     const DeviceResult& device, Findings& findings) {
  const bool bound = report.fwid_bound() || is_switch(report.device().architecture);
  apply(policy.fwid_bound, bound, Check::kPolicyNvidiaFwid, "a report that names its firmware",
        bound ? "it does" : "no FWID", findings);
  const auto& flags = report.device().flags;
  const bool debug = flags && (flags->debug || flags->recovery || flags->not_secure);
  apply(policy.no_debug, !debug, Check::kPolicyNvidiaDebug, "firmware without debug",
        debug ? "debug, recovery or insecure" : "none", findings);
  check_mode(policy, device, findings);
}

// One finding's text names the device where there are several.
void merge(const Findings& from, std::size_t place, std::size_t count, Findings& to) {
  auto items = from.items();
  if (count > 1) {
    for (auto& f : items) f.actual = std::format("device {}: {}", place, f.actual);
  }
  to.add_cached(items, from.passed());
}

// A switch names itself with the highest byte first, GPUs name switches with the lowest first.
std::set<Bytes> linked_switches(const ReportFields& report) {
  std::set<Bytes> out;
  for (std::size_t at = 0; at < report.pdis.size(); at += evidence::nvidia::kPdiSize) {
    const ByteView pdi = report.pdis.subspan(at, evidence::nvidia::kPdiSize);
    if (!all_zero(pdi)) out.insert(Bytes(pdi.rbegin(), pdi.rend()));
  }
  return out;
}

void check_switches(const std::vector<AuthenticReport>& reports, Findings& findings) {
  std::set<Bytes> switches;
  for (const auto& r : reports) {
    if (is_switch(r.device().architecture)) switches.insert(to_bytes(r.device().pdi()));
  }
  if (switches.empty()) return;
  bool good = true;
  for (const auto& r : reports) {
    good &= is_switch(r.device().architecture) || linked_switches(r.fields()) == switches;
  }
  findings.check(Check::kNvidiaSwitches, good, "each GPU linked to exactly the switches shown",
                 good ? "so it is" : "a GPU is linked to others");
}

// By the chip's own key, which stays when firmware changes; and no certificate twice.
void check_distinct(const std::vector<std::shared_ptr<const DeviceIdentity>>& devices,
                    Findings& findings) {
  std::set<Bytes> keys;
  for (const auto& device : devices) keys.insert(device->point);
  findings.check(Check::kNvidiaDistinct, keys.size() == devices.size(), "distinct devices",
                 [&] { return std::format("{} of {}", keys.size(), devices.size()); });
}

void check_count(const NvidiaEvidence& given, const NvidiaPolicy& policy, Findings& findings) {
  const std::size_t count = given.devices.size();
  const bool as_told = !given.expected_devices || *given.expected_devices == count;
  const bool as_policy = policy.devices.accept_any || policy.devices.value == count;
  findings.check(
      Check::kNvidiaDeviceCount, as_told && as_policy && count > 0 && count <= kDevicesMax,
      [&] {
        if (given.expected_devices) return std::format("{} devices", *given.expected_devices);
        return policy.devices.accept_any ? "any (" + policy.devices.accept_any_reason + ")"
                                         : std::format("{} devices", policy.devices.value);
      },
      [&] { return std::to_string(count); });
}

// A report's own SHA-256; of several, that of theirs one behind the other.
crypto::Digest256 digest_of_reports(const NvidiaEvidence& given) {
  if (given.devices.size() == 1) return crypto::sha256(given.devices.front().report);
  Bytes all;
  for (const auto& device : given.devices) append(all, crypto::sha256(device.report));
  return crypto::sha256(all);
}

void lower(Authenticity& worst, Authenticity other) { worst = std::min(worst, other); }

}  // namespace

struct Appraiser::NvidiaPass {
  Appraiser& appraiser;
  const Request& request;
  const NvidiaEvidence& given;
  const NvidiaPolicy& policy;
  const NvidiaRevocation& revocation;
  NvidiaRims& rims;
  AttestationResult& result;
  std::vector<std::shared_ptr<const DeviceIdentity>> identities;
  std::vector<AuthenticReport> reports;
  std::size_t unknown = 0;  // devices without a chain

  // Everything about the device at `place`; false when its report or chain does not parse.
  bool device(std::size_t place, Findings& findings) {
    const auto& input = given.devices[place];
    const auto report = evidence::nvidia::parse_report(input.report);
    if (!report) findings.add_error(report.error(), evidence::CheckClass::kParse);
    if (report && input.cert_chain.empty()) return without_chain(report->fields(), findings);
    const auto chain = appraiser.nvidia_.chain(input.cert_chain);
    if (!chain) findings.add_error(chain.error(), evidence::CheckClass::kChain);
    if (!report || !chain) return report.has_value();
    if (place == 0) result.report_data_ = (*report)->nonce;
    const auto verified = appraiser.nvidia_.verify(*report, **chain, request.at, findings);
    lower(result.authenticity_, verified.authenticity);
    if (place == 0 || result.root_ == RootKind::kVendor) result.root_ = verified.root;
    identities.push_back(verified.device);
    auto& described = result.devices_.emplace_back(describe(report->fields(), *verified.device));
    const ByteView nonce = (*report)->nonce;
    const auto asked = input.expected_nonce ? input.expected_nonce : request.expected_report_data;
    check_nonce(*appraiser.policy_, asked, nonce, findings);
    apply(policy.no_sample_nonce, wire::hex_encode(nonce) != kSampleNonce,
          Check::kPolicyNvidiaSampleNonce, "a nonce of the relying party's",
          wire::hex_encode(nonce), findings);
    if (!verified.report) return true;
    revocation.judge((*chain)->certificates(), 1, findings, described.revocation);
    // Whoever is revoked vouches for nothing.
    if (described.revocation == pki::OcspStatus::kRevoked) {
      lower(result.authenticity_, Authenticity::kNo);
    }
    appraise_device(*verified.report, policy, described, findings);
    rims.appraise(*verified.report, described, findings);
    reports.push_back(*verified.report);
    return true;
  }

  bool without_chain(const ReportFields& report, Findings& findings) {
    findings.missing(Check::kNvidiaChainLength, "the device's certificate chain");
    lower(result.authenticity_, Authenticity::kUnknown);
    result.report_data_ = report.nonce;
    ++unknown;
    return true;
  }

  void run() {
    const std::size_t count = given.devices.size();
    bool parsed = count > 0;
    for (std::size_t i = 0; i < std::min(count, kDevicesMax); ++i) {
      Findings findings(result.findings_.detail(), result.findings_.later());
      parsed &= device(i, findings);
      merge(findings, i, count, result.findings_);
    }
    result.parsed_ = parsed;
    if (count == 0 || identities.size() + unknown != count)
      result.authenticity_ = Authenticity::kNo;
    check_count(given, policy, result.findings_);
    if (identities.size() == count) check_distinct(identities, result.findings_);
    if (reports.size() == count) {
      check_switches(reports, result.findings_);
      rims.finish(reports, result.devices_, result.findings_);
    }
  }
};

void Appraiser::appraise_nvidia(const Request& request, AttestationResult& result) {
  // A report alone: what it lacks is named.
  const NvidiaEvidence alone{{{request.evidence, {}}}, {}, {}, std::nullopt};
  static const NvidiaPolicy kUnnamed = NvidiaPolicy::strict();
  const NvidiaEvidence& given = request.nvidia != nullptr ? *request.nvidia : alone;
  const NvidiaPolicy& policy = policy_->nvidia ? *policy_->nvidia : kUnnamed;
  result.tee_ = evidence::Tee::kNvidia;
  const NvidiaRevocation revocation(given.ocsp, revocation_, policy, request.at, result.findings_);
  NvidiaRims rims(given, rims_, revocation, policy, request.at, result.findings_);
  if (result.findings_.detail() != evidence::Detail::kFailures) {
    result.evidence_digest_ = digest_of_reports(given);
  }
  result.authenticity_ = Authenticity::kYes;
  NvidiaPass{*this, request, given, policy, revocation, rims, result, {}, {}}.run();
  result.collateral_digest_ = rims.digest();
  result.rims_at_hand_ = rims.used_at_hand();
  const bool named = check_tee(*policy_, evidence::Tee::kNvidia, result.root_, result.findings_);
  judge(result, named && result.authenticity_ == Authenticity::kYes);
}

}  // namespace atoma::appraisal
