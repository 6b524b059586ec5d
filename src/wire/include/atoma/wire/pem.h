// PEM blocks (RFC 7468, strict form). Text between blocks must be white space or NUL bytes: a PCK
// chain inside a quote ends with one NUL.
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::wire {

struct PemBlock {
  std::string label;  // "CERTIFICATE", "X509 CRL"
  Bytes der;
};

// Errors: "pem.format", "pem.too_many".
Result<std::vector<PemBlock>> parse_pem(std::string_view text, std::size_t blocks_max);
bool looks_like_pem(ByteView bytes);
std::string encode_pem(std::string_view label, ByteView der);

}  // namespace atoma::wire
