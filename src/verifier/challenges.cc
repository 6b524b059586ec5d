#include "challenges.h"

#include <format>

#include "atoma/wire/reader.h"

namespace atoma::verifier {

// Nonces are ours and random, so eight bytes of one are a good hash; nobody else's get in.
std::size_t Challenges::NonceHash::operator()(const Nonce& nonce) const {
  return wire::load_le(ByteView(nonce).first(8));
}

void Challenges::forget_old(Time now) {
  while (!by_age_.empty()) {
    const auto oldest = known_.find(by_age_.front());
    const Duration age = now - oldest->second.issued_at;
    const bool full = by_age_.size() >= size_max_;
    if (age < (full ? kChallengeLifetime : kChallengeMemory)) return;
    known_.erase(oldest);
    by_age_.pop_front();
  }
}

Result<Challenge> Challenges::issue(Time now, Entropy& entropy) {
  Challenge challenge{.expires_at = now + kChallengeLifetime};
  entropy.fill(challenge.nonce);
  const std::lock_guard lock(mutex_);
  forget_old(now);
  if (by_age_.size() >= size_max_) {
    return fail(Code::kResourceExhausted, "challenge.full",
                std::format("{} challenges are open; try again later", size_max_));
  }
  known_.emplace(challenge.nonce, State{.issued_at = now});
  by_age_.push_back(challenge.nonce);
  return challenge;
}

Status Challenges::consume(const Nonce& nonce, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(nonce);
  if (found == known_.end()) {
    return malformed("challenge.unknown", "this server gave out no such nonce lately");
  }
  if (found->second.used) {
    return fail(Code::kAborted, "challenge.used", "this nonce has been answered: ask for another");
  }
  const Time expires_at = found->second.issued_at + kChallengeLifetime;
  if (now >= expires_at) {
    return fail(Code::kFailedPrecondition, "challenge.expired",
                "expired at " + format_time(expires_at) + ": ask for another nonce");
  }
  found->second.used = true;
  return {};
}

}  // namespace atoma::verifier
