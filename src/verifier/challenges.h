// Nonces that were given out: each may be answered once, within its time. Remembered for a while
// after that, so that a late or repeated answer is told from an invented one.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"

namespace atoma::verifier {

using Nonce = ByteArray<32>;

inline constexpr Duration kChallengeLifetime{300};
// Counted from when it was given out. Longer than any client would sensibly try again.
inline constexpr Duration kChallengeMemory{600};
// 100 bytes each: 6 MiB.
inline constexpr std::size_t kChallengesMax = 65'536;

struct Challenge {
  Nonce nonce{};
  Time expires_at;  // the first second at which it is too late
};

// Safe from any thread.
class Challenges {
 public:
  explicit Challenges(std::size_t size_max = kChallengesMax) : size_max_(size_max) {}

  // Errors: "challenge.full" when so many were given out lately that none can be forgotten.
  Result<Challenge> issue(Time now, Entropy& entropy);
  // Errors: "challenge.unknown", "challenge.used", "challenge.expired".
  Status consume(const Nonce& nonce, Time now);

 private:
  struct NonceHash {
    std::size_t operator()(const Nonce& nonce) const;
  };
  struct State {
    Time issued_at;
    bool used = false;
  };
  void forget_old(Time now);

  const std::size_t size_max_;
  std::mutex mutex_;  // guards all below
  std::unordered_map<Nonce, State, NonceHash> known_;
  std::deque<Nonce> by_age_;
};

}  // namespace atoma::verifier
