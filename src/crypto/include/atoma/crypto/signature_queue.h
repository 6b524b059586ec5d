// ECDSA signatures put down to be verified together. A batch is several times faster than one
// signature after the other (docs/BATCH_ECDSA.md), but a verifier meets its signatures one by one
// and decides after each. So it may take them for good and list them here: what it concluded holds
// only if every one of them is then found good; otherwise it must begin again without a queue.
#pragma once

#include <span>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"

namespace atoma::crypto {

// One signature: everything is copied, so that nothing needs to outlive the evidence's parser.
class SignatureJob {
 public:
  SignatureJob(Curve curve, ByteView xy, ByteView message, ByteView raw_signature);

  Curve curve() const { return curve_; }
  ByteView xy() const { return ByteView(xy_).first(2 * coordinate_size(curve_)); }
  ByteView digest() const { return ByteView(digest_).first(coordinate_size(curve_)); }
  // r ‖ s; empty when the signature did not have that length.
  ByteView signature() const { return ByteView(signature_).first(signature_size_); }
  // False until a decider says otherwise.
  bool good() const { return good_; }
  void set_good(bool good) { good_ = good; }

 private:
  Curve curve_;
  bool good_ = false;
  std::uint8_t signature_size_ = 0;
  ByteArray<96> xy_, signature_;
  ByteArray<48> digest_;
};

using SignatureQueue = std::vector<SignatureJob>;

// Decides a queue. One thread at a time.
class SignatureDecider {
 public:
  virtual ~SignatureDecider() = default;
  // Sets each job's good(), independently of the others.
  virtual void decide(std::span<SignatureJob> jobs) = 0;
};

// By OpenSSL, one after the other: the reference that any other decider must agree with.
class OneByOneDecider final : public SignatureDecider {
 public:
  void decide(std::span<SignatureJob> jobs) override;
};

}  // namespace atoma::crypto
