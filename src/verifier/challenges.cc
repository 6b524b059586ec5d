#include "challenges.h"

#include <format>

#include "atoma/crypto/mac.h"
#include "atoma/wire/reader.h"

namespace atoma::verifier {
namespace {

constexpr std::size_t kTimeSize = 8, kRandomSize = 8, kMacSize = 16;
constexpr std::size_t kMacAt = kTimeSize + kRandomSize;

ByteArray<kMacSize> mac_of(const SecretBytes& key, const Nonce& nonce) {
  const auto tag = crypto::hmac_sha256(key.expose("the MAC of a nonce"),
                                       {as_bytes("atoma-nonce/1"), ByteView(nonce).first(kMacAt)});
  ByteArray<kMacSize> out;
  std::copy_n(tag.begin(), kMacSize, out.begin());
  return out;
}

Time issued_at(const Nonce& nonce) {
  return {static_cast<std::int64_t>(wire::load_le(ByteView(nonce).first(kTimeSize)))};
}

}  // namespace

// The MAC is as good as random, and nobody else can make one.
std::size_t Challenges::NonceHash::operator()(const Nonce& nonce) const {
  return wire::load_le(ByteView(nonce).subspan(kMacAt, 8));
}

Challenge Challenges::issue(Time now, Entropy& entropy) const {
  Challenge challenge{.expires_at = now + kChallengeLifetime};
  Bytes head;
  wire::append_le(head, static_cast<std::uint64_t>(now.unix_s), kTimeSize);
  std::ranges::copy(head, challenge.nonce.begin());
  entropy.fill(MutableByteView(challenge.nonce).subspan(kTimeSize, kRandomSize));
  std::ranges::copy(mac_of(key_, challenge.nonce), challenge.nonce.begin() + kMacAt);
  return challenge;
}

Status Challenges::consume(const Nonce& nonce, Time now) {
  const Time given = issued_at(nonce);
  if (!ct_equal(mac_of(key_, nonce), ByteView(nonce).subspan(kMacAt)) ||
      given > now + kChallengeSkew) {
    return malformed("challenge.unknown", "no server with this key gave out such a nonce");
  }
  const Time expires_at = given + kChallengeLifetime;
  if (now >= expires_at) {
    return fail(Code::kFailedPrecondition, "challenge.expired",
                "expired at " + format_time(expires_at) + ": ask for another nonce");
  }
  const std::lock_guard lock(mutex_);
  // Clocks may step, so that the front need not expire first; it is at most a lifetime too late.
  while (!by_expiry_.empty() && by_expiry_.front().first <= now) {
    answered_.erase(by_expiry_.front().second);
    by_expiry_.pop_front();
  }
  if (answered_.contains(nonce)) {
    return fail(Code::kAborted, "challenge.used", "this nonce has been answered: ask for another");
  }
  if (answered_.size() >= answered_max_) {
    return fail(Code::kResourceExhausted, "challenge.full",
                std::format("{} nonces were answered lately; try again later", answered_max_));
  }
  answered_.insert(nonce);
  by_expiry_.emplace_back(expires_at, nonce);
  return {};
}

}  // namespace atoma::verifier
