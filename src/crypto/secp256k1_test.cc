#include "atoma/crypto/secp256k1.h"

#include <gtest/gtest.h>

#include "atoma/crypto/keccak.h"
#include "atoma/wire/text.h"

namespace atoma::crypto {
namespace {

constexpr std::string_view kOrder =
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
constexpr std::string_view kHalfOrder =
    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";

Bytes hex(std::string_view text) { return wire::hex_decode(text).value(); }

template <std::size_t N>
ByteArray<N> array(std::string_view text) {
  ByteArray<N> out{};
  EXPECT_TRUE(wire::hex_decode_into(text, out));
  return out;
}

Secp256k1PrivateKey key_of(int n) {
  Bytes scalar(32);
  scalar[31] = static_cast<std::uint8_t>(n);
  return Secp256k1PrivateKey::from_scalar(scalar).value();
}

TEST(Keccak256, AgreesWithPublishedDigests) {
  EXPECT_EQ(wire::hex_encode(keccak256(ByteView())),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(wire::hex_encode(keccak256({as_bytes("ab"), as_bytes("c")})),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

TEST(Secp256k1, KnowsTheGenerator) {
  EXPECT_EQ(wire::hex_encode(key_of(1).public_xy()),
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
}

// The signature of secp256k1's key 1 over SHA-256("Satoshi Nakamoto"), widely published.
TEST(Secp256k1, SignsDeterministically) {
  const auto signature = key_of(1).sign_digest(sha256(as_bytes("Satoshi Nakamoto")));
  EXPECT_EQ(wire::hex_encode(signature.r),
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8");
  EXPECT_EQ(wire::hex_encode(signature.s),
            "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
}

TEST(Secp256k1, RecoversTheSignerAndAlwaysSignsTheLowForm) {
  int parities = 0;
  for (int n = 1; n < 40; ++n) {
    const auto key = key_of(n);
    const auto digest = sha256(as_bytes(std::to_string(n)));
    const auto signature = key.sign_digest(digest);
    EXPECT_LE(wire::hex_encode(signature.s), kHalfOrder);
    EXPECT_EQ(recover_secp256k1(digest, signature).value(), key.public_xy());
    auto flipped = signature;
    flipped.y_parity ^= 1;
    EXPECT_NE(recover_secp256k1(digest, flipped).value(), key.public_xy());
    parities |= 1 << signature.y_parity;
  }
  EXPECT_EQ(parities, 3);
}

TEST(Secp256k1, RefusesScalarsOutOfRange) {
  for (const auto& scalar : {Bytes(32), Bytes(31, 1), Bytes(33, 1), hex(kOrder), Bytes(32, 255)}) {
    EXPECT_EQ(Secp256k1PrivateKey::from_scalar(scalar).error().reason, "key.scalar");
  }
}

TEST(Secp256k1, RefusesWhatNoKeySigned) {
  const auto digest = sha256(as_bytes("message"));
  const auto good = key_of(7).sign_digest(digest);
  auto bad = good;
  const auto refused = [&] { return recover_secp256k1(digest, bad).error().reason; };
  bad.r = {};
  EXPECT_EQ(refused(), "signature.unrecoverable");
  bad = good;
  bad.s = array<32>(kOrder);
  EXPECT_EQ(refused(), "signature.unrecoverable");
  bad = good;
  bad.y_parity = 2;
  EXPECT_EQ(refused(), "signature.unrecoverable");
  bad = good;
  bad.r = {};
  bad.r[31] = 5;  // x = 5 is on no point
  EXPECT_EQ(refused(), "signature.unrecoverable");
}

}  // namespace
}  // namespace atoma::crypto
