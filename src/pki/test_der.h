// Takes issued structures apart and puts them together again with a part changed. Nothing is signed
// anew: parsing looks at structure alone.
#pragma once

#include "atoma/pki/issue.h"
#include "atoma/wire/der.h"

namespace atoma::pki {

inline Bytes element(std::uint8_t tag, ByteView contents) {
  Bytes out;
  wire::der_append(out, tag, contents);
  return out;
}

inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const auto& part : parts) append(out, part);
  return out;
}

// Elements with their headers.
inline std::vector<Bytes> split(ByteView contents) {
  std::vector<Bytes> out;
  wire::DerReader in(contents);
  while (in.ok() && !in.at_end()) out.push_back(to_bytes(in.raw()));
  return out;
}

// Of a certificate or list: the elements of its signed part, then algorithm and signature.
struct Parts {
  std::vector<Bytes> tbs;
  Bytes algorithm, signature;

  explicit Parts(ByteView der) {
    wire::DerReader in(der);
    wire::DerReader outer = in.enter(wire::kDerSequence);
    tbs = split(outer.element(wire::kDerSequence));
    algorithm = to_bytes(outer.raw());
    signature = to_bytes(outer.raw());
  }
  Bytes assemble() const {
    Bytes out = element(wire::kDerSequence, joined(tbs));
    append(out, algorithm);
    append(out, signature);
    return element(wire::kDerSequence, out);
  }
};

// The same with one element of the signed part replaced.
inline Bytes with_element(ByteView der, std::size_t place, Bytes value) {
  Parts parts(der);
  parts.tbs[place] = std::move(value);
  return parts.assemble();
}

// Extensions under their context tag.
inline Bytes extensions_der(std::uint8_t context, const std::vector<Bytes>& list) {
  return element(wire::der_context(context), element(wire::kDerSequence, joined(list)));
}

inline Bytes algorithm_of(SignatureAlgorithm algorithm) {
  Bytes out;
  append_signature_algorithm(out, algorithm);
  return out;
}

// sha256WithRSAEncryption: real, and none of ours.
inline Bytes foreign_algorithm() {
  Bytes contents = element(wire::kDerOid, wire::der_oid("1.2.840.113549.1.1.11"));
  append(contents, element(wire::kDerNull, {}));
  return element(wire::kDerSequence, contents);
}

inline Bytes extension_der(std::string_view oid, ByteView value, bool critical = false) {
  Bytes contents = element(wire::kDerOid, wire::der_oid(oid));
  if (critical) append(contents, Bytes{1, 1, 0xFF});
  append(contents, element(wire::kDerOctetString, value));
  return element(wire::kDerSequence, contents);
}

inline crypto::EcPrivateKey test_key(std::uint8_t seed, crypto::Curve curve) {
  return std::move(
      *crypto::EcPrivateKey::from_scalar(curve, Bytes(crypto::coordinate_size(curve), seed)));
}

}  // namespace atoma::pki
