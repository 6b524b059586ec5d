#include <openssl/core_names.h>
#include <openssl/err.h>

#include <format>

#include "atoma/base/check.h"
#include "atoma/crypto/mldsa.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

template <MlDsaSet kSet>
struct Shape;
template <>
struct Shape<MlDsaSet::k44> {
  static constexpr const char* kName = "ML-DSA-44";
  static constexpr std::size_t kKey = kMlDsa44PublicKeySize;
  static constexpr std::size_t kSignature = kMlDsa44SignatureSize;
};
template <>
struct Shape<MlDsaSet::k65> {
  static constexpr const char* kName = "ML-DSA-65";
  static constexpr std::size_t kKey = kMlDsa65PublicKeySize;
  static constexpr std::size_t kSignature = kMlDsa65SignatureSize;
};

PkeyPtr private_key(const char* algorithm, ByteView seed) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
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

template <MlDsaSet kSet>
struct MlDsaPublicKey<kSet>::Impl {
  ByteArray<Shape<kSet>::kKey> raw{};
  PkeyPtr key;
};

template <MlDsaSet kSet>
MlDsaPublicKey<kSet>::MlDsaPublicKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
template <MlDsaSet kSet>
MlDsaPublicKey<kSet>::MlDsaPublicKey(MlDsaPublicKey&&) noexcept = default;
template <MlDsaSet kSet>
MlDsaPublicKey<kSet>& MlDsaPublicKey<kSet>::operator=(MlDsaPublicKey&&) noexcept = default;
template <MlDsaSet kSet>
MlDsaPublicKey<kSet>::~MlDsaPublicKey() = default;

template <MlDsaSet kSet>
Result<MlDsaPublicKey<kSet>> MlDsaPublicKey<kSet>::create(ByteView raw) {
  if (raw.size() != Shape<kSet>::kKey) {
    return malformed("key.ml_dsa", std::format("the key has {} bytes, expected {}", raw.size(),
                                               Shape<kSet>::kKey));
  }
  auto impl = std::make_unique<Impl>();
  std::ranges::copy(raw, impl->raw.begin());
  impl->key.reset(
      EVP_PKEY_new_raw_public_key_ex(nullptr, Shape<kSet>::kName, nullptr, raw.data(), raw.size()));
  ATOMA_CHECK(impl->key);
  return MlDsaPublicKey(std::move(impl));
}

template <MlDsaSet kSet>
ByteView MlDsaPublicKey<kSet>::raw() const {
  return impl_->raw;
}

template <MlDsaSet kSet>
bool MlDsaPublicKey<kSet>::verify(ByteView message, ByteView signature) const {
  if (signature.size() != Shape<kSet>::kSignature) return false;
  MdCtxPtr context(EVP_MD_CTX_new());
  ATOMA_CHECK(context && EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                                 impl_->key.get(), nullptr) == 1);
  const bool valid = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                      message.data(), message.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

template <MlDsaSet kSet>
struct MlDsaPrivateKey<kSet>::Impl {
  Secret<32> seed;
  ByteArray<Shape<kSet>::kKey> raw{};
  PkeyPtr key;
};

template <MlDsaSet kSet>
MlDsaPrivateKey<kSet>::MlDsaPrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
template <MlDsaSet kSet>
MlDsaPrivateKey<kSet>::MlDsaPrivateKey(MlDsaPrivateKey&&) noexcept = default;
template <MlDsaSet kSet>
MlDsaPrivateKey<kSet>& MlDsaPrivateKey<kSet>::operator=(MlDsaPrivateKey&&) noexcept = default;
template <MlDsaSet kSet>
MlDsaPrivateKey<kSet>::~MlDsaPrivateKey() = default;

template <MlDsaSet kSet>
MlDsaPrivateKey<kSet> MlDsaPrivateKey<kSet>::generate(Entropy& entropy) {
  Secret<32> seed;
  entropy.fill(seed.expose_mutable("key generation"));
  return from_seed(seed);
}

template <MlDsaSet kSet>
MlDsaPrivateKey<kSet> MlDsaPrivateKey<kSet>::from_seed(const Secret<32>& seed) {
  auto impl = std::make_unique<Impl>();
  impl->seed = Secret<32>::copy_of(seed.expose("copy into the key"));
  impl->key = private_key(Shape<kSet>::kName, seed.expose("ML-DSA key for OpenSSL"));
  std::size_t size = impl->raw.size();
  ATOMA_CHECK(EVP_PKEY_get_raw_public_key(impl->key.get(), impl->raw.data(), &size) == 1 &&
              size == impl->raw.size());
  return MlDsaPrivateKey(std::move(impl));
}

template <MlDsaSet kSet>
ByteView MlDsaPrivateKey<kSet>::public_raw() const {
  return impl_->raw;
}

template <MlDsaSet kSet>
ByteView MlDsaPrivateKey<kSet>::seed(std::string_view reason) const {
  return impl_->seed.expose(reason);
}

template <MlDsaSet kSet>
Bytes MlDsaPrivateKey<kSet>::sign(ByteView message) const {
  MdCtxPtr context(EVP_MD_CTX_new());
  int deterministic = 1;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_DETERMINISTIC, &deterministic),
      OSSL_PARAM_construct_end()};
  Bytes out(Shape<kSet>::kSignature);
  std::size_t size = out.size();
  ATOMA_CHECK(context &&
              EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                    impl_->key.get(), params) == 1 &&
              EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) ==
                  1 &&
              size == out.size());
  return out;
}

template class MlDsaPublicKey<MlDsaSet::k44>;
template class MlDsaPrivateKey<MlDsaSet::k44>;
template class MlDsaPublicKey<MlDsaSet::k65>;
template class MlDsaPrivateKey<MlDsaSet::k65>;

}  // namespace atoma::crypto
