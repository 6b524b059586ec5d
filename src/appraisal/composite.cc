#include "atoma/appraisal/composite.h"

#include <algorithm>

#include "atoma/appraisal/binding.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "rules.h"
#include "steps.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Detail;
using evidence::Findings;
using evidence::Outcome;

constexpr std::string_view kReportData = kGpuBindings[0];
constexpr std::string_view kRtmr = kGpuBindings[1];
constexpr std::string_view kGpuEvent = "gpu-attestation = ";

// What the guest measured of its GPUs, against those that are here. "rtmr" when it did and they
// are the same; a set that differs is a lie whatever a policy says.
std::string_view judge_events(const AttestationResult& cpu, const AttestationResult& gpus,
                              Findings& findings) {
  std::vector<std::string> ids;
  for (const auto& device : gpus.devices()) ids.push_back(device.id);
  const std::string expected = std::string(kGpuEvent) + wire::hex_encode(gpu_set_digest(ids));
  bool found = false;
  for (const auto& event : cpu.events()) {
    const bool measured = event.measured && event.register_name == "rtmr3";
    if (!measured || !event.text.starts_with(kGpuEvent)) continue;
    found = true;
    const bool same = event.text == expected;
    if (!findings.check(Check::kCompositeGpuEvent, same, expected, event.text)) return "";
  }
  return found ? kRtmr : kReportData;
}

void judge_binding(const CompositePolicy& policy, std::string_view binding, Findings& findings) {
  findings.check(
      Check::kPolicyGpuBinding, !binding.empty() && policy.gpu_binding.admits(binding),
      [&] {
        if (policy.gpu_binding.accept_any) {
          return "any (" + policy.gpu_binding.accept_any_reason + ")";
        }
        std::string out = "one of";
        for (const auto& value : policy.gpu_binding.values) out += " " + value;
        return out;
      },
      binding.empty() ? "nothing binds them" : binding);
}

Verdict verdict_of(const CompositeResult& result) {
  if (result.findings.has(Outcome::kFail)) return Verdict::kRefused;
  const Verdict own =
      result.findings.has(Outcome::kMissing) ? Verdict::kUnappraisable : Verdict::kAccepted;
  return std::min({own, result.cpu.verdict(), result.gpus.verdict()});
}

crypto::Digest256 evidence_digest(const AttestationResult& cpu,
                                  std::vector<crypto::Digest256> devices) {
  Bytes all = to_bytes(cpu.evidence_digest());
  std::ranges::sort(devices);
  for (const auto& digest : devices) append(all, digest);
  return crypto::sha256(all);
}

}  // namespace

namespace {

// Without a challenge nothing says what should be bound.
void judge_whole(const std::optional<CompositePolicy>& policy, const CompositeRequest& request,
                 const ReportData& bound, CompositeResult& out) {
  auto& findings = out.findings;
  const bool named =
      findings.check(Check::kPolicyComposite, policy.has_value(),
                     "a policy with the section composite", policy ? "it has one" : "it has none");
  if (!named) return;
  apply(policy->key, !request.key.empty(), Check::kCompositeKey, "a channel's key",
        request.key.empty() ? "none" : "bound", findings);
  if (!request.challenge) {
    return findings.missing(Check::kCompositeChallenge, "the challenge that everything answers");
  }
  // Only report data that match bind anything, and only authentic registers tell of events.
  const bool matches =
      out.cpu.authenticity() == evidence::Authenticity::kYes && equal(bound, out.cpu.report_data());
  if (matches) out.gpu_binding = judge_events(out.cpu, out.gpus, findings);
  judge_binding(*policy, out.gpu_binding, findings);
}

}  // namespace

CompositeResult appraise_composite(Appraiser& appraiser, const CompositeRequest& request,
                                   Detail detail) {
  std::vector<crypto::Digest256> devices, nonces;
  for (const auto& device : request.gpus.devices) devices.push_back(crypto::sha256(device.report));
  Request cpu = request.cpu;
  NvidiaEvidence gpus = request.gpus;
  ReportData bound{};
  if (request.challenge) {
    bound = bind_report_data(*request.challenge, request.key, devices);
    cpu.expected_report_data = bound;
    for (std::size_t i = 0; i < devices.size(); ++i) {
      nonces.push_back(gpu_nonce(*request.challenge, i));
    }
    for (std::size_t i = 0; i < devices.size(); ++i) gpus.devices[i].expected_nonce = nonces[i];
  }
  const Request for_gpus{.evidence = {},
                         .tee = evidence::Tee::kNvidia,
                         .nvidia = &gpus,
                         .at = request.cpu.at,
                         .expected_report_data = std::nullopt};
  CompositeResult out{.cpu = appraiser.appraise(cpu, detail),
                      .gpus = appraiser.appraise(for_gpus, detail),
                      .findings = Findings(detail),
                      .gpu_binding = {}};
  if (!request.key.empty()) out.key_digest = crypto::sha256(request.key);
  out.evidence_digest = evidence_digest(out.cpu, std::move(devices));
  judge_whole(appraiser.policy().composite, request, bound, out);
  out.verdict = verdict_of(out);
  return out;
}

std::string to_json(const CompositeResult& result) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object()
      .member("verdict", verdict_name(result.verdict))
      .member("composite", true)
      .member("sample", result.cpu.sample() || result.gpus.sample());
  out.key("gpu_binding");
  result.gpu_binding.empty() ? out.null() : out.value(result.gpu_binding);
  out.key("key_sha256");
  all_zero(result.key_digest) ? out.null() : out.value(wire::hex_encode(result.key_digest));
  out.member("evidence_sha256", wire::hex_encode(result.evidence_digest));
  out.key("findings").begin_array();
  for (const auto& finding : result.findings.items()) write_finding(out, finding);
  out.end_array();
  out.key("cpu").raw(to_json(result.cpu)).key("gpus").raw(to_json(result.gpus));
  return out.end_object().take();
}

}  // namespace atoma::appraisal
