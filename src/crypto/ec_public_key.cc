#include <openssl/core_names.h>
#include <openssl/err.h>

#include <optional>

#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"
#include "atoma/crypto/signature_queue.h"
#include "ec_curve.h"

namespace atoma::crypto {
namespace {

// SEC 1 §2.3.3.
constexpr std::uint8_t kUncompressed = 0x04;

// A key with the curve's parameters and no point. Building the group costs more than everything
// else in create(), so each curve builds it once and keys start as copies.
EVP_PKEY* make_template(const CurveInfo& info) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  std::string group = info.group_name;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  ATOMA_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEY_PARAMETERS, params) == 1);
  return key;
}

// Lives as long as the process and is only read, so that threads may copy it at once.
EVP_PKEY* template_of(Curve curve) {
  static EVP_PKEY* const p256 = make_template(curve_info(Curve::kP256));
  static EVP_PKEY* const p384 = make_template(curve_info(Curve::kP384));
  return curve == Curve::kP256 ? p256 : p384;
}

}  // namespace

const CurveInfo& curve_info(Curve curve) {
  static constexpr CurveInfo kP256 = {NID_X9_62_prime256v1, SN_X9_62_prime256v1, "SHA2-256", 32};
  static constexpr CurveInfo kP384 = {NID_secp384r1, SN_secp384r1, "SHA2-384", 48};
  return curve == Curve::kP256 ? kP256 : kP384;
}

DerSignature::DerSignature(ByteView raw) {
  constexpr std::uint8_t kSequence = 0x30;
  ATOMA_CHECK(raw.size() <= 2 * kCoordinateMax && raw.size() % 2 == 0);
  append_integer(raw.first(raw.size() / 2));
  append_integer(raw.last(raw.size() / 2));
  bytes_[0] = kSequence;
  bytes_[1] = static_cast<std::uint8_t>(size_ - 2);
}

void DerSignature::append_integer(ByteView magnitude) {
  constexpr std::uint8_t kInteger = 0x02;
  while (magnitude.size() > 1 && magnitude.front() == 0) magnitude = magnitude.subspan(1);
  const bool looks_negative = !magnitude.empty() && (magnitude.front() & 0x80) != 0;
  bytes_[size_++] = kInteger;
  bytes_[size_++] = static_cast<std::uint8_t>(magnitude.size() + (looks_negative ? 1 : 0));
  if (looks_negative) bytes_[size_++] = 0;
  std::ranges::copy(magnitude, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += magnitude.size();
}

struct EcPublicKey::Impl {
  Impl(Curve c, ByteView xy) : curve(c) {
    point[0] = kUncompressed;
    std::ranges::copy(xy, point.begin() + 1);
  }

  // Makes OpenSSL's objects, once. False: the point is not on the curve.
  bool prepare() {
    if (verifier) return true;
    key.reset(EVP_PKEY_dup(template_of(curve)));
    ATOMA_CHECK(key);
    // Refuses coordinates not below the field's prime and points off the curve; neither curve has a
    // cofactor, so this is full validation (SP 800-186 §D.1.1).
    const std::size_t size = 1 + 2 * coordinate_size(curve);
    if (EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), size) != 1) {
      ERR_clear_error();
      return false;
    }
    verifier.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    ATOMA_CHECK(verifier && EVP_PKEY_verify_init(verifier.get()) == 1);
    return true;
  }

  Curve curve;
  ByteArray<1 + 2 * kCoordinateMax> point;  // uncompressed
  PkeyPtr key;
  PkeyCtxPtr verifier;
};

EcPublicKey::EcPublicKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EcPublicKey::EcPublicKey(EcPublicKey&&) noexcept = default;
EcPublicKey& EcPublicKey::operator=(EcPublicKey&&) noexcept = default;
EcPublicKey::~EcPublicKey() = default;

Result<EcPublicKey> EcPublicKey::create_unchecked(Curve curve, ByteView xy) {
  const std::size_t size = 2 * coordinate_size(curve);
  if (xy.size() != size) {
    return malformed("key.point", "the point has " + std::to_string(xy.size()) +
                                      " bytes, expected " + std::to_string(size));
  }
  return EcPublicKey(std::make_unique<Impl>(curve, xy));
}

Result<EcPublicKey> EcPublicKey::create(Curve curve, ByteView xy) {
  ATOMA_TRY(auto key, create_unchecked(curve, xy));
  if (!key.impl_->prepare()) return malformed("key.point", "the point is not on the curve");
  return key;
}

Curve EcPublicKey::curve() const { return impl_->curve; }

ByteView EcPublicKey::xy() const {
  return ByteView(impl_->point).subspan(1, 2 * coordinate_size(impl_->curve));
}

bool EcPublicKey::verify_digest(ByteView digest, ByteView raw_signature) {
  const std::size_t size = coordinate_size(impl_->curve);
  if (digest.size() != size || raw_signature.size() != 2 * size) return false;
  if (!impl_->prepare()) return false;
  const DerSignature der(raw_signature);
  const bool valid = EVP_PKEY_verify(impl_->verifier.get(), der.view().data(), der.view().size(),
                                     digest.data(), digest.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

bool EcPublicKey::verify(ByteView message, ByteView raw_signature, SignatureQueue* later) {
  if (later != nullptr) {
    later->emplace_back(impl_->curve, xy(), message, raw_signature);
    return true;
  }
  return impl_->curve == Curve::kP256 ? verify_digest(sha256(message), raw_signature)
                                      : verify_digest(sha384(message), raw_signature);
}

SignatureJob::SignatureJob(Curve curve, ByteView xy, ByteView message, ByteView raw_signature)
    : curve_(curve) {
  std::ranges::copy(xy, xy_.begin());
  if (curve == Curve::kP256) {
    std::ranges::copy(sha256(message), digest_.begin());
  } else {
    std::ranges::copy(sha384(message), digest_.begin());
  }
  if (raw_signature.size() != 2 * coordinate_size(curve)) return;
  signature_size_ = static_cast<std::uint8_t>(raw_signature.size());
  std::ranges::copy(raw_signature, signature_.begin());
}

void OneByOneDecider::decide(std::span<SignatureJob> jobs) {
  for (SignatureJob& job : jobs) {
    auto key = EcPublicKey::create(job.curve(), job.xy());
    job.set_good(key && key->verify_digest(job.digest(), job.signature()));
  }
}

}  // namespace atoma::crypto
