#include "atoma/crypto/reference.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "atoma/base/check.h"
#include "ec_curve.h"

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

PkeyPtr public_key(const CurveInfo& info, ByteView xy) {
  Bytes point = {0x04};
  append(point, xy);
  std::string group = info.group_name;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  ATOMA_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1);
  return PkeyPtr(
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) == 1 ? key : nullptr);
}

Bytes der_signature(ByteView raw) {
  const auto number = [](ByteView bytes) {
    return BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  };
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  ATOMA_CHECK(signature && ECDSA_SIG_set0(signature.get(), number(raw.first(raw.size() / 2)),
                                          number(raw.last(raw.size() / 2))) == 1);
  Bytes out(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  unsigned char* end = out.data();
  i2d_ECDSA_SIG(signature.get(), &end);
  return out;
}

}  // namespace

bool openssl_verifies(Curve curve, ByteView xy, ByteView digest, ByteView raw_signature) {
  const CurveInfo& info = curve_info(curve);
  if (digest.size() != info.size || raw_signature.size() != 2 * info.size) return false;
  const PkeyPtr key = public_key(info, xy);
  const PkeyCtxPtr verifier(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)
                                : nullptr);
  const Bytes der = der_signature(raw_signature);
  const bool valid =
      verifier && EVP_PKEY_verify_init(verifier.get()) == 1 &&
      EVP_PKEY_verify(verifier.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return valid;
}

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
