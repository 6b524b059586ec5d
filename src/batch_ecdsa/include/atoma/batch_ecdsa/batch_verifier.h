// ECDSA verification on P-256 and P-384, eight signatures at a time, each with its own answer.
// All inputs are public: time depends on them (docs/BATCH_ECDSA.md).
//
//   BatchVerifier verifier;                      // one per thread; keeps tables of frequent keys
//   Job jobs[] = {{Curve::kP256, xy, digest, signature}, …};
//   verifier.verify(jobs);                       // sets `valid` of each
//
// A signature is refused for the same reasons as by crypto::EcPublicKey: lengths, r or s outside of
// [1, n-1], a coordinate not below p, a point off the curve, an equation that does not hold. What
// the vector formulas can't decide is decided by OpenSSL, and so are batches too small to pay.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "atoma/base/bytes.h"
#include "atoma/batch_ecdsa/backend.h"
#include "atoma/crypto/signature.h"

namespace atoma::batch_ecdsa {

struct Job {
  crypto::Curve curve = crypto::Curve::kP256;
  ByteView public_xy;  // without the 0x04 prefix
  ByteView digest;     // SHA-256 for P-256, SHA-384 for P-384
  ByteView signature;  // r ‖ s
  bool valid = false;
};

// A key's table is made once so many of its signatures were valid, at most one for each call of
// verify(), and replaces the one not used for longest. Nobody else's signature can cause that.
struct KeyTableLimits {
  std::size_t tables_max = 256;  // each 65 KiB (P-256) or 154 KiB (P-384)
  std::size_t keys_max = 1024;   // whose valid signatures are counted
  std::uint32_t signatures_before = 16;
};

struct Stats {
  std::uint64_t lanes_filled = 0;  // signatures that the kernel worked on
  std::uint64_t lanes_run = 0;     // eight for each group, filled or not
  std::uint64_t one_by_one = 0;    // left to OpenSSL because the batch was small
  std::uint64_t undecided = 0;     // left to OpenSSL because of an exceptional case
  std::uint64_t table_hits = 0;    // signatures whose key had a table
  std::uint64_t tables_made = 0;
};

class BatchVerifier {
 public:
  // A backend that is not usable is replaced by kOpenSsl.
  explicit BatchVerifier(Backend backend = best_backend(), KeyTableLimits limits = {});
  BatchVerifier(BatchVerifier&&) noexcept;
  BatchVerifier& operator=(BatchVerifier&&) noexcept;
  ~BatchVerifier();

  // Any number of jobs, mixed as they come. One thread at a time.
  void verify(std::span<Job> jobs);

  Backend backend() const;
  const Stats& stats() const;
  std::size_t tables() const;  // kept at present

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::batch_ecdsa
