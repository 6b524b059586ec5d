#include <optional>

#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"
#include "atoma/crypto/signature_queue.h"
#include "ec_curve.h"
#include "ecdsa.h"

namespace atoma::crypto {

const CurveInfo& curve_info(Curve curve) {
  static constexpr CurveInfo kP256 = {NID_X9_62_prime256v1, SN_X9_62_prime256v1, "SHA2-256", 32};
  static constexpr CurveInfo kP384 = {NID_secp384r1, SN_secp384r1, "SHA2-384", 48};
  return curve == Curve::kP256 ? kP256 : kP384;
}

struct EcPublicKey::Impl {
  Impl(Curve c, ByteView xy) : curve(c) {
    constexpr std::uint8_t kUncompressed = 0x04;  // SEC 1 §2.3.3
    octets[0] = kUncompressed;
    std::ranges::copy(xy, octets.begin() + 1);
  }

  // Makes OpenSSL's point, once. False: it is not on the curve.
  bool prepare() {
    if (!point) point = decode_point(curve, ByteView(octets).first(1 + 2 * coordinate_size(curve)));
    return point != nullptr;
  }

  Curve curve;
  ByteArray<1 + 2 * kCoordinateMax> octets;  // uncompressed
  EcPointPtr point;
};

EcPublicKey::EcPublicKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EcPublicKey::EcPublicKey(EcPublicKey&&) noexcept = default;
EcPublicKey& EcPublicKey::operator=(EcPublicKey&&) noexcept = default;
EcPublicKey::~EcPublicKey() = default;

Result<EcPublicKey> EcPublicKey::create_unchecked(Curve curve, ByteView xy) {
  const std::size_t size = 2 * coordinate_size(curve);
  if (xy.size() != size) {
    return malformed("key.point", "the point has " + std::to_string(xy.size()) +
                                      " bytes, expected " + std::to_string(size));
  }
  return EcPublicKey(std::make_unique<Impl>(curve, xy));
}

Result<EcPublicKey> EcPublicKey::create(Curve curve, ByteView xy) {
  ATOMA_TRY(auto key, create_unchecked(curve, xy));
  if (!key.impl_->prepare()) return malformed("key.point", "the point is not on the curve");
  return key;
}

Curve EcPublicKey::curve() const { return impl_->curve; }

ByteView EcPublicKey::xy() const {
  return ByteView(impl_->octets).subspan(1, 2 * coordinate_size(impl_->curve));
}

bool EcPublicKey::verify_digest(ByteView digest, ByteView raw_signature) {
  const std::size_t size = coordinate_size(impl_->curve);
  if (digest.size() != size || raw_signature.size() != 2 * size) return false;
  if (!impl_->prepare()) return false;
  return verify_ecdsa(impl_->curve, *impl_->point, digest, raw_signature);
}

bool EcPublicKey::verify(ByteView message, ByteView raw_signature, SignatureQueue* later) {
  if (later != nullptr) {
    later->emplace_back(impl_->curve, xy(), message, raw_signature);
    return true;
  }
  return impl_->curve == Curve::kP256 ? verify_digest(sha256(message), raw_signature)
                                      : verify_digest(sha384(message), raw_signature);
}

SignatureJob::SignatureJob(Curve curve, ByteView xy, ByteView message, ByteView raw_signature)
    : curve_(curve) {
  std::ranges::copy(xy, xy_.begin());
  if (curve == Curve::kP256) {
    std::ranges::copy(sha256(message), digest_.begin());
  } else {
    std::ranges::copy(sha384(message), digest_.begin());
  }
  if (raw_signature.size() != 2 * coordinate_size(curve)) return;
  signature_size_ = static_cast<std::uint8_t>(raw_signature.size());
  std::ranges::copy(raw_signature, signature_.begin());
}

void OneByOneDecider::decide(std::span<SignatureJob> jobs) {
  for (SignatureJob& job : jobs) {
    auto key = EcPublicKey::create(job.curve(), job.xy());
    job.set_good(key && key->verify_digest(job.digest(), job.signature()));
  }
}

}  // namespace atoma::crypto
