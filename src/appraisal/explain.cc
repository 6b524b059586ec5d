#include "atoma/appraisal/explain.h"

#include <span>

#include "policy_levers.h"

namespace atoma::appraisal {
namespace {

using evidence::CheckClass;
using evidence::Detail;
using evidence::Finding;
using evidence::Outcome;
using evidence::Tee;

// A section that was not there, then its rules, then what only an accepted chain brings to light.
constexpr int kRoundsMax = 6;

std::string_view platform_change(const Finding& finding) {
  if (finding.outcome == Outcome::kMissing) return "hand in what is missing";
  switch (finding.check_class) {
    case CheckClass::kParse:
      return "collect the evidence again: its bytes have not its form";
    case CheckClass::kChain:
    case CheckClass::kCertificationData:
      return "hand in the vendor's own chain; nothing else replaces it";
    case CheckClass::kSignature:
      return "collect the evidence again: it is not what was signed, or not bound to what it names";
    case CheckClass::kValidity:
      return "fetch current collateral, or verify at the time when the evidence was made";
    case CheckClass::kRevocation:
      return "hand in current revocation lists or OCSP answers; what is revoked stays refused";
    case CheckClass::kCollateral:
    case CheckClass::kRim:
      return "hand in current collateral or manifests for this platform";
    case CheckClass::kIdentity:
      return "use the vendor's quoting enclave and module";
    case CheckClass::kTcb:
      return "bring firmware, microcode and modules of the platform up to date";
    case CheckClass::kAdvisory:
      return "apply the mitigations of the advisories, then attest again";
    case CheckClass::kTee:
      return "run the workload on hardware that the policy names";
    case CheckClass::kDebug:
      return "launch the workload without debug";
    case CheckClass::kServiceTd:
      return "launch the TD without a service TD";
    case CheckClass::kAttributes:
      return "launch with the attributes that the policy asks for";
    case CheckClass::kReportVersion:
      return "update the firmware: it makes reports of an older version";
    case CheckClass::kVmpl:
      return "ask for the report at the privilege level that the policy names";
    case CheckClass::kChipId:
      return "use a VCEK, and do not mask the chip id";
    case CheckClass::kNonce:
      return "attest again, bound to what the relying party asked for";
    case CheckClass::kMeasurement:
      return "launch the image that the reference values are of";
    case CheckClass::kDeviceCount:
    case CheckClass::kDuplicateDevice:
      return "show each device of the host once";
  }
  return "";
}

// What one round of appraising came to.
struct Part {
  std::string_view name;
  Tee tee;
  std::vector<Finding> findings;
};
struct Round {
  Verdict verdict;
  std::vector<Part> parts;  // the first names the TEE
};

bool known(const std::vector<Refusal>& refusals, const Finding& finding, std::string_view part) {
  return std::ranges::any_of(refusals, [&](const Refusal& r) {
    return r.part == part && r.finding.id == finding.id && r.finding.actual == finding.actual;
  });
}

// What admits a finding of another device admits the same finding of this one.
std::vector<std::string> fields_of_same(std::span<const Refusal> refusals, const Finding& finding) {
  const auto same = std::ranges::find_if(
      refusals, [&](const Refusal& r) { return r.finding.id == finding.id && !r.policy.empty(); });
  return same == refusals.end() ? std::vector<std::string>() : same->policy;
}

// True when a field of `tried` was changed.
bool explain_part(const Part& part, Policy& tried, std::vector<Refusal>& refusals) {
  bool changed = false;
  const std::size_t before = refusals.size();
  for (const Finding& finding : part.findings) {
    if (finding.outcome >= Outcome::kExcused) continue;
    if (known(refusals, finding, part.name)) {
      // Its fields were changed, and it is here again: they do not decide it.
      for (auto& refusal : refusals) {
        if (refusal.part == part.name && refusal.finding.id == finding.id) refusal.policy.clear();
      }
      continue;
    }
    auto fields = pull_levers(finding, part.tee, tried);
    changed |= !fields.empty();
    if (fields.empty()) fields = fields_of_same(std::span(refusals).subspan(before), finding);
    refusals.push_back({finding, std::move(fields), platform_change(finding), part.name});
  }
  return changed;
}

template <typename Appraise>
Explanation explain_rounds(const Policy& policy, Appraise appraise) {
  Explanation out;
  Policy tried = policy;
  for (int round = 0; round < kRoundsMax; ++round) {
    Appraiser appraiser(std::make_shared<const Policy>(tried));
    const Round result = appraise(appraiser);
    if (round == 0) {
      out.verdict = result.verdict;
      out.tee = result.parts.front().tee;
    }
    out.policy_can_accept = result.verdict == Verdict::kAccepted;
    bool changed = false;
    for (const Part& part : result.parts) changed |= explain_part(part, tried, out.refusals);
    if (!changed || out.policy_can_accept) break;
  }
  return out;
}

}  // namespace

Explanation explain(const Policy& policy, const Request& request) {
  return explain_rounds(policy, [&](Appraiser& appraiser) {
    const auto result = appraiser.appraise(request, Detail::kAll);
    return Round{result.verdict(), {{"", result.tee(), result.findings().items()}}};
  });
}

Explanation explain(const Policy& policy, const CompositeRequest& request) {
  return explain_rounds(policy, [&](Appraiser& appraiser) {
    const auto result = appraise_composite(appraiser, request);
    const Tee tee = result.cpu.tee();
    return Round{result.verdict,
                 {{"cpu", tee, result.cpu.findings().items()},
                  {"gpus", result.gpus.tee(), result.gpus.findings().items()},
                  {"all", tee, result.findings.items()}}};
  });
}

void write_json(wire::JsonWriter& out, const Explanation& explanation) {
  out.member("verdict", verdict_name(explanation.verdict))
      .member("tee", evidence::tee_name(explanation.tee))
      .member("policy_can_accept", explanation.policy_can_accept);
  out.key("refusals").begin_array();
  for (const Refusal& refusal : explanation.refusals) {
    const Finding& finding = refusal.finding;
    out.begin_object();
    if (!refusal.part.empty()) out.member("part", refusal.part);
    out.member("id", finding.id)
        .member("class", evidence::class_name(finding.check_class))
        .member("outcome", evidence::outcome_name(finding.outcome))
        .member("clause", finding.clause)
        .member("expected", finding.expected)
        .member("actual", finding.actual);
    out.key("policy").begin_array();
    for (const auto& field : refusal.policy) out.value(field);
    out.end_array().member("platform", refusal.platform).end_object();
  }
  out.end_array();
}

}  // namespace atoma::appraisal
