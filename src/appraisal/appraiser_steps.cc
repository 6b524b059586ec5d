#include "appraiser_steps.h"

#include "atoma/wire/text.h"

namespace atoma::appraisal {

using evidence::Check;
using evidence::Findings;

void check_report_data(const Policy& policy, const Request& request, ByteView report_data,
                       Findings& findings) {
  if (request.expected_report_data) {
    const ByteView expected = *request.expected_report_data;
    findings.check(
        Check::kPolicyReportData, equal(expected, report_data),
        [&] { return wire::hex_encode(expected); }, [&] { return wire::hex_encode(report_data); });
  } else if (policy.report_data_bound.accept_any) {
    findings.check(
        Check::kPolicyReportData, true,
        [&] { return "any (" + policy.report_data_bound.accept_any_reason + ")"; },
        [&] { return wire::hex_encode(report_data); });
  } else {
    findings.missing(Check::kPolicyReportData, "the report data that the relying party expects");
  }
}

void check_padded_report_data(const Policy& policy, const Request& request, ByteView field,
                              Findings& findings) {
  ByteArray<64> padded{};
  if (field.size() > padded.size()) return check_report_data(policy, request, field, findings);
  std::ranges::copy(field, padded.begin());
  check_report_data(policy, request, padded, findings);
}

}  // namespace atoma::appraisal
