#include "atoma/evidence/tpm/attestation_key.h"

#include "atoma/wire/der.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/reader.h"

namespace atoma::evidence::tpm {
namespace {

using wire::DerReader;
using wire::Reader;

constexpr std::uint8_t kUncompressed = 0x04;
constexpr std::uint16_t kAlgRsa = 0x0001;
constexpr std::uint16_t kAlgEcc = 0x0023;
constexpr std::uint16_t kAlgNull = 0x0010;
constexpr std::uint16_t kCurveP256 = 0x0003;
constexpr std::uint16_t kCurveP384 = 0x0004;
// TPMA_OBJECT (Part 2 §8.3): restricted and sign; such a key signs only what the TPM made itself.
constexpr std::uint32_t kRestricted = 1u << 16;
constexpr std::uint32_t kSign = 1u << 18;
constexpr std::size_t kFieldMax = 512;
// TPM: a zero exponent stands for this one.
constexpr ByteArray<3> kDefaultExponent{1, 0, 1};

std::unexpected<Error> bad_syntax(const char* what) { return malformed("tpm.ak.syntax", what); }
std::unexpected<Error> bad_algorithm(const char* what) {
  return malformed("tpm.ak.algorithm", what);
}

Bytes rsa_info(ByteView modulus, ByteView exponent) {
  Bytes numbers, key, algorithm, body, out;
  wire::der_append_integer(numbers, modulus);
  wire::der_append_integer(numbers, exponent);
  wire::der_append(key, wire::kDerSequence, numbers);
  wire::der_append(algorithm, wire::kDerOid, pki::oid::kRsaEncryption);
  wire::der_append(algorithm, wire::kDerNull, {});
  wire::der_append(body, wire::kDerSequence, algorithm);
  wire::der_append_bit_string(body, key);
  wire::der_append(out, wire::kDerSequence, body);
  return out;
}

Bytes ec_info(crypto::Curve curve, ByteView xy) {
  Bytes algorithm, body, out, point{kUncompressed};
  append(point, xy);
  wire::der_append(algorithm, wire::kDerOid, pki::oid::kEcPublicKey);
  const ByteView name =
      curve == crypto::Curve::kP256 ? ByteView(pki::oid::kP256) : ByteView(pki::oid::kP384);
  wire::der_append(algorithm, wire::kDerOid, name);
  wire::der_append(body, wire::kDerSequence, algorithm);
  wire::der_append_bit_string(body, point);
  wire::der_append(out, wire::kDerSequence, body);
  return out;
}

Result<AttestationKey> parse_ec_info(DerReader& algorithm, ByteView key) {
  const ByteView name = algorithm.element(wire::kDerOid);
  const bool p256 = equal(name, pki::oid::kP256);
  if (!algorithm.finish() || (!p256 && !equal(name, pki::oid::kP384))) {
    return bad_algorithm("an EC key on neither P-256 nor P-384");
  }
  if (key.empty() || key.front() != kUncompressed) return bad_syntax("a point in another form");
  return AttestationKey::create_ec(p256 ? crypto::Curve::kP256 : crypto::Curve::kP384,
                                   key.subspan(1));
}

Result<AttestationKey> parse_info(ByteView der) {
  DerReader in(der);
  DerReader info = in.enter(wire::kDerSequence);
  DerReader algorithm = info.enter(wire::kDerSequence);
  const ByteView oid = algorithm.element(wire::kDerOid);
  const ByteView key = info.bit_string();
  if (!info.finish() || !in.finish() || !algorithm.ok()) {
    return bad_syntax("not a SubjectPublicKeyInfo");
  }
  if (equal(oid, pki::oid::kEcPublicKey)) return parse_ec_info(algorithm, key);
  if (!equal(oid, pki::oid::kRsaEncryption)) return bad_algorithm("neither RSA nor EC");
  DerReader numbers(key);
  DerReader pair = numbers.enter(wire::kDerSequence);
  const ByteView modulus = pair.integer();
  const ByteView exponent = pair.integer();
  if (!pair.finish() || !numbers.finish()) return bad_syntax("not an RSA key");
  return AttestationKey::create_rsa(modulus, exponent);
}

ByteView sized(Reader& in) {
  const std::size_t size = in.u16_be();
  return in.take(size > kFieldMax ? in.remaining() + 1 : size);
}

// TPMT_RSA_SCHEME and TPMT_ECC_SCHEME: a hash follows unless it is null.
void skip_scheme(Reader& in) {
  if (in.u16_be() != kAlgNull) in.u16_be();
}

Bytes padded(ByteView number, std::size_t size) {
  if (number.size() > size) return to_bytes(number);
  Bytes out(size - number.size());
  append(out, number);
  return out;
}

// TPMT_PUBLIC (Part 2 §12.2.4).
Result<AttestationKey> parse_public(ByteView bytes) {
  Reader in(bytes);
  const std::uint16_t type = in.u16_be();
  in.u16_be();  // name algorithm
  const std::uint32_t attributes = in.u32_be();
  sized(in);  // policy
  if (type != kAlgRsa && type != kAlgEcc) return bad_algorithm("neither RSA nor EC");
  if (in.u16_be() != kAlgNull) return bad_algorithm("a signing key has no symmetric algorithm");
  skip_scheme(in);
  if ((attributes & kRestricted) == 0 || (attributes & kSign) == 0) {
    return malformed("tpm.ak.attributes", "the key would sign what the TPM did not make");
  }
  if (type == kAlgRsa) {
    in.u16_be();  // bits
    const ByteArray<4> exponent = in.take_array<4>();
    const ByteView modulus = sized(in);
    if (!in.finish()) return bad_syntax("not as long as its parts");
    const ByteView given = all_zero(exponent) ? ByteView(kDefaultExponent) : ByteView(exponent);
    return AttestationKey::create_rsa(modulus, given);
  }
  const std::uint16_t curve = in.u16_be();
  skip_scheme(in);  // KDF
  const ByteView x = sized(in);
  const ByteView y = sized(in);
  if (!in.finish()) return bad_syntax("not as long as its parts");
  if (curve != kCurveP256 && curve != kCurveP384) return bad_algorithm("another curve");
  const auto known = curve == kCurveP256 ? crypto::Curve::kP256 : crypto::Curve::kP384;
  Bytes xy = padded(x, coordinate_size(known));
  append(xy, padded(y, coordinate_size(known)));
  return AttestationKey::create_ec(known, xy);
}

ByteView without_leading_zeros(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

}  // namespace

Result<AttestationKey> AttestationKey::create_rsa(ByteView modulus, ByteView exponent) {
  ATOMA_TRY(auto key, crypto::RsaPublicKey::create(modulus, exponent));
  const Bytes info = rsa_info(without_leading_zeros(modulus), without_leading_zeros(exponent));
  return AttestationKey(Key(std::move(key)), info);
}

Result<AttestationKey> AttestationKey::create_ec(crypto::Curve curve, ByteView xy) {
  ATOMA_TRY(auto key, crypto::EcPublicKey::create(curve, xy));
  return AttestationKey(Key(std::move(key)), ec_info(curve, xy));
}

Result<AttestationKey> AttestationKey::create(const pki::Certificate& certificate) {
  switch (certificate.key_algorithm()) {
    case pki::KeyAlgorithm::kRsa:
      return create_rsa(certificate.rsa_modulus(), certificate.rsa_exponent());
    case pki::KeyAlgorithm::kEcP256:
      return create_ec(crypto::Curve::kP256, certificate.ec_point());
    case pki::KeyAlgorithm::kEcP384:
      return create_ec(crypto::Curve::kP384, certificate.ec_point());
    case pki::KeyAlgorithm::kNone:
      break;
  }
  return bad_algorithm("neither RSA nor EC");
}

Result<AttestationKey> AttestationKey::parse(ByteView bytes) {
  if (wire::looks_like_pem(bytes)) {
    ATOMA_TRY(const auto blocks, wire::parse_pem(as_text(bytes), 1));
    if (blocks.size() != 1 || blocks[0].label != "PUBLIC KEY") {
      return bad_syntax("expected one PUBLIC KEY");
    }
    return parse_info(blocks[0].der);
  }
  if (!bytes.empty() && bytes.front() == wire::kDerSequence) return parse_info(bytes);
  // A TPM2B_PUBLIC is a TPMT_PUBLIC after its size; no type of a TPMT_PUBLIC is such a size.
  Reader in(bytes);
  const bool sized_form = bytes.size() >= 2 && in.u16_be() == bytes.size() - 2;
  return parse_public(sized_form ? bytes.subspan(2) : bytes);
}

bool AttestationKey::verify(const TpmSignature& signature, ByteView message) {
  const bool sha256 = signature.hash == HashAlgorithm::kSha256;
  if (!sha256 && signature.hash != HashAlgorithm::kSha384) return false;
  if (auto* rsa = std::get_if<crypto::RsaPublicKey>(&key_)) {
    const bool pkcs1 = signature.scheme == SignatureScheme::kRsassa;
    if (!pkcs1 && signature.scheme != SignatureScheme::kRsapss) return false;
    return rsa->verify(pkcs1 ? crypto::RsaPadding::kPkcs1 : crypto::RsaPadding::kPssAnySalt,
                       sha256 ? crypto::RsaDigest::kSha256 : crypto::RsaDigest::kSha384, message,
                       signature.rsa);
  }
  auto& ec = std::get<crypto::EcPublicKey>(key_);
  const std::size_t size = coordinate_size(ec.curve());
  const bool fits = (ec.curve() == crypto::Curve::kP256) == sha256;
  if (signature.scheme != SignatureScheme::kEcdsa || !fits) return false;
  Bytes raw = padded(without_leading_zeros(signature.r), size);
  append(raw, padded(without_leading_zeros(signature.s), size));
  return raw.size() == 2 * size && ec.verify(message, raw);
}

}  // namespace atoma::evidence::tpm
