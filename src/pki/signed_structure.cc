#include "signed_structure.h"

#include "atoma/pki/certificate.h"

namespace atoma::pki {

std::optional<SignedStructure> read_signed_structure(ByteView der) {
  wire::DerReader in(der);
  wire::DerReader outer = in.enter(wire::kDerSequence);
  SignedStructure out;
  out.tbs = outer.raw(wire::kDerSequence);
  out.algorithm = read_signature_algorithm(outer);
  out.signature = outer.bit_string();
  if (!outer.finish() || !in.finish()) return std::nullopt;
  return out;
}

std::optional<Bytes> SignedStructure::plain_signature() const {
  if (algorithm == SignatureAlgorithm::kRsaPssSha384) return to_bytes(signature);
  const std::size_t size = algorithm == SignatureAlgorithm::kEcdsaSha256 ? 32 : 48;
  Bytes raw;
  if (!ecdsa_der_to_raw(signature, size, raw)) return std::nullopt;
  return raw;
}

}  // namespace atoma::pki
