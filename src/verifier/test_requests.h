// Bodies of appraisals, for tests.
#pragma once

#include "atoma/sample_tee/intel_platform.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {

using sample_tee::IntelPlatform;
using wire::base64_encode;

// Without a ledger entry or a key: evidence, and what a relying party expects of it.
inline std::string batch_item(const Bytes& evidence, std::string_view more = "") {
  wire::JsonWriter out;
  out.begin_object().member("evidence", base64_encode(evidence));
  return out.take() + std::string(more) + "}";
}

// Its own nonce as a member that follows another.
inline std::string own_nonce() { return R"(,"nonce":")" + base64_encode(Bytes(16, 9)) + "\""; }

inline std::string appraise_item(const Bytes& evidence, std::string_view more = "") {
  return batch_item(evidence, own_nonce() + std::string(more));
}

inline std::string expecting(std::uint8_t report_data) {
  return R"(,"report_data":")" + base64_encode(Bytes(64, report_data)) + "\"";
}

inline Bytes quote_with(const IntelPlatform& platform, std::uint8_t report_data,
                        std::uint8_t mrtd = 0x11) {
  sample_tee::TdReportTemplate td;
  td.mrtd.fill(mrtd);
  td.report_data.fill(report_data);
  return platform.quote_td(td);
}

}  // namespace atoma::verifier
