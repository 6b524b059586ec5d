#include "atoma/base/check.h"
#include "atoma/crypto/secp256k1.h"
#include "ec_scalar.h"

namespace atoma::crypto {
namespace {

BnPtr number(ByteView bytes) {
  BnPtr out(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  ATOMA_CHECK(out);
  return out;
}

ByteArray<32> bytes_of(const BIGNUM* n) {
  ByteArray<32> out;
  ATOMA_CHECK(BN_bn2binpad(n, out.data(), 32) == 32);
  return out;
}

// Of s and the order minus s the lower.
void lower_s(const EC_GROUP* group, ByteArray<32>& s) {
  const BnPtr twin = number(s);
  ATOMA_CHECK(BN_sub(twin.get(), EC_GROUP_get0_order(group), twin.get()) == 1);
  const ByteArray<32> other = bytes_of(twin.get());
  if (below(other, s)) s = other;
}

}  // namespace

// Q = r⁻¹ (s R − z G), SEC 1 §4.1.6, where R is the point of x = r and the parity given. An x of
// r + n, which chains can't name either, has a probability of 2⁻¹²⁸.
Result<ByteArray<64>> recover_secp256k1(const Digest256& digest,
                                        const RecoverableSignature& signature) {
  const EcGroupPtr group = make_group(kSecp256k1);
  const auto unrecoverable = [] {
    return malformed("signature.unrecoverable", "r or s is out of range, or no point has this r");
  };
  if (!in_range(group.get(), signature.r) || !in_range(group.get(), signature.s) ||
      signature.y_parity > 1) {
    return unrecoverable();
  }
  const BIGNUM* order = EC_GROUP_get0_order(group.get());
  const OpensslPtr<BN_CTX, BN_CTX_free> context(BN_CTX_new());
  const BnPtr r = number(signature.r), s = number(signature.s), z = number(digest);
  const EcPointPtr point(EC_POINT_new(group.get())), out(EC_POINT_new(group.get()));
  ATOMA_CHECK(context && point && out);
  if (EC_POINT_set_compressed_coordinates(group.get(), point.get(), r.get(), signature.y_parity,
                                          context.get()) != 1) {
    return unrecoverable();
  }
  const BnPtr inverse(BN_mod_inverse(nullptr, r.get(), order, context.get()));
  const BnPtr u1(BN_new()), u2(BN_new());
  ATOMA_CHECK(
      inverse && u1 && u2 &&
      BN_mod_mul(u1.get(), z.get(), inverse.get(), order, context.get()) == 1 &&
      BN_mod_sub(u1.get(), order, u1.get(), order, context.get()) == 1 &&
      BN_mod_mul(u2.get(), s.get(), inverse.get(), order, context.get()) == 1 &&
      EC_POINT_mul(group.get(), out.get(), u1.get(), point.get(), u2.get(), context.get()) == 1);
  ByteArray<65> encoded;
  if (EC_POINT_point2oct(group.get(), out.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                         encoded.size(), context.get()) != encoded.size()) {
    return unrecoverable();  // the point at infinity
  }
  ByteArray<64> xy;
  std::ranges::copy(ByteView(encoded).subspan(1), xy.begin());
  return xy;
}

struct Secp256k1PrivateKey::Impl {
  Bytes point;  // uncompressed
  PkeyPtr key;
};

Secp256k1PrivateKey::Secp256k1PrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Secp256k1PrivateKey::Secp256k1PrivateKey(Secp256k1PrivateKey&&) noexcept = default;
Secp256k1PrivateKey& Secp256k1PrivateKey::operator=(Secp256k1PrivateKey&&) noexcept = default;
Secp256k1PrivateKey::~Secp256k1PrivateKey() = default;

Result<Secp256k1PrivateKey> Secp256k1PrivateKey::from_scalar(ByteView scalar) {
  const EcGroupPtr group = make_group(kSecp256k1);
  if (scalar.size() != kSecp256k1.size || !in_range(group.get(), scalar)) {
    return malformed("key.scalar",
                     "a secp256k1 key is 32 bytes and lies between 1 and the order minus 1");
  }
  auto impl = std::make_unique<Impl>();
  impl->point = public_point(group.get(), scalar);
  impl->key = make_key(kSecp256k1, scalar, impl->point);
  return Secp256k1PrivateKey(std::move(impl));
}

ByteArray<64> Secp256k1PrivateKey::public_xy() const {
  ByteArray<64> xy;
  std::ranges::copy(ByteView(impl_->point).subspan(1), xy.begin());
  return xy;
}

RecoverableSignature Secp256k1PrivateKey::sign_digest(const Digest256& digest) const {
  const Bytes raw = crypto::sign_digest(kSecp256k1, impl_->key.get(), digest);
  RecoverableSignature out;
  std::ranges::copy(ByteView(raw).first(32), out.r.begin());
  std::ranges::copy(ByteView(raw).subspan(32), out.s.begin());
  lower_s(make_group(kSecp256k1).get(), out.s);
  for (std::uint8_t parity = 0; parity < 2; ++parity) {
    out.y_parity = parity;
    if (recover_secp256k1(digest, out) == public_xy()) return out;
  }
  ATOMA_CHECK(false);
}

}  // namespace atoma::crypto
