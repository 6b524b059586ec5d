// The extensions of a VCEK or VLEK certificate (AMD 57230, OID 1.3.6.1.4.1.3704.1).
#pragma once

#include <string>

#include "atoma/base/result.h"
#include "atoma/evidence/amd/report.h"
#include "atoma/pki/certificate.h"

namespace atoma::evidence::amd {

struct KeyExtensions {
  std::string product_text;  // productName as it stands
  Product product = Product::kUnknown;
  RawTcb tcb{};        // the SPLs, reserved ones too, as REPORTED_TCB would carry them
  Bytes hw_id;         // VCEK: 64 bytes, Turin 8
  std::string csp_id;  // VLEK: the cloud provider it was made for
};

// Exact encodings only: an SPL is a minimal INTEGER of 0 to 255, hwID is raw bytes, each extension
// stands once, none of the arc is unknown, and what the other kind of key has is refused.
// Errors: "amd_key.extension", with the OID.
Result<KeyExtensions> parse_key_extensions(const pki::Certificate& certificate, SigningKey kind);

}  // namespace atoma::evidence::amd
