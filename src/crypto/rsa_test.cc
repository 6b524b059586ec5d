#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

Bytes join(ByteView a, ByteView b) {
  Bytes out = to_bytes(a);
  append(out, b);
  return out;
}

TEST(RsaPss, SignsVerifiesAndExports) {
  const RsaPrivateKey key = RsaPrivateKey::generate(2048);
  auto pub = RsaPublicKey::create(key.modulus(), key.exponent());
  ASSERT_TRUE(pub);
  EXPECT_EQ(pub->modulus_bits(), 2048u);
  Bytes signature = key.sign_pss_sha384(as_bytes("m"));
  EXPECT_TRUE(pub->verify_pss_sha384(as_bytes("m"), signature));
  EXPECT_FALSE(pub->verify_pss_sha384(as_bytes("n"), signature));
  EXPECT_FALSE(pub->verify_pss_sha384(as_bytes("m"), ByteView(signature).first(255)));
  EXPECT_FALSE(pub->verify_pss_sha384(as_bytes("m"), join(Bytes{0}, signature)));
  signature[100] ^= 1;
  EXPECT_FALSE(pub->verify_pss_sha384(as_bytes("m"), signature));

  const SecretBytes pkcs8 = key.to_pkcs8();
  const auto again = RsaPrivateKey::from_pkcs8(pkcs8.expose("test"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(pub->verify_pss_sha384(as_bytes("m"), again->sign_pss_sha384(as_bytes("m"))));
}

TEST(RsaSchemes, VerifyWhatTheySignAndNothingElse) {
  const RsaPrivateKey key = RsaPrivateKey::generate(2048);
  const auto pub = RsaPublicKey::create(key.modulus(), key.exponent());
  ASSERT_TRUE(pub);
  for (const auto padding : {RsaPadding::kPkcs1, RsaPadding::kPssAnySalt}) {
    for (const auto digest : {RsaDigest::kSha256, RsaDigest::kSha384}) {
      const Bytes signature = key.sign(padding, digest, as_bytes("m"));
      EXPECT_TRUE(pub->verify(padding, digest, as_bytes("m"), signature));
      EXPECT_FALSE(pub->verify(padding, digest, as_bytes("n"), signature));
      EXPECT_FALSE(pub->verify(padding, digest, as_bytes("m"), join(Bytes{0}, signature)));
      const auto other =
          padding == RsaPadding::kPkcs1 ? RsaPadding::kPssAnySalt : RsaPadding::kPkcs1;
      EXPECT_FALSE(pub->verify(other, digest, as_bytes("m"), signature));
      const auto longer = digest == RsaDigest::kSha256 ? RsaDigest::kSha384 : RsaDigest::kSha256;
      EXPECT_FALSE(pub->verify(padding, longer, as_bytes("m"), signature));
    }
  }
  // A salt of AMD's length is one of any length.
  EXPECT_TRUE(pub->verify(RsaPadding::kPssAnySalt, RsaDigest::kSha384, as_bytes("m"),
                          key.sign_pss_sha384(as_bytes("m"))));
}

TEST(RsaPss, RefusesBadKeys) {
  const RsaPrivateKey key = RsaPrivateKey::generate(2048);
  const Bytes n = key.modulus();
  const Bytes e = key.exponent();
  const auto reason = [](ByteView modulus, ByteView exponent) {
    return RsaPublicKey::create(modulus, exponent).error().reason;
  };
  EXPECT_TRUE(RsaPublicKey::create(join(Bytes{0}, n), join(Bytes{0}, e)));
  Bytes even = n;
  even.back() &= 0xfe;
  EXPECT_EQ(reason({}, e), "key.rsa");
  EXPECT_EQ(reason(even, e), "key.rsa");
  EXPECT_EQ(reason(ByteView(n).last(255), e), "key.rsa");
  EXPECT_EQ(reason(join(Bytes(257, 0xff), n), e), "key.rsa");
  EXPECT_EQ(reason(n, {}), "key.rsa");
  EXPECT_EQ(reason(n, Bytes{3}), "key.rsa");
  EXPECT_EQ(reason(n, Bytes{1, 0, 0}), "key.rsa");
  EXPECT_EQ(reason(n, Bytes{1, 0, 2}), "key.rsa");
  EXPECT_EQ(reason(n, Bytes{1, 0, 0, 0, 1}), "key.rsa");

  const SecretBytes pkcs8 = key.to_pkcs8();
  const ByteView der = pkcs8.expose("test");
  EXPECT_EQ(RsaPrivateKey::from_pkcs8({}).error().reason, "key.rsa");
  EXPECT_EQ(RsaPrivateKey::from_pkcs8(der.first(der.size() - 1)).error().reason, "key.rsa");
  EXPECT_EQ(RsaPrivateKey::from_pkcs8(join(der, Bytes{0})).error().reason, "key.rsa");
}

struct Scheme {
  int padding = RSA_PKCS1_PSS_PADDING;
  int salt_size = 48;
  const char* digest = "SHA384";
  const char* mask_digest = "SHA384";
};

// OpenSSL's own signature of sha384("m"), or of sha256("m"), under any scheme.
Bytes sign_with_openssl(const RsaPrivateKey& key, const Scheme& scheme) {
  const SecretBytes pkcs8 = key.to_pkcs8();
  const unsigned char* in = pkcs8.expose("test").data();
  PkeyPtr pkey(d2i_AutoPrivateKey(nullptr, &in, static_cast<long>(pkcs8.size())));
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
  EXPECT_EQ(EVP_PKEY_sign_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), scheme.padding), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_get_digestbyname(scheme.digest)), 1);
  if (scheme.padding == RSA_PKCS1_PSS_PADDING) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), scheme.salt_size), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_get_digestbyname(scheme.mask_digest)),
              1);
  }
  Bytes digest = to_bytes(ByteView(sha384(as_bytes("m"))));
  if (std::string_view(scheme.digest) == "SHA256")
    digest = to_bytes(ByteView(sha256(as_bytes("m"))));
  Bytes out(256);
  std::size_t size = out.size();
  EXPECT_EQ(EVP_PKEY_sign(context.get(), out.data(), &size, digest.data(), digest.size()), 1);
  return out;
}

TEST(RsaPss, AcceptsItsSchemeAlone) {
  const RsaPrivateKey key = RsaPrivateKey::generate(2048);
  auto pub = RsaPublicKey::create(key.modulus(), key.exponent());
  ASSERT_TRUE(pub);
  const auto accepts = [&](const Scheme& scheme) {
    return pub->verify_pss_sha384(as_bytes("m"), sign_with_openssl(key, scheme));
  };
  EXPECT_TRUE(accepts({}));
  for (const int size : {0, 20, 32, 47, 49, 64}) {
    EXPECT_FALSE(accepts({.salt_size = size})) << size;
  }
  EXPECT_FALSE(accepts({.mask_digest = "SHA256"}));
  EXPECT_FALSE(accepts({.digest = "SHA256"}));
  EXPECT_FALSE(accepts({.padding = RSA_PKCS1_PADDING}));
}

}  // namespace
}  // namespace atoma::crypto
