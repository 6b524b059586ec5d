// Nonces: each may be answered once, within its time. A nonce says itself when it was given out and
// carries a MAC, so that giving one out remembers nothing, and any replica with the same key takes
// it; only answered ones are remembered, until they expire.
//
//   time 8 ‖ random 8 ‖ HMAC-SHA256(key, "atoma-nonce/1" ‖ time ‖ random) cut to 16
//
// Single use is per process: a replica does not know what another one has seen. Answering one nonce
// at two replicas gets the same verdict about the same evidence and key twice, and nothing more.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_set>

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"
#include "atoma/base/time.h"

namespace atoma::verifier {

using Nonce = ByteArray<32>;

inline constexpr Duration kChallengeLifetime{300};
// A replica's clock may be this much behind the one that gave the nonce out.
inline constexpr Duration kChallengeSkew{30};
// Answered within one lifetime; 100 bytes each: 26 MiB.
inline constexpr std::size_t kAnsweredMax = 262'144;

struct Challenge {
  Nonce nonce{};
  Time expires_at;  // the first second at which it is too late
};

// Safe from any thread.
class Challenges {
 public:
  explicit Challenges(SecretBytes key, std::size_t answered_max = kAnsweredMax)
      : key_(std::move(key)), answered_max_(answered_max) {}

  Challenge issue(Time now, Entropy& entropy) const;
  // Errors: "challenge.unknown", "challenge.used", "challenge.expired"; "challenge.full" when so
  // many were answered lately that one more can't be remembered.
  Status consume(const Nonce& nonce, Time now);

 private:
  struct NonceHash {
    std::size_t operator()(const Nonce& nonce) const;
  };

  const SecretBytes key_;
  const std::size_t answered_max_;
  std::mutex mutex_;  // guards all below
  std::unordered_set<Nonce, NonceHash> answered_;
  std::deque<std::pair<Time, Nonce>> by_expiry_;  // in the order answered
};

}  // namespace atoma::verifier
