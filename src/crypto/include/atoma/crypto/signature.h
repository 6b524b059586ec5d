// Signature keys. Public keys are built once from their raw form and then verify without building
// anything per call; a key belongs to one thread at a time.
//
// Signatures of EC keys are the raw r ‖ s in big-endian, each as long as the curve's order. r or s
// of zero or not below the order is refused (FIPS 186-5 §6.4.2).
#pragma once

#include <memory>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"

namespace atoma::crypto {

enum class Curve : std::uint8_t { kP256 = 1, kP384 = 2 };

// Bytes of one coordinate: 32 or 48.
constexpr std::size_t coordinate_size(Curve curve) { return curve == Curve::kP256 ? 32 : 48; }

class SignatureJob;
using SignatureQueue = std::vector<SignatureJob>;  // signature_queue.h

class EcPublicKey {
 public:
  // `xy` is the point without its 0x04 prefix. Errors: "key.point" when it is not on the curve.
  static Result<EcPublicKey> create(Curve curve, ByteView xy);
  // Looks at the length alone: whether the point is on the curve is seen when a signature is
  // verified, and none is good when it is not. For keys whose signatures go into a queue.
  static Result<EcPublicKey> create_unchecked(Curve curve, ByteView xy);
  EcPublicKey(EcPublicKey&&) noexcept;
  EcPublicKey& operator=(EcPublicKey&&) noexcept;
  ~EcPublicKey();

  Curve curve() const;
  ByteView xy() const;  // points into this key

  // `digest` is SHA-256 for P-256 and SHA-384 for P-384. Not const: the point
  // of an unchecked key is read at its first signature.
  bool verify_digest(ByteView digest, ByteView raw_signature);
  // Hashes `message` with the curve's digest, then verifies. With a queue: puts the signature down
  // and returns true.
  bool verify(ByteView message, ByteView raw_signature, SignatureQueue* later = nullptr);

 private:
  struct Impl;
  explicit EcPublicKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class EcPrivateKey {
 public:
  static EcPrivateKey generate(Curve curve, Entropy& entropy);
  // Big-endian scalar in [1, n-1]. Errors: "key.scalar".
  static Result<EcPrivateKey> from_scalar(Curve curve, ByteView scalar);
  EcPrivateKey(EcPrivateKey&&) noexcept;
  EcPrivateKey& operator=(EcPrivateKey&&) noexcept;
  ~EcPrivateKey();

  Curve curve() const;
  Bytes public_xy() const;
  SecretBytes scalar() const;
  // Deterministic (RFC 6979): the same key and message give the same bytes.
  Bytes sign(ByteView message) const;

 private:
  struct Impl;
  explicit EcPrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// How a TPM signs with an RSA key (TPM 2.0 Part 1, annex B): PKCS #1 v1.5, or PSS with MGF1 over
// the same digest and a salt of any length, because TPMs differ in it.
enum class RsaPadding : std::uint8_t { kPkcs1, kPssAnySalt };
enum class RsaDigest : std::uint8_t { kSha256, kSha384 };

// RSASSA-PSS with SHA-384, MGF1-SHA-384 and a salt of 48 bytes is what AMD signs with (57230 §3).
class RsaPublicKey {
 public:
  // Big-endian modulus (2048 to 4096 bits) and exponent. Errors: "key.rsa".
  static Result<RsaPublicKey> create(ByteView modulus, ByteView exponent);
  RsaPublicKey(RsaPublicKey&&) noexcept;
  RsaPublicKey& operator=(RsaPublicKey&&) noexcept;
  ~RsaPublicKey();

  std::size_t modulus_bits() const;
  bool verify_pss_sha384(ByteView message, ByteView signature);
  bool verify(RsaPadding padding, RsaDigest digest, ByteView message, ByteView signature) const;

 private:
  struct Impl;
  explicit RsaPublicKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// For software roots of the sample TEE and for tests only: takes seconds to generate 4096 bits.
class RsaPrivateKey {
 public:
  static RsaPrivateKey generate(std::size_t bits);
  // PKCS #8 DER, unencrypted. Errors: "key.rsa".
  static Result<RsaPrivateKey> from_pkcs8(ByteView der);
  RsaPrivateKey(RsaPrivateKey&&) noexcept;
  RsaPrivateKey& operator=(RsaPrivateKey&&) noexcept;
  ~RsaPrivateKey();

  SecretBytes to_pkcs8() const;
  Bytes modulus() const;
  Bytes exponent() const;
  Bytes sign_pss_sha384(ByteView message) const;
  Bytes sign(RsaPadding padding, RsaDigest digest, ByteView message) const;

 private:
  struct Impl;
  explicit RsaPrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Ed25519PublicKey {
 public:
  // Errors: "key.ed25519".
  static Result<Ed25519PublicKey> create(ByteView raw32);
  const ByteArray<32>& raw() const { return raw_; }
  bool verify(ByteView message, ByteView signature64) const;

 private:
  explicit Ed25519PublicKey(ByteArray<32> raw) : raw_(raw) {}
  ByteArray<32> raw_;
};

class Ed25519PrivateKey {
 public:
  static Ed25519PrivateKey generate(Entropy& entropy);
  static Ed25519PrivateKey from_seed(const Secret<32>& seed);
  const Ed25519PublicKey& public_key() const { return public_key_; }
  ByteArray<64> sign(ByteView message) const;
  ByteView seed(std::string_view reason) const { return seed_.expose(reason); }

 private:
  Ed25519PrivateKey(Secret<32> seed, Ed25519PublicKey pub);
  Secret<32> seed_;
  Ed25519PublicKey public_key_;
};

}  // namespace atoma::crypto
