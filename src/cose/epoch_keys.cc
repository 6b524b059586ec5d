#include "atoma/cose/epoch_keys.h"

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/crypto/mac.h"
#include "atoma/wire/reader.h"
#include "epoch_scalar.h"

namespace atoma::cose {
namespace {

constexpr std::string_view kSalt = "atoma-ear-key/1";

Bytes info_of(Algorithm algorithm, std::int64_t epoch, std::uint8_t attempt) {
  Bytes out = to_bytes(algorithm_name(algorithm));
  out.push_back(0);
  wire::append_be(out, static_cast<std::uint64_t>(epoch), 8);
  out.push_back(attempt);
  return out;
}

}  // namespace

EpochKeys::EpochKeys(Secret<32> seed, Duration period) : seed_(std::move(seed)), period_(period) {
  ATOMA_CHECK(period.s > 0);
}

std::int64_t EpochKeys::epoch_at(Time now) const {
  const std::int64_t whole = now.unix_s / period_.s;
  return now.unix_s % period_.s < 0 ? whole - 1 : whole;
}

SigningKey EpochKeys::derive(Algorithm algorithm, std::int64_t epoch) const {
  ATOMA_CHECK(std::ranges::contains(kEpochAlgorithms, algorithm));
  const auto candidate = [&](std::uint8_t attempt) {
    Secret<32> out;
    crypto::hkdf_sha256(seed_.expose("derivation of an epoch's key"), as_bytes(kSalt),
                        info_of(algorithm, epoch, attempt), out.expose_mutable("an epoch's key"));
    return out;
  };
  if (algorithm == Algorithm::kMlDsa65) {
    return SigningKey(crypto::MlDsa65PrivateKey::from_seed(candidate(0)));
  }
  return SigningKey(first_p256_key(candidate));
}

VerificationKeys EpochKeys::published_at(Time now) const {
  VerificationKeys out;
  const std::int64_t current = epoch_at(now);
  for (const std::int64_t epoch : {current, current + 1, current - 1}) {
    for (const Algorithm algorithm : kEpochAlgorithms) {
      out.add(derive(algorithm, epoch).public_key());
    }
  }
  return out;
}

const EpochKey& EpochSigner::at(Time now, Algorithm algorithm) {
  const auto* const found = std::ranges::find(kEpochAlgorithms, algorithm);
  ATOMA_CHECK(found != kEpochAlgorithms.end());
  auto& known = known_[static_cast<std::size_t>(found - kEpochAlgorithms.begin())];
  const std::int64_t epoch = keys_->epoch_at(now);
  if (!known || known->epoch != epoch) {
    SigningKey key = keys_->derive(algorithm, epoch);
    VerificationKeys one;
    std::string kid = one.add(key.public_key());
    known.emplace(epoch, std::move(key), std::move(kid), one.to_jwks());
  }
  return *known;
}

}  // namespace atoma::cose
