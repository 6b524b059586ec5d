#include "atoma/pki/algorithm.h"

namespace atoma::pki {
namespace {

using wire::DerReader;

constexpr ByteArray<8> kEcdsaWithSha256{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
constexpr ByteArray<8> kEcdsaWithSha384{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03};
constexpr ByteArray<9> kRsassaPss{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
constexpr ByteArray<9> kMgf1{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08};
constexpr ByteArray<9> kSha384{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02};
constexpr std::uint64_t kSaltSize = 48;

// SHA-384 with NULL or absent parameters (RFC 4055 §2.1 asks readers to take both).
bool read_sha384(DerReader& in) {
  DerReader hash = in.enter(wire::kDerSequence);
  const bool named = equal(hash.element(wire::kDerOid), kSha384);
  if (!hash.at_end()) hash.element(wire::kDerNull);
  return named && hash.finish();
}

// RSASSA-PSS-params (RFC 4055 §3.1). AMD writes the default trailer field out.
bool read_pss_sha384(DerReader& in) {
  DerReader params = in.enter(wire::kDerSequence);
  DerReader hash = params.enter(wire::der_context(0));
  if (!read_sha384(hash) || !hash.finish()) return false;
  DerReader mask = params.enter(wire::der_context(1));
  DerReader mgf = mask.enter(wire::kDerSequence);
  const bool mgf1 = equal(mgf.element(wire::kDerOid), kMgf1);
  if (!mgf1 || !read_sha384(mgf) || !mgf.finish() || !mask.finish()) return false;
  DerReader salt = params.enter(wire::der_context(2));
  if (salt.small_integer() != kSaltSize || !salt.finish()) return false;
  if (!params.at_end()) {
    DerReader trailer = params.enter(wire::der_context(3));
    if (trailer.small_integer() != 1 || !trailer.finish()) return false;
  }
  return params.finish();
}

void append_sha384(Bytes& out) {
  Bytes hash;
  wire::der_append(hash, wire::kDerOid, kSha384);
  wire::der_append(hash, wire::kDerNull, {});
  wire::der_append(out, wire::kDerSequence, hash);
}

Bytes pss_parameters() {
  Bytes hash, mgf, mask, salt, params;
  append_sha384(hash);
  wire::der_append(mgf, wire::kDerOid, kMgf1);
  append_sha384(mgf);
  wire::der_append(mask, wire::kDerSequence, mgf);
  wire::der_append_small_integer(salt, kSaltSize);
  wire::der_append(params, wire::der_context(0), hash);
  wire::der_append(params, wire::der_context(1), mask);
  wire::der_append(params, wire::der_context(2), salt);
  return params;
}

}  // namespace

SignatureAlgorithm read_signature_algorithm(DerReader& in) {
  DerReader algorithm = in.enter(wire::kDerSequence);
  const ByteView name = algorithm.element(wire::kDerOid);
  const bool bare = algorithm.at_end();
  if (!algorithm.ok()) return SignatureAlgorithm::kNone;
  if (equal(name, kEcdsaWithSha256) && bare) return SignatureAlgorithm::kEcdsaSha256;
  if (equal(name, kEcdsaWithSha384) && bare) return SignatureAlgorithm::kEcdsaSha384;
  if (equal(name, kRsassaPss) && read_pss_sha384(algorithm) && algorithm.finish()) {
    return SignatureAlgorithm::kRsaPssSha384;
  }
  return SignatureAlgorithm::kNone;
}

void append_signature_algorithm(Bytes& out, SignatureAlgorithm algorithm) {
  Bytes contents;
  if (algorithm == SignatureAlgorithm::kRsaPssSha384) {
    wire::der_append(contents, wire::kDerOid, kRsassaPss);
    wire::der_append(contents, wire::kDerSequence, pss_parameters());
  } else {
    const bool p256 = algorithm == SignatureAlgorithm::kEcdsaSha256;
    wire::der_append(contents, wire::kDerOid, p256 ? kEcdsaWithSha256 : kEcdsaWithSha384);
  }
  wire::der_append(out, wire::kDerSequence, contents);
}

}  // namespace atoma::pki
