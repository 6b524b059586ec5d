// One item as it was fetched: the vendor's signed bytes and what is needed to check them again. A
// record is bytes and no more: verify_record makes an AuthenticRecord of it, each time it is read.
#pragma once

#include <string>

#include "atoma/base/bytes.h"
#include "atoma/base/time.h"
#include "atoma/collateral/item.h"

namespace atoma::collateral {

// A manifest of NVIDIA's is the largest thing seen, 26 KiB; lists grow.
inline constexpr std::size_t kContentMax = 256 * 1024;
inline constexpr std::size_t kIssuerChainMax = 32 * 1024;
inline constexpr std::size_t kEtagMax = 256;
// Contents and chain in base64, and the rest.
inline constexpr std::size_t kRecordMax = (kContentMax + kIssuerChainMax) / 3 * 4 + 4096;

struct Record {
  Item item;
  Bytes content;  // as served
  // PEM, the signer of the content first, the root last: TCB signer or PCK CA and root, the root
  // alone, ASK and ARK, ARK. OCSP: the certificate that is asked about, its issuer, the root.
  // Empty where the content carries its own.
  Bytes issuer_chain;
  std::string etag;  // "" without one
  Time fetched_at;   // when a source last said that this is current; nobody signed this
};

// A JSON object, always the same bytes for the same record. `content` and `issuer_chain` are within
// their bounds.
std::string encode_record(const Record& record);
// Errors: "collateral.record" for anything that encode_record does not write, those of
// JsonDocument::parse.
Result<Record> parse_record(std::string_view text);

// Printable ASCII of at most kEtagMax: what may be sent back in a header.
bool is_etag(std::string_view text);

}  // namespace atoma::collateral
