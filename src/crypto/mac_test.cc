#include "atoma/crypto/mac.h"

#include "atoma/wire/text.h"
#include "test_vectors.h"

namespace atoma::crypto {
namespace {

Bytes derived(ByteView secret, ByteView salt, ByteView info, std::size_t size) {
  Bytes out(size);
  hkdf_sha256(secret, salt, info, out);
  return out;
}

// RFC 5869 appendix A.3: neither salt nor info, and a last block that is cut.
TEST(Hkdf, WorksWithoutSaltAndInfo) {
  EXPECT_EQ(wire::hex_encode(derived(Bytes(22, 0x0B), {}, {}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, LongerOutputBeginsWithTheShorter) {
  const Bytes secret(32, 1);
  const Bytes all = derived(secret, as_bytes("salt"), as_bytes("info"), 255 * 32);
  for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 64u, 1000u}) {
    EXPECT_TRUE(equal(derived(secret, as_bytes("salt"), as_bytes("info"), size),
                      ByteView(all).first(size)));
  }
}

TEST(HkdfVectors, Wycheproof) {
  const auto document = load_vectors("aead-kdf-dh/hkdf_sha256_test.json");
  if (!document) GTEST_SKIP() << "ATOMA_VECTORS/aead-kdf-dh/hkdf_sha256_test.json is missing";
  int checked = 0;
  for (const auto& group : document->root().find("testGroups")->items()) {
    for (const auto& test : group.find("tests")->items()) {
      if (test.find("result")->text() != "valid") continue;  // too long an output: our mistake
      const auto size = static_cast<std::size_t>(number_member(test, "size"));
      EXPECT_EQ(derived(hex_member(test, "ikm"), hex_member(test, "salt"), hex_member(test, "info"),
                        size),
                hex_member(test, "okm"))
          << number_member(test, "tcId");
      ++checked;
    }
  }
  EXPECT_GE(checked, 60);
}

}  // namespace
}  // namespace atoma::crypto
