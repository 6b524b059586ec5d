#include "atoma/crypto/signature.h"

#include <gtest/gtest.h>

#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature_queue.h"
#include "atoma/crypto/system_entropy.h"
#include "test_entropy.h"

namespace atoma::crypto {
namespace {

// The shortest decoder: test constants only.
Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

constexpr std::string_view kOrder[] = {
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc529"
    "73"};
Bytes order(Curve curve) { return hex(kOrder[curve == Curve::kP256 ? 0 : 1]); }

// a + b and a - b as big-endian numbers of the same size; the tests' numbers do not overflow.
Bytes add(Bytes a, ByteView b) {
  unsigned int carry = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    carry += unsigned{a[i]} + b[i];
    a[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  return a;
}

Bytes subtract(Bytes a, ByteView b) {
  int borrow = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    const int difference = int{a[i]} - b[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    a[i] = static_cast<std::uint8_t>(difference);
  }
  return a;
}

Bytes small(Curve curve, std::uint8_t value) {
  Bytes out(coordinate_size(curve));
  out.back() = value;
  return out;
}

Bytes join(ByteView a, ByteView b) {
  Bytes out = to_bytes(a);
  append(out, b);
  return out;
}

TEST(Digest, MatchesFips180Examples) {
  EXPECT_TRUE(equal(sha256(as_bytes("abc")),
                    hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
  EXPECT_TRUE(equal(sha384(as_bytes("abc")),
                    hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                        "8086072ba1e7cc2358baeca134c825a7")));
  EXPECT_TRUE(equal(sha512(as_bytes("abc")),
                    hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")));
  EXPECT_TRUE(
      equal(sha256({}), hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
}

TEST(Digest, PartsAreConcatenated) {
  EXPECT_EQ(sha256({as_bytes("a"), {}, as_bytes("bc")}), sha256(as_bytes("abc")));
  EXPECT_EQ(sha384({as_bytes("ab"), as_bytes("c")}), sha384(as_bytes("abc")));
}

TEST(SystemEntropy, TwoDrawsDiffer) {
  SystemEntropy entropy;
  ByteArray<32> a{}, b{};
  entropy.fill(a);
  entropy.fill(b);
  EXPECT_NE(a, b);
  EXPECT_FALSE(all_zero(a));
}

class Ecdsa : public testing::TestWithParam<Curve> {
 protected:
  EcPrivateKey make_key(std::uint8_t seed = 1) const {
    SeededEntropy entropy(seed);
    return EcPrivateKey::generate(GetParam(), entropy);
  }
  EcPublicKey public_of(const EcPrivateKey& key) const {
    return *EcPublicKey::create(GetParam(), key.public_xy());
  }
};

INSTANTIATE_TEST_SUITE_P(Curves, Ecdsa, testing::Values(Curve::kP256, Curve::kP384),
                         [](const auto& curve) {
                           return curve.param == Curve::kP256 ? "P256" : "P384";
                         });

TEST_P(Ecdsa, SignsAndVerifies) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  EXPECT_EQ(pub.curve(), GetParam());
  EXPECT_TRUE(equal(pub.xy(), key.public_xy()));
  const Bytes signature = key.sign(as_bytes("message"));
  EXPECT_EQ(signature.size(), 2 * coordinate_size(GetParam()));
  for (int i = 0; i < 3; ++i) {  // the context is reused
    EXPECT_TRUE(pub.verify(as_bytes("message"), signature));
    EXPECT_FALSE(pub.verify(as_bytes("massage"), signature));
  }
}

TEST_P(Ecdsa, KeysAndSignaturesAreReproducible) {
  EXPECT_EQ(make_key(1).public_xy(), make_key(1).public_xy());
  EXPECT_NE(make_key(1).public_xy(), make_key(2).public_xy());
  EXPECT_EQ(make_key().sign(as_bytes("m")), make_key().sign(as_bytes("m")));
}

TEST_P(Ecdsa, KeyObjectsSurviveMoves) {
  EcPublicKey first = public_of(make_key());
  EcPublicKey second = std::move(first);
  first = public_of(make_key(2));
  EXPECT_TRUE(second.verify(as_bytes("m"), make_key().sign(as_bytes("m"))));
  EXPECT_TRUE(first.verify(as_bytes("m"), make_key(2).sign(as_bytes("m"))));
}

TEST_P(Ecdsa, RefusesEveryOneBitChange) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  Bytes signature = key.sign(as_bytes("m"));
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    signature[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(pub.verify(as_bytes("m"), signature)) << "bit " << bit;
    signature[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
  EXPECT_TRUE(pub.verify(as_bytes("m"), signature));
}

TEST_P(Ecdsa, RefusesWrongLengths) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  Bytes digest = GetParam() == Curve::kP256 ? to_bytes(ByteView(sha256(as_bytes("m"))))
                                            : to_bytes(ByteView(sha384(as_bytes("m"))));
  Bytes signature = key.sign(as_bytes("m"));
  ASSERT_TRUE(pub.verify_digest(digest, signature));
  EXPECT_FALSE(pub.verify_digest(digest, {}));
  EXPECT_FALSE(pub.verify_digest(digest, ByteView(signature).first(signature.size() - 1)));
  EXPECT_FALSE(pub.verify_digest(digest, join(signature, Bytes{0})));
  EXPECT_FALSE(pub.verify_digest({}, signature));
  EXPECT_FALSE(pub.verify_digest(ByteView(digest).first(digest.size() - 1), signature));
  EXPECT_FALSE(pub.verify_digest(join(digest, Bytes{0}), signature));
}

// r and s each from the numbers at the edges of [1, n-1], none of which signs this message.
TEST_P(Ecdsa, RefusesNumbersAtTheEdges) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  const Bytes signature = key.sign(as_bytes("m"));
  const Bytes n = order(GetParam());
  const Bytes one = small(GetParam(), 1);
  const Bytes edges[] = {small(GetParam(), 0), one,
                         subtract(n, one),     n,
                         add(n, one),          Bytes(coordinate_size(GetParam()), 0xff)};
  const Bytes r = to_bytes(ByteView(signature).first(signature.size() / 2));
  const Bytes s = to_bytes(ByteView(signature).last(signature.size() / 2));
  for (const Bytes& edge : edges) {
    EXPECT_FALSE(pub.verify(as_bytes("m"), join(edge, s)));
    EXPECT_FALSE(pub.verify(as_bytes("m"), join(r, edge)));
    for (const Bytes& other : edges) EXPECT_FALSE(pub.verify(as_bytes("m"), join(edge, other)));
  }
}

// For a zero digest r = s = x(Q) is valid under Q and needs no private key. With an x that is tiny
// r + n and s + n still fit: they are congruent and must be refused (FIPS 186-5 §6.4.2 step 1).
TEST_P(Ecdsa, RefusesUnreducedNumbers) {
  const bool p256 = GetParam() == Curve::kP256;
  const Bytes x = small(GetParam(), p256 ? 5 : 2);
  const Bytes y = hex(p256 ? "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"
                           : "8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb7802"
                             "32baf57825fc0c1912ada2fefe84024c");
  auto pub = EcPublicKey::create(GetParam(), join(x, y));
  ASSERT_TRUE(pub);
  const Bytes digest(x.size());
  const Bytes n = order(GetParam());
  const Bytes unreduced = add(n, x);
  EXPECT_TRUE(pub->verify_digest(digest, join(x, x)));
  EXPECT_TRUE(pub->verify_digest(digest, join(x, subtract(n, x))));
  EXPECT_FALSE(pub->verify_digest(digest, join(unreduced, x)));
  EXPECT_FALSE(pub->verify_digest(digest, join(x, unreduced)));
}

TEST_P(Ecdsa, AcceptsBothSignsOfS) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  const Bytes signature = key.sign(as_bytes("m"));
  const ByteView r = ByteView(signature).first(signature.size() / 2);
  const ByteView s = ByteView(signature).last(signature.size() / 2);
  EXPECT_TRUE(pub.verify(as_bytes("m"), join(r, subtract(order(GetParam()), s))));
}

// A number with leading zero bytes has a shorter DER form; it must be found by trying messages.
TEST_P(Ecdsa, VerifiesNumbersWithLeadingZeros) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  int found = 0;
  for (std::uint32_t i = 0; i < 4000 && found < 2; ++i) {
    const Bytes signature = key.sign(as_bytes(std::to_string(i)));
    if (signature[0] != 0 && signature[signature.size() / 2] != 0) continue;
    ++found;
    EXPECT_TRUE(pub.verify(as_bytes(std::to_string(i)), signature));
  }
  EXPECT_EQ(found, 2);
}

TEST_P(Ecdsa, RefusesPointsOffTheCurve) {
  const Curve curve = GetParam();
  const std::size_t size = coordinate_size(curve);
  Bytes xy = make_key().public_xy();
  xy.back() ^= 1;
  EXPECT_EQ(EcPublicKey::create(curve, xy).error().reason, "key.point");
  EXPECT_EQ(EcPublicKey::create(curve, Bytes(2 * size)).error().reason, "key.point");
  EXPECT_EQ(EcPublicKey::create(curve, Bytes(2 * size, 0xff)).error().reason, "key.point");
  xy.back() ^= 1;
  EXPECT_EQ(EcPublicKey::create(curve, ByteView(xy).first(2 * size - 1)).error().reason,
            "key.point");
  EXPECT_EQ(EcPublicKey::create(curve, join(xy, Bytes{0})).error().reason, "key.point");
  EXPECT_EQ(EcPublicKey::create(curve, {}).error().reason, "key.point");
  EXPECT_TRUE(EcPublicKey::create(curve, xy));
}

// An unchecked key finds out at its first signature, and stays refusing.
TEST_P(Ecdsa, UncheckedKeysOffTheCurveVerifyNothing) {
  const EcPrivateKey key = make_key();
  const Bytes signature = key.sign(as_bytes("message"));
  auto good = EcPublicKey::create_unchecked(GetParam(), key.public_xy());
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->verify(as_bytes("message"), signature));
  Bytes xy = key.public_xy();
  EXPECT_EQ(EcPublicKey::create_unchecked(GetParam(), ByteView(xy).subspan(1)).error().reason,
            "key.point");
  xy.back() ^= 1;
  auto bad = EcPublicKey::create_unchecked(GetParam(), xy);
  ASSERT_TRUE(bad);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(bad->verify(as_bytes("message"), signature));
}

TEST_P(Ecdsa, QueueIsDecidedItemByItem) {
  const EcPrivateKey key = make_key();
  EcPublicKey pub = public_of(key);
  const Bytes signature = key.sign(as_bytes("message"));
  Bytes off_curve = key.public_xy();
  off_curve.back() ^= 1;
  auto bad = EcPublicKey::create_unchecked(GetParam(), off_curve);
  SignatureQueue queue;
  EXPECT_TRUE(pub.verify(as_bytes("message"), signature, &queue));
  EXPECT_TRUE(pub.verify(as_bytes("massage"), signature, &queue));
  EXPECT_TRUE(pub.verify(as_bytes("message"), ByteView(signature).subspan(1), &queue));
  EXPECT_TRUE(bad->verify(as_bytes("message"), signature, &queue));
  EXPECT_TRUE(pub.verify(as_bytes("message"), signature, &queue));
  for (const auto& job : queue) EXPECT_FALSE(job.good());
  OneByOneDecider().decide(queue);
  std::vector<bool> good;
  for (const auto& job : queue) good.push_back(job.good());
  EXPECT_EQ(good, (std::vector<bool>{true, false, false, false, true}));
}

TEST_P(Ecdsa, PrivateScalarRange) {
  const Curve curve = GetParam();
  const Bytes n = order(curve);
  const Bytes one = small(curve, 1);
  EXPECT_TRUE(EcPrivateKey::from_scalar(curve, one));
  EXPECT_TRUE(EcPrivateKey::from_scalar(curve, subtract(n, one)));
  for (const Bytes& bad : {small(curve, 0), n, add(n, one), Bytes(n.size(), 0xff), Bytes{1},
                           join(Bytes{0}, one), Bytes{}}) {
    EXPECT_EQ(EcPrivateKey::from_scalar(curve, bad).error().reason, "key.scalar");
  }
}

TEST_P(Ecdsa, GenerateDrawsAgainWhenOutOfRange) {
  const Bytes wanted = small(GetParam(), 7);
  FixedEntropy entropy(join(join(order(GetParam()), small(GetParam(), 0)), wanted));
  const EcPrivateKey key = EcPrivateKey::generate(GetParam(), entropy);
  EXPECT_TRUE(equal(key.scalar().expose("test"), wanted));
  EXPECT_TRUE(entropy.used_up());
}

TEST(EcdsaRfc6979, MatchesAppendixA) {
  // §A.2.5, P-256 with SHA-256, and §A.2.6, P-384 with SHA-384; message "sample".
  const auto p256 = EcPrivateKey::from_scalar(
      Curve::kP256, hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"));
  ASSERT_TRUE(p256);
  EXPECT_EQ(p256->public_xy(),
            hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"));
  EXPECT_EQ(p256->sign(as_bytes("sample")),
            hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"));
  const auto p384 = EcPrivateKey::from_scalar(
      Curve::kP384, hex("6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
                        "96D5724E4C70A825F872C9EA60D2EDF5"));
  ASSERT_TRUE(p384);
  EXPECT_EQ(p384->sign(as_bytes("sample")),
            hex("94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
                "81A648152E44ACF96E36DD1E80FABE4699EF4AEB15F178CEA1FE40DB2603138F"
                "130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"));
}

TEST(Ed25519, MatchesRfc8032Test1) {
  const Bytes seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const auto key =
      Ed25519PrivateKey::from_seed(Secret<32>::copy_of(std::span<const std::uint8_t, 32>(seed)));
  EXPECT_TRUE(equal(key.public_key().raw(),
                    hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")));
  EXPECT_TRUE(
      equal(key.sign({}), hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                              "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")));
}

TEST(Ed25519, SignsAndVerifies) {
  SeededEntropy entropy(3);
  const auto key = Ed25519PrivateKey::generate(entropy);
  const auto pub = Ed25519PublicKey::create(key.public_key().raw());
  ASSERT_TRUE(pub);
  ByteArray<64> signature = key.sign(as_bytes("m"));
  EXPECT_TRUE(pub->verify(as_bytes("m"), signature));
  EXPECT_FALSE(pub->verify(as_bytes("n"), signature));
  EXPECT_FALSE(pub->verify(as_bytes("m"), ByteView(signature).first(63)));
  EXPECT_FALSE(pub->verify(as_bytes("m"), join(signature, Bytes{0})));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    signature[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(pub->verify(as_bytes("m"), signature)) << "bit " << bit;
    signature[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
}

TEST(Ed25519, RefusesBadPublicKeys) {
  Bytes identity(32);
  identity[0] = 1;
  Bytes identity_negative = identity;
  identity_negative[31] = 0x80;
  Bytes order_two(32, 0xff);  // p - 1
  order_two[0] = 0xec;
  order_two[31] = 0x7f;
  Bytes unreduced = order_two;  // p + 1
  unreduced[0] = 0xee;
  const Bytes order_eight = hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  for (const Bytes& bad : {Bytes{}, Bytes(31, 9), Bytes(33, 9), Bytes(32), identity,
                           identity_negative, order_two, unreduced, order_eight}) {
    const auto key = Ed25519PublicKey::create(bad);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().reason, "key.ed25519");
  }
}

}  // namespace
}  // namespace atoma::crypto
