#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"
#include "ec_scalar.h"

namespace atoma::crypto {

struct EcPrivateKey::Impl {
  Curve curve;
  SecretBytes scalar;
  Bytes point;  // uncompressed
  PkeyPtr key;
};

EcPrivateKey::EcPrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EcPrivateKey::EcPrivateKey(EcPrivateKey&&) noexcept = default;
EcPrivateKey& EcPrivateKey::operator=(EcPrivateKey&&) noexcept = default;
EcPrivateKey::~EcPrivateKey() = default;

EcPrivateKey EcPrivateKey::generate(Curve curve, Entropy& entropy) {
  const CurveInfo& info = curve_info(curve);
  const EcGroupPtr group = make_group(info);
  SecretBytes scalar(info.size);
  // FIPS 186-5 §A.2.2: draw again rather than reduce. Both orders begin with 32 one bits, so that
  // two draws in a row out of range mean broken entropy rather than bad luck.
  do {
    entropy.fill(scalar.expose_mutable("key generation"));
  } while (!in_range(group.get(), scalar.expose("range check")));
  auto key = from_scalar(curve, scalar.expose("key generation"));
  ATOMA_CHECK(key);
  return *std::move(key);
}

Result<EcPrivateKey> EcPrivateKey::from_scalar(Curve curve, ByteView scalar) {
  const CurveInfo& info = curve_info(curve);
  const EcGroupPtr group = make_group(info);
  if (scalar.size() != info.size || !in_range(group.get(), scalar)) {
    return malformed("key.scalar", "a private key of this curve is " + std::to_string(info.size) +
                                       " bytes and lies between 1 and the order minus 1");
  }
  auto impl = std::make_unique<Impl>();
  impl->curve = curve;
  impl->scalar = SecretBytes::copy_of(scalar);
  impl->point = public_point(group.get(), scalar);
  impl->key = make_key(info, scalar, impl->point);
  return EcPrivateKey(std::move(impl));
}

Curve EcPrivateKey::curve() const { return impl_->curve; }

Bytes EcPrivateKey::public_xy() const { return to_bytes(ByteView(impl_->point).subspan(1)); }

SecretBytes EcPrivateKey::scalar() const {
  return SecretBytes::copy_of(impl_->scalar.expose("export of the private key"));
}

Bytes EcPrivateKey::sign(ByteView message) const {
  const CurveInfo& info = curve_info(impl_->curve);
  if (impl_->curve == Curve::kP256) return sign_digest(info, impl_->key.get(), sha256(message));
  return sign_digest(info, impl_->key.get(), sha384(message));
}

}  // namespace atoma::crypto
