#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <bit>

#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

constexpr std::size_t kModulusBitsMin = 2048;
constexpr std::size_t kModulusBitsMax = 4096;
// FIPS 186-5 §5.4 sets the lower bound; a longer exponent only makes verification slow.
constexpr std::uint64_t kExponentMin = 65537;
constexpr std::size_t kExponentSizeMax = 4;
constexpr int kSaltSize = 48;

ByteView without_leading_zeros(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

std::size_t bit_length(ByteView number) {
  return number.empty()
             ? 0
             : 8 * (number.size() - 1) + static_cast<std::size_t>(std::bit_width(number.front()));
}

bool acceptable(ByteView modulus, ByteView exponent) {
  const std::size_t bits = bit_length(modulus);
  if (bits < kModulusBitsMin || bits > kModulusBitsMax || modulus.back() % 2 == 0) return false;
  if (exponent.empty() || exponent.size() > kExponentSizeMax) return false;
  std::uint64_t e = 0;
  for (const std::uint8_t b : exponent) e = e << 8 | b;
  return e >= kExponentMin && e % 2 == 1;
}

// Numbers for an OSSL_PARAM are in the machine's byte order.
Bytes native_number(ByteView big_endian) {
  Bytes out = to_bytes(big_endian);
  if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(out);
  return out;
}

Bytes number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  ATOMA_CHECK(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const BnPtr number(raw);
  Bytes out(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), out.data());
  return out;
}

using Init = int (*)(EVP_PKEY_CTX*);

// The salt length is exact on both sides: verification refuses every other.
PkeyCtxPtr make_pss_context(EVP_PKEY* key, Init init) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  ATOMA_CHECK(context && init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha384()) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha384()) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), kSaltSize) == 1);
  return context;
}

// A context for one call; `salt` counts for PSS alone.
PkeyCtxPtr make_context(EVP_PKEY* key, Init init, RsaPadding padding, RsaDigest digest, int salt) {
  const EVP_MD* const md = digest == RsaDigest::kSha256 ? EVP_sha256() : EVP_sha384();
  const bool pss = padding == RsaPadding::kPssAnySalt;
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  ATOMA_CHECK(context && init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                           pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(context.get(), md) == 1);
  ATOMA_CHECK(!pss || (EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md) == 1 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), salt) == 1));
  return context;
}

Bytes digest_of(RsaDigest digest, ByteView message) {
  return digest == RsaDigest::kSha256 ? to_bytes(ByteView(sha256(message)))
                                      : to_bytes(ByteView(sha384(message)));
}

}  // namespace

struct RsaPublicKey::Impl {
  std::size_t modulus_bits;
  PkeyPtr key;
  PkeyCtxPtr verifier;
};

RsaPublicKey::RsaPublicKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RsaPublicKey::RsaPublicKey(RsaPublicKey&&) noexcept = default;
RsaPublicKey& RsaPublicKey::operator=(RsaPublicKey&&) noexcept = default;
RsaPublicKey::~RsaPublicKey() = default;

Result<RsaPublicKey> RsaPublicKey::create(ByteView modulus, ByteView exponent) {
  modulus = without_leading_zeros(modulus);
  exponent = without_leading_zeros(exponent);
  if (!acceptable(modulus, exponent)) {
    return malformed("key.rsa",
                     "expected an odd modulus of 2048 to 4096 bits and an odd exponent of 65537 "
                     "or more in at most 4 bytes; the modulus has " +
                         std::to_string(bit_length(modulus)) + " bits");
  }
  Bytes n = native_number(modulus);
  Bytes e = native_number(exponent);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n.data(), n.size()),
                         OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e.data(), e.size()),
                         OSSL_PARAM_construct_end()};
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  ATOMA_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
  auto impl = std::make_unique<Impl>(Impl{bit_length(modulus), PkeyPtr(key), nullptr});
  impl->verifier = make_pss_context(key, EVP_PKEY_verify_init);
  return RsaPublicKey(std::move(impl));
}

std::size_t RsaPublicKey::modulus_bits() const { return impl_->modulus_bits; }

bool RsaPublicKey::verify_pss_sha384(ByteView message, ByteView signature) {
  const Digest384 digest = sha384(message);
  // RFC 8017 §8.1.2 step 1.
  if (signature.size() != (impl_->modulus_bits + 7) / 8) return false;
  const bool valid = EVP_PKEY_verify(impl_->verifier.get(), signature.data(), signature.size(),
                                     digest.data(), digest.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

bool RsaPublicKey::verify(RsaPadding padding, RsaDigest digest, ByteView message,
                          ByteView signature) const {
  const Bytes hashed = digest_of(digest, message);
  if (signature.size() != (impl_->modulus_bits + 7) / 8) return false;
  const PkeyCtxPtr context =
      make_context(impl_->key.get(), EVP_PKEY_verify_init, padding, digest, RSA_PSS_SALTLEN_AUTO);
  const bool valid = EVP_PKEY_verify(context.get(), signature.data(), signature.size(),
                                     hashed.data(), hashed.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

struct RsaPrivateKey::Impl {
  PkeyPtr key;
};

RsaPrivateKey::RsaPrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RsaPrivateKey::RsaPrivateKey(RsaPrivateKey&&) noexcept = default;
RsaPrivateKey& RsaPrivateKey::operator=(RsaPrivateKey&&) noexcept = default;
RsaPrivateKey::~RsaPrivateKey() = default;

RsaPrivateKey RsaPrivateKey::generate(std::size_t bits) {
  ATOMA_CHECK(bits >= kModulusBitsMin && bits <= kModulusBitsMax);
  PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
  ATOMA_CHECK(key);
  return RsaPrivateKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

Result<RsaPrivateKey> RsaPrivateKey::from_pkcs8(ByteView der) {
  const unsigned char* in = der.data();
  Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &in, static_cast<long>(der.size())));
  const bool complete = info && in == der.data() + der.size();
  PkeyPtr key(complete ? EVP_PKCS82PKEY(info.get()) : nullptr);
  ERR_clear_error();
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1 ||
      !acceptable(number_of(key.get(), OSSL_PKEY_PARAM_RSA_N),
                  number_of(key.get(), OSSL_PKEY_PARAM_RSA_E))) {
    return malformed("key.rsa", "not a PKCS #8 RSA key of 2048 to 4096 bits");
  }
  return RsaPrivateKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

SecretBytes RsaPrivateKey::to_pkcs8() const {
  Pkcs8Ptr info(EVP_PKEY2PKCS8(impl_->key.get()));
  ATOMA_CHECK(info);
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  ATOMA_CHECK(size > 0);
  SecretBytes out(static_cast<std::size_t>(size));
  unsigned char* at = out.expose_mutable("export of the private key").data();
  ATOMA_CHECK(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) == size);
  return out;
}

Bytes RsaPrivateKey::modulus() const { return number_of(impl_->key.get(), OSSL_PKEY_PARAM_RSA_N); }

Bytes RsaPrivateKey::exponent() const { return number_of(impl_->key.get(), OSSL_PKEY_PARAM_RSA_E); }

Bytes RsaPrivateKey::sign_pss_sha384(ByteView message) const {
  const Digest384 digest = sha384(message);
  const PkeyCtxPtr context = make_pss_context(impl_->key.get(), EVP_PKEY_sign_init);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get())));
  std::size_t size = out.size();
  ATOMA_CHECK(EVP_PKEY_sign(context.get(), out.data(), &size, digest.data(), digest.size()) == 1 &&
              size == out.size());
  return out;
}

Bytes RsaPrivateKey::sign(RsaPadding padding, RsaDigest digest, ByteView message) const {
  const Bytes hashed = digest_of(digest, message);
  const PkeyCtxPtr context =
      make_context(impl_->key.get(), EVP_PKEY_sign_init, padding, digest, RSA_PSS_SALTLEN_DIGEST);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get())));
  std::size_t size = out.size();
  ATOMA_CHECK(EVP_PKEY_sign(context.get(), out.data(), &size, hashed.data(), hashed.size()) == 1 &&
              size == out.size());
  return out;
}

}  // namespace atoma::crypto
