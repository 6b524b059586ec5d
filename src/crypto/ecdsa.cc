#include "ecdsa.h"

#include <openssl/err.h>

#include "atoma/base/check.h"
#include "ec_curve.h"
#include "modular_inverse.h"

namespace atoma::crypto {
namespace {

using MontgomeryPtr = OpensslPtr<BN_MONT_CTX, BN_MONT_CTX_free>;

// What a curve's verifications share: made once and only read, so that threads may use it at once.
struct Domain {
  explicit Domain(const CurveInfo& curve)
      : info(curve), group(EC_GROUP_new_by_curve_name(curve.nid)), montgomery(BN_MONT_CTX_new()) {
    const BnCtxPtr context(BN_CTX_new());
    ATOMA_CHECK(group && montgomery && context);
    order = EC_GROUP_get0_order(group.get());
    ATOMA_CHECK(BN_MONT_CTX_set(montgomery.get(), order, context.get()) == 1);
    ATOMA_CHECK(BN_bn2binpad(order, order_bytes.data(), static_cast<int>(curve.size)) > 0);
  }
  ByteView order_view() const { return ByteView(order_bytes).first(info.size); }

  const CurveInfo& info;
  EcGroupPtr group;
  MontgomeryPtr montgomery;  // of the order
  const BIGNUM* order;
  ByteArray<kCoordinateMax> order_bytes{};
};

const Domain& domain_of(Curve curve) {
  static const Domain* const p256 = new Domain(curve_info(Curve::kP256));
  static const Domain* const p384 = new Domain(curve_info(Curve::kP384));
  return curve == Curve::kP256 ? *p256 : *p384;
}

// Numbers and a point that one thread's verifications use in turn: making them anew takes longer
// than the arithmetic on them.
class Scratch {
 public:
  Scratch(const Domain& domain, BN_CTX* context)
      : context_(context), sum_(EC_POINT_new(domain.group.get())) {
    ATOMA_CHECK(sum_);
    for (BnPtr* number : {&e, &r, &w, &u1, &u2, &x}) {
      number->reset(BN_new());
      ATOMA_CHECK(*number);
    }
  }

  EC_POINT* sum() { return sum_.get(); }
  BN_CTX* context() { return context_; }

  BnPtr e, r, w, u1, u2, x;

 private:
  BN_CTX* context_;
  EcPointPtr sum_;
};

Scratch& scratch_of(Curve curve) {
  thread_local const BnCtxPtr context(BN_CTX_new());
  ATOMA_CHECK(context);
  thread_local Scratch p256(domain_of(Curve::kP256), context.get());
  thread_local Scratch p384(domain_of(Curve::kP384), context.get());
  return curve == Curve::kP256 ? p256 : p384;
}

void read_number(ByteView bytes, BIGNUM* out) {
  ATOMA_CHECK(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), out) != nullptr);
}

bool in_range(const BIGNUM* number, const Domain& domain) {
  return !BN_is_zero(number) && BN_ucmp(number, domain.order) < 0;
}

// Numbers below twice the order.
void reduce(BIGNUM* number, const Domain& domain) {
  if (BN_ucmp(number, domain.order) >= 0) ATOMA_CHECK(BN_usub(number, number, domain.order) == 1);
}

// 1/s modulo the order, for s in range.
template <int kLimbs>
void invert(const Domain& domain, ByteView s, BIGNUM* out) {
  static const ModularInverse<kLimbs> inverse(domain.order_view());
  ByteArray<kCoordinateMax> bytes;
  const MutableByteView result = MutableByteView(bytes).first(s.size());
  inverse.to_bytes(inverse(inverse.from_bytes(s)), result);
  read_number(result, out);
}

}  // namespace

EcPointPtr decode_point(Curve curve, ByteView point) {
  const EC_GROUP* group = domain_of(curve).group.get();
  EcPointPtr out(EC_POINT_new(group));
  ATOMA_CHECK(out);
  if (EC_POINT_oct2point(group, out.get(), point.data(), point.size(),
                         scratch_of(curve).context()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return out;
}

bool verify_ecdsa(Curve curve, const EC_POINT& key, ByteView digest, ByteView signature) {
  const Domain& domain = domain_of(curve);
  const std::size_t size = domain.info.size;
  ATOMA_CHECK(digest.size() == size && signature.size() == 2 * size);
  Scratch& scratch = scratch_of(curve);
  BN_CTX* context = scratch.context();
  BIGNUM *e = scratch.e.get(), *r = scratch.r.get(), *w = scratch.w.get(), *x = scratch.x.get();

  // Steps 1 to 3: r and s in [1, n - 1]; the digest is as long as n and at most once above it.
  read_number(signature.first(size), r);
  read_number(signature.last(size), w);
  if (!in_range(r, domain) || !in_range(w, domain)) return false;
  read_number(digest, e);
  reduce(e, domain);

  // Step 4: w = 1/s, u1 = e·w, u2 = r·w. With w in Montgomery form one product each.
  if (curve == Curve::kP256) {
    invert<5>(domain, signature.last(size), w);
  } else {
    invert<7>(domain, signature.last(size), w);
  }
  BN_MONT_CTX* montgomery = domain.montgomery.get();
  ATOMA_CHECK(BN_to_montgomery(w, w, montgomery, context) == 1 &&
              BN_mod_mul_montgomery(scratch.u1.get(), e, w, montgomery, context) == 1 &&
              BN_mod_mul_montgomery(scratch.u2.get(), r, w, montgomery, context) == 1);

  // Steps 5 to 7: R = u1·G + u2·Q is not the point at infinity, and its x modulo n is r.
  const EC_GROUP* group = domain.group.get();
  ATOMA_CHECK(
      EC_POINT_mul(group, scratch.sum(), scratch.u1.get(), &key, scratch.u2.get(), context) == 1);
  if (EC_POINT_is_at_infinity(group, scratch.sum()) == 1) return false;
  ATOMA_CHECK(EC_POINT_get_affine_coordinates(group, scratch.sum(), x, nullptr, context) == 1);
  reduce(x, domain);  // p is below 2n on both curves
  return BN_ucmp(x, r) == 0;
}

}  // namespace atoma::crypto
