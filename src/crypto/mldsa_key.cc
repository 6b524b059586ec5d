#include <openssl/core_names.h>
#include <openssl/err.h>

#include "atoma/base/check.h"
#include "atoma/crypto/mldsa.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

constexpr const char* kAlgorithm = "ML-DSA-65";

PkeyPtr private_key(ByteView seed) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, kAlgorithm, nullptr));
  // The parameter takes a mutable pointer and is only read.
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_DSA_SEED,
                                        const_cast<std::uint8_t*>(seed.data()), seed.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  ATOMA_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params) == 1);
  return PkeyPtr(key);
}

}  // namespace

struct MlDsa65PublicKey::Impl {
  ByteArray<kMlDsa65PublicKeySize> raw{};
  PkeyPtr key;
};

MlDsa65PublicKey::MlDsa65PublicKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MlDsa65PublicKey::MlDsa65PublicKey(MlDsa65PublicKey&&) noexcept = default;
MlDsa65PublicKey& MlDsa65PublicKey::operator=(MlDsa65PublicKey&&) noexcept = default;
MlDsa65PublicKey::~MlDsa65PublicKey() = default;

Result<MlDsa65PublicKey> MlDsa65PublicKey::create(ByteView raw) {
  if (raw.size() != kMlDsa65PublicKeySize) {
    return malformed("key.ml_dsa",
                     "the key has " + std::to_string(raw.size()) + " bytes, expected 1952");
  }
  auto impl = std::make_unique<Impl>();
  std::ranges::copy(raw, impl->raw.begin());
  impl->key.reset(
      EVP_PKEY_new_raw_public_key_ex(nullptr, kAlgorithm, nullptr, raw.data(), raw.size()));
  ATOMA_CHECK(impl->key);
  return MlDsa65PublicKey(std::move(impl));
}

ByteView MlDsa65PublicKey::raw() const { return impl_->raw; }

bool MlDsa65PublicKey::verify(ByteView message, ByteView signature) {
  if (signature.size() != kMlDsa65SignatureSize) return false;
  MdCtxPtr context(EVP_MD_CTX_new());
  ATOMA_CHECK(context && EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                                 impl_->key.get(), nullptr) == 1);
  const bool valid = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                      message.data(), message.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

struct MlDsa65PrivateKey::Impl {
  Secret<32> seed;
  ByteArray<kMlDsa65PublicKeySize> raw{};
  PkeyPtr key;
};

MlDsa65PrivateKey::MlDsa65PrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MlDsa65PrivateKey::MlDsa65PrivateKey(MlDsa65PrivateKey&&) noexcept = default;
MlDsa65PrivateKey& MlDsa65PrivateKey::operator=(MlDsa65PrivateKey&&) noexcept = default;
MlDsa65PrivateKey::~MlDsa65PrivateKey() = default;

MlDsa65PrivateKey MlDsa65PrivateKey::generate(Entropy& entropy) {
  Secret<32> seed;
  entropy.fill(seed.expose_mutable("key generation"));
  return from_seed(seed);
}

MlDsa65PrivateKey MlDsa65PrivateKey::from_seed(const Secret<32>& seed) {
  auto impl = std::make_unique<Impl>();
  impl->seed = Secret<32>::copy_of(seed.expose("copy into the key"));
  impl->key = private_key(seed.expose("ML-DSA key for OpenSSL"));
  std::size_t size = impl->raw.size();
  ATOMA_CHECK(EVP_PKEY_get_raw_public_key(impl->key.get(), impl->raw.data(), &size) == 1 &&
              size == impl->raw.size());
  return MlDsa65PrivateKey(std::move(impl));
}

ByteView MlDsa65PrivateKey::public_raw() const { return impl_->raw; }

ByteView MlDsa65PrivateKey::seed(std::string_view reason) const {
  return impl_->seed.expose(reason);
}

Bytes MlDsa65PrivateKey::sign(ByteView message) const {
  MdCtxPtr context(EVP_MD_CTX_new());
  int deterministic = 1;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_DETERMINISTIC, &deterministic),
      OSSL_PARAM_construct_end()};
  Bytes out(kMlDsa65SignatureSize);
  std::size_t size = out.size();
  ATOMA_CHECK(context &&
              EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                    impl_->key.get(), params) == 1 &&
              EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) ==
                  1 &&
              size == out.size());
  return out;
}

}  // namespace atoma::crypto
