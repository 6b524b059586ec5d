// The algorithms of X.509 that attestation chains use, and their identifiers in DER.
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/wire/der.h"

namespace atoma::pki {

enum class KeyAlgorithm : std::uint8_t { kNone = 0, kEcP256, kEcP384, kRsa };

// kEcdsaSha256 goes with P-256 and kEcdsaSha384 with P-384 keys alone.
enum class SignatureAlgorithm : std::uint8_t {
  kNone = 0,
  kEcdsaSha256,
  kEcdsaSha384,
  kRsaPssSha384,  // MGF1-SHA384, salt 48 (RFC 4055; AMD 57230)
};

// Reads one AlgorithmIdentifier; kNone for everything not named above.
SignatureAlgorithm read_signature_algorithm(wire::DerReader& in);
void append_signature_algorithm(Bytes& out, SignatureAlgorithm algorithm);

// Object identifiers by their DER contents.
namespace oid {
inline constexpr ByteArray<3> kCommonName{0x55, 0x04, 0x03};
inline constexpr ByteArray<3> kOrganization{0x55, 0x04, 0x0A};
inline constexpr ByteArray<3> kSubjectKeyId{0x55, 0x1D, 0x0E};
inline constexpr ByteArray<3> kKeyUsage{0x55, 0x1D, 0x0F};
inline constexpr ByteArray<3> kBasicConstraints{0x55, 0x1D, 0x13};
inline constexpr ByteArray<3> kCrlNumber{0x55, 0x1D, 0x14};
inline constexpr ByteArray<3> kCrlDistributionPoints{0x55, 0x1D, 0x1F};
inline constexpr ByteArray<3> kAuthorityKeyId{0x55, 0x1D, 0x23};
inline constexpr ByteArray<7> kEcPublicKey{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
inline constexpr ByteArray<8> kP256{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
inline constexpr ByteArray<5> kP384{0x2B, 0x81, 0x04, 0x00, 0x22};
inline constexpr ByteArray<9> kRsaEncryption{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
}  // namespace oid

}  // namespace atoma::pki
