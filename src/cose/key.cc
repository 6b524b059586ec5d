#include "atoma/cose/key.h"

#include <algorithm>

#include "atoma/base/check.h"

namespace atoma::cose {
namespace {

struct Name {
  Algorithm algorithm;
  std::string_view name;
};

constexpr Name kNames[] = {{Algorithm::kEs256, "ES256"},
                           {Algorithm::kEs384, "ES384"},
                           {Algorithm::kEdDsa, "EdDSA"},
                           {Algorithm::kMlDsa65, "ML-DSA-65"}};

Algorithm algorithm_of(crypto::Curve curve) {
  return curve == crypto::Curve::kP256 ? Algorithm::kEs256 : Algorithm::kEs384;
}

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) {
  const auto* found = std::ranges::find(kNames, algorithm, &Name::algorithm);
  ATOMA_CHECK(found != std::end(kNames));
  return found->name;
}

std::optional<Algorithm> algorithm_from_cose(std::int64_t id) {
  for (const Name& known : kNames) {
    if (static_cast<std::int64_t>(known.algorithm) == id) return known.algorithm;
  }
  return std::nullopt;
}

std::optional<Algorithm> algorithm_from_name(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name, &Name::name);
  return found == std::end(kNames) ? std::nullopt : std::optional(found->algorithm);
}

Algorithm PublicKey::algorithm() const {
  return std::visit(
      Overloaded{[](const crypto::EcPublicKey& key) { return algorithm_of(key.curve()); },
                 [](const crypto::Ed25519PublicKey&) { return Algorithm::kEdDsa; },
                 [](const crypto::MlDsa65PublicKey&) { return Algorithm::kMlDsa65; }},
      key_);
}

bool PublicKey::verify(ByteView message, ByteView signature) {
  return std::visit([&](auto& key) { return key.verify(message, signature); }, key_);
}

Result<PublicKey> PublicKey::create(Algorithm algorithm, ByteView raw) {
  switch (algorithm) {
    case Algorithm::kEs256:
    case Algorithm::kEs384: {
      const auto curve =
          algorithm == Algorithm::kEs256 ? crypto::Curve::kP256 : crypto::Curve::kP384;
      ATOMA_TRY(auto key, crypto::EcPublicKey::create(curve, raw));
      return PublicKey(std::move(key));
    }
    case Algorithm::kEdDsa: {
      ATOMA_TRY(auto key, crypto::Ed25519PublicKey::create(raw));
      return PublicKey(key);
    }
    case Algorithm::kMlDsa65: {
      ATOMA_TRY(auto key, crypto::MlDsa65PublicKey::create(raw));
      return PublicKey(std::move(key));
    }
  }
  return malformed("key.algorithm", "no key of this algorithm verifies anything here");
}

ByteView PublicKey::raw() const {
  return std::visit(
      Overloaded{[](const crypto::EcPublicKey& key) { return key.xy(); },
                 [](const crypto::Ed25519PublicKey& key) { return ByteView(key.raw()); },
                 [](const crypto::MlDsa65PublicKey& key) { return key.raw(); }},
      key_);
}

Algorithm SigningKey::algorithm() const {
  return std::visit(
      Overloaded{[](const crypto::EcPrivateKey& key) { return algorithm_of(key.curve()); },
                 [](const crypto::Ed25519PrivateKey&) { return Algorithm::kEdDsa; },
                 [](const crypto::MlDsa65PrivateKey&) { return Algorithm::kMlDsa65; }},
      key_);
}

Bytes SigningKey::sign(ByteView message) const {
  return std::visit([&](const auto& key) { return to_bytes(ByteView(key.sign(message))); }, key_);
}

namespace {

PublicKey public_half(const crypto::EcPrivateKey& key) {
  auto pub = crypto::EcPublicKey::create(key.curve(), key.public_xy());
  ATOMA_CHECK(pub);
  return PublicKey(*std::move(pub));
}

PublicKey public_half(const crypto::Ed25519PrivateKey& key) { return PublicKey(key.public_key()); }

PublicKey public_half(const crypto::MlDsa65PrivateKey& key) {
  auto pub = crypto::MlDsa65PublicKey::create(key.public_raw());
  ATOMA_CHECK(pub);
  return PublicKey(*std::move(pub));
}

}  // namespace

PublicKey SigningKey::public_key() const {
  return std::visit([](const auto& key) { return public_half(key); }, key_);
}

}  // namespace atoma::cose
