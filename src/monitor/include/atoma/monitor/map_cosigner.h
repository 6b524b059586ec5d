// Cosigns a checkpoint to say more than a witness does: "I replayed everything up to here, and
// every index root in it is right." The signature is a cosignature like any other
// (tlog/cosignature.h), Ed25519 and ML-DSA-44; what it means is what its key is known for, so these
// keys cosign for nothing else.
//
// What was cosigned is durable before the cosignature exists, a size never goes back, and of one
// size there is one root: it is a witness::Witness over a directory of its own, with this monitor
// as its only caller.
#pragma once

#include <memory>

#include "atoma/monitor/follower.h"
#include "atoma/witness/witness.h"

namespace atoma::monitor {

class MapCosigner {
 public:
  // Errors: those of witness::Witness::open.
  static Result<MapCosigner> open(const store::Path& directory, std::string name, tlog::LogKey log,
                                  const Clock& clock, Entropy& entropy);

  const std::vector<tlog::CosignerKey>& keys() const { return witness_->keys(); }

  // The note of follower.verified() and our lines below it; "" where it is not yet as large as what
  // was cosigned before. Errors: those of Witness::add_checkpoint: "witness.fork" and
  // "witness.proof" say that another tree was cosigned before.
  Result<std::string> cosign(const Follower& follower);

 private:
  MapCosigner(std::unique_ptr<witness::Witness> witness, std::string origin)
      : witness_(std::move(witness)), origin_(std::move(origin)) {}

  std::unique_ptr<witness::Witness> witness_;
  std::string origin_;
};

}  // namespace atoma::monitor
