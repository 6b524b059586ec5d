#include "atoma/appraisal/result.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "steps.h"

namespace atoma::appraisal {
namespace {

using wire::hex_encode;
using wire::JsonWriter;

std::string_view authenticity_name(evidence::Authenticity authenticity) {
  switch (authenticity) {
    case evidence::Authenticity::kNo:
      return "no";
    case evidence::Authenticity::kUnknown:
      return "unknown";
    case evidence::Authenticity::kYes:
      return "yes";
  }
  return "no";
}

void write_devices(JsonWriter& out, const std::vector<DeviceResult>& devices) {
  out.key("devices").begin_array();
  for (const auto& device : devices) {
    out.begin_object()
        .member("architecture", evidence::nvidia::architecture_name(device.architecture))
        .member("chip", device.chip)
        .member("id", device.id)
        .member("driver_version", device.driver_version)
        .member("vbios_version", device.vbios_version)
        .member("mode", device.mode)
        .member("revocation", pki::ocsp_status_name(device.revocation))
        .member("driver_rim", device.driver_rim_id)
        .member("vbios_rim", device.vbios_rim_id);
    out.key("mismatched_indices").begin_array();
    for (const std::size_t index : device.mismatched_indices) out.value(index);
    out.end_array().end_object();
  }
  out.end_array();
}

void write_text_or_null(JsonWriter& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty()) {
    out.null();
  } else {
    out.value(text);
  }
}

void write_events(JsonWriter& out, const AttestationResult& result) {
  out.key("events").begin_array();
  for (const auto& event : result.events()) {
    out.begin_object()
        .member("register", event.register_name)
        .member("type", event.type)
        .member("measured", event.measured)
        .member("text", event.text)
        .member("digest", hex_encode(event.digest))
        .end_object();
  }
  out.end_array();
  out.key("claims").begin_object();
  for (const auto& claim : result.claims()) out.member(claim.name, claim.value);
  out.end_object();
}

}  // namespace

void write_finding(JsonWriter& out, const evidence::Finding& finding) {
  out.begin_object()
      .member("id", finding.id)
      .member("class", evidence::class_name(finding.check_class))
      .member("outcome", evidence::outcome_name(finding.outcome))
      .member("severity", evidence::severity_name(finding.severity))
      .member("clause", finding.clause)
      .member("expected", finding.expected)
      .member("actual", finding.actual)
      .end_object();
}

std::string to_json(const AttestationResult& result) {
  JsonWriter out(JsonWriter::Style::kIndented);
  out.begin_object()
      .member("verdict", verdict_name(result.verdict()))
      .member("tee", evidence::tee_name(result.tee()))
      .member("sample", result.sample())
      .member("parsed", result.parsed())
      .member("authentic", authenticity_name(result.authenticity()));
  write_text_or_null(out, "tcb_status", result.tcb_status());
  write_text_or_null(out, "tcb_date",
                     result.tcb_date() ? format_time(*result.tcb_date()) : std::string());
  out.key("advisories").begin_array();
  for (const auto advisory : result.advisories()) out.value(advisory);
  out.end_array();
  out.key("measurements").begin_object();
  for (const auto& m : result.measurements()) out.member(m.name, hex_encode(m.value));
  out.end_object();
  if (result.tee() == evidence::Tee::kNvidia) write_devices(out, result.devices());
  write_events(out, result);
  out.key("findings").begin_array();
  for (const auto& finding : result.findings().items()) write_finding(out, finding);
  out.end_array();
  out.member("verified_at", format_time(result.verified_at()))
      .member("evidence_sha256", hex_encode(result.evidence_digest()))
      .member("policy_sha256", hex_encode(result.policy_digest()))
      .member("collateral_sha256", hex_encode(result.collateral_digest()));
  const auto& reference = result.reference_digest();
  write_text_or_null(out, "reference_values_sha256",
                     all_zero(reference) ? std::string() : hex_encode(reference));
  out.end_object();
  return out.take();
}

}  // namespace atoma::appraisal
