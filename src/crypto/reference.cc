#include "atoma/crypto/reference.h"

#include <openssl/rsa.h>

#include "atoma/base/check.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

PkeyPtr make_key(ReferenceVerifier::Algorithm algorithm) {
  switch (algorithm) {
    case ReferenceVerifier::Algorithm::kEcdsaP256:
      return PkeyPtr(EVP_EC_gen("P-256"));
    case ReferenceVerifier::Algorithm::kEcdsaP384:
      return PkeyPtr(EVP_EC_gen("P-384"));
    case ReferenceVerifier::Algorithm::kRsa4096Pss:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{4096}));
  }
  return nullptr;
}

void use_pss(EVP_PKEY_CTX* context) {
  ATOMA_CHECK(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(context, EVP_sha384()) == 1);
}

}  // namespace

struct ReferenceVerifier::Impl {
  PkeyPtr key;
  PkeyCtxPtr context;
  Bytes digest;
  Bytes signature;
};

ReferenceVerifier::ReferenceVerifier(Algorithm algorithm) : impl_(std::make_unique<Impl>()) {
  const bool rsa = algorithm == Algorithm::kRsa4096Pss;
  impl_->key = make_key(algorithm);
  impl_->digest = Bytes(algorithm == Algorithm::kEcdsaP256 ? 32 : 48, 0x5A);
  const PkeyCtxPtr signer(EVP_PKEY_CTX_new(impl_->key.get(), nullptr));
  ATOMA_CHECK(EVP_PKEY_sign_init(signer.get()) == 1);
  if (rsa) use_pss(signer.get());
  std::size_t size = 0;
  ATOMA_CHECK(
      EVP_PKEY_sign(signer.get(), nullptr, &size, impl_->digest.data(), impl_->digest.size()) == 1);
  impl_->signature.resize(size);
  ATOMA_CHECK(EVP_PKEY_sign(signer.get(), impl_->signature.data(), &size, impl_->digest.data(),
                            impl_->digest.size()) == 1);
  impl_->signature.resize(size);
  impl_->context.reset(EVP_PKEY_CTX_new(impl_->key.get(), nullptr));
  ATOMA_CHECK(EVP_PKEY_verify_init(impl_->context.get()) == 1);
  if (rsa) use_pss(impl_->context.get());
}

ReferenceVerifier::ReferenceVerifier(ReferenceVerifier&&) noexcept = default;
ReferenceVerifier::~ReferenceVerifier() = default;

void ReferenceVerifier::verify_once() {
  ATOMA_CHECK(EVP_PKEY_verify(impl_->context.get(), impl_->signature.data(),
                              impl_->signature.size(), impl_->digest.data(),
                              impl_->digest.size()) == 1);
}

}  // namespace atoma::crypto
