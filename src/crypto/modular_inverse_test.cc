#include "modular_inverse.h"

#include <gtest/gtest.h>

#include "atoma/crypto/digest.h"
#include "ec_curve.h"

namespace atoma::crypto {
namespace {

BnPtr number(ByteView bytes) {
  return BnPtr(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

template <int kLimbs>
void expect_inverses(Curve curve) {
  const CurveInfo& info = curve_info(curve);
  const EcGroupPtr group(EC_GROUP_new_by_curve_name(info.nid));
  const BIGNUM* order = EC_GROUP_get0_order(group.get());
  const BnCtxPtr context(BN_CTX_new());
  const auto bytes_of = [&](const BIGNUM* value) {
    Bytes out(info.size);
    EXPECT_GT(BN_bn2binpad(value, out.data(), static_cast<int>(out.size())), 0);
    return out;
  };
  const ModularInverse<kLimbs> inverse(bytes_of(order));
  int tried = 0;
  const auto expect_inverse = [&](const BIGNUM* a) {
    if (BN_is_zero(a) || BN_ucmp(a, order) >= 0) return;
    ++tried;
    Bytes out(info.size);
    inverse.to_bytes(inverse(inverse.from_bytes(bytes_of(a))), out);
    const BnPtr found = number(out), product(BN_new());
    EXPECT_LT(BN_ucmp(found.get(), order), 0);
    ASSERT_EQ(BN_mod_mul(product.get(), a, found.get(), order, context.get()), 1);
    EXPECT_TRUE(BN_is_one(product.get())) << BN_num_bits(a) << " bits";
  };

  // Around every power of two, and as far below the order.
  for (int bit = 0; bit < BN_num_bits(order); ++bit) {
    for (const int offset : {-1, 0, 1}) {
      const BnPtr a(BN_new()), b(BN_new());
      ASSERT_EQ(BN_set_bit(a.get(), bit), 1);
      ASSERT_EQ(offset < 0 ? BN_sub_word(a.get(), 1) : BN_add_word(a.get(), offset > 0 ? 1 : 0), 1);
      expect_inverse(a.get());
      ASSERT_EQ(BN_sub(b.get(), order, a.get()), 1);
      if (!BN_is_negative(b.get())) expect_inverse(b.get());
    }
  }
  for (int i = 0; i < 5000; ++i) {
    const auto digest = sha384(as_bytes(std::to_string(i)));
    expect_inverse(number(ByteView(digest).first(info.size)).get());
  }
  EXPECT_GT(tried, 6000);
}

TEST(ModularInverse, OfNumbersBelowTheOrders) {
  expect_inverses<5>(Curve::kP256);
  expect_inverses<7>(Curve::kP384);
}

}  // namespace
}  // namespace atoma::crypto
