// For tests: a request in JSON put into CBOR, member by member, as http/fields.h says.
#pragma once

#include <algorithm>

#include "atoma/evidence/intel/collateral.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::verifier::test {

inline bool is_bytes_member(std::string_view name) {
  constexpr std::string_view kNames[] = {"nonce",     "evidence", "report_data",
                                         "challenge", "report",   "event_logs",
                                         "rims",      "ocsp",     "endorsements"};
  return std::ranges::contains(kNames, name) ||
         std::ranges::contains(evidence::intel::kCollateralParts, name,
                               &evidence::intel::CollateralPart::name);
}

inline void write_cbor(wire::CborWriter& out, const wire::JsonValue& value, std::string_view name) {
  constexpr std::string_view kDocuments[] = {"tpm", "composite", "platform_keys"};
  if (std::ranges::contains(kDocuments, name)) {
    out.value(value.raw());
  } else if (value.is_object()) {
    out.begin_map();
    for (const auto& member : value.items()) {
      write_cbor(out.key(member.name()), member, member.name());
    }
    out.end_map();
  } else if (value.is_array()) {
    out.begin_array();
    for (const auto& item : value.items()) write_cbor(out, item, name);
    out.end_array();
  } else if (value.is_string() && is_bytes_member(name)) {
    out.bytes(wire::base64_decode(value.text()).value());
  } else if (value.is_string()) {
    out.value(value.text());
  } else {
    out.value(value.unsigned_integer().value());
  }
}

inline Bytes as_cbor(std::string_view json) {
  const auto document = wire::JsonDocument::parse(json);
  wire::CborWriter out;
  write_cbor(out, document.value().root(), "");
  return out.take();
}

}  // namespace atoma::verifier::test
