// An AWS Nitro attestation document (nsm-api, "attestation_process"), parsed and believed by nobody
// yet: nitro::Verifier makes an AuthenticDocument of it.
//
//   ATOMA_TRY(const auto document, nitro::parse_document(bytes));
//   document->pcrs[0]   // a view into `bytes`
//
// The document is exactly one COSE_Sign1: whatever stands before or after it is refused. Its
// payload is not deterministic CBOR, in exactly these ways: keys are not sorted, absent fields may
// be null, and newer documents have an indefinite-length map. Nothing beyond that is admitted.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/cose/sign1.h"

namespace atoma::evidence::nitro {

// nsm-api 3.1 and 3.2.2.2.
inline constexpr std::size_t kPayloadMax = 16'384;
inline constexpr std::size_t kPcrsMax = 32;
inline constexpr std::size_t kCertificateMax = 1'024;
inline constexpr std::size_t kPublicKeyMax = 1'024;
inline constexpr std::size_t kUserDataMax = 512;
// AWS names no bound; its chains have four authorities.
inline constexpr std::size_t kCabundleMax = 8;

// Views point into the bytes that were parsed.
struct DocumentFields {
  ByteView raw;
  cose::Sign1 message;
  std::string_view module_id;
  Time timestamp;                  // of the hypervisor, whole seconds
  ByteView pcrs[kPcrsMax];         // 32, 48 or 64 bytes; empty: not there
  ByteView certificate;            // DER of the leaf
  std::vector<ByteView> cabundle;  // DER, root first, the leaf's issuer last
  // Nothing: absent or null.
  std::optional<ByteView> public_key, user_data, nonce;
};

class NitroDocument;
// Errors: those of cose::parse_sign1, "nitro.header" (not ES384 alone, or anything unprotected),
// "nitro.signature", "nitro.payload" (size, or no CBOR in the forms above), "nitro.field" (missing,
// unknown, of another type or out of its bounds).
Result<NitroDocument> parse_document(ByteView bytes);

// Proof that bytes had the shape of a document; made by parse_document alone.
class NitroDocument {
 public:
  const DocumentFields& fields() const { return fields_; }
  const DocumentFields* operator->() const { return &fields_; }

 private:
  friend Result<NitroDocument> parse_document(ByteView bytes);
  explicit NitroDocument(DocumentFields fields) : fields_(std::move(fields)) {}
  DocumentFields fields_;
};

// True when the first bytes are those of a document: COSE_Sign1 by ES384, tagged or not.
bool looks_like_document(ByteView bytes);

}  // namespace atoma::evidence::nitro
