// Signing keys of verifiers that share nothing but a seed. Time is cut into epochs; each has one
// key of each algorithm, derived from the seed, so that every replica has the same ones and none
// tells another. Published are the keys of the epochs before, now and next: a token that was signed
// a moment ago still verifies, and a set that was fetched a moment ago already has the next keys.
//
//   epoch         floor(unix time / period)
//   HKDF-SHA256   secret: the seed; salt: "atoma-ear-key/1"; info: algorithm ‖ 0 ‖ epoch 8 ‖ try 1
//   ES256         the first of tries 0, 1, … that is in [1, n-1] (FIPS 186-5 A.2.2)
//   ML-DSA-65     try 0 as the seed ξ of key generation (FIPS 204 §5.1)
//
//   auto keys = std::make_shared<const EpochKeys>(std::move(seed), Duration{86'400});
//   EpochSigner signer(keys);                                   // one for each thread
//   const auto& key = signer.at(now, Algorithm::kEs256);
//   sign_ear_jwt(ear, key.key, key.kid);
//   serve(keys->published_at(now).to_jwks());
//
// Whoever learns the seed has the keys of all epochs, past ones too: only a new seed ends that.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "atoma/base/secret.h"
#include "atoma/base/time.h"
#include "atoma/cose/key_set.h"

namespace atoma::cose {

inline constexpr std::array kEpochAlgorithms = {Algorithm::kEs256, Algorithm::kMlDsa65};

// Constant once made: safe from any thread.
class EpochKeys {
 public:
  // `period` is positive; longer than tokens live, and than replicas' clocks differ.
  EpochKeys(Secret<32> seed, Duration period);

  Duration period() const { return period_; }
  std::int64_t epoch_at(Time now) const;
  Time start_of(std::int64_t epoch) const { return {epoch * period_.s}; }
  // `algorithm` is one of kEpochAlgorithms.
  SigningKey derive(Algorithm algorithm, std::int64_t epoch) const;
  // The current epoch's first, then the next one's, then the one's before.
  VerificationKeys published_at(Time now) const;

 private:
  const Secret<32> seed_;
  const Duration period_;
};

struct EpochKey {
  std::int64_t epoch = 0;
  SigningKey key;
  std::string kid;
  std::string jwks;  // of its public half alone
};

// Remembers one key of each algorithm. Belongs to one thread at a time.
class EpochSigner {
 public:
  explicit EpochSigner(std::shared_ptr<const EpochKeys> keys) : keys_(std::move(keys)) {}

  // Good until the next call.
  const EpochKey& at(Time now, Algorithm algorithm);

 private:
  std::shared_ptr<const EpochKeys> keys_;
  std::array<std::optional<EpochKey>, kEpochAlgorithms.size()> known_;
};

}  // namespace atoma::cose
