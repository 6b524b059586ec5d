// A log that two witnesses cosigned, always the same: for targets and seeds of the transparency
// log's texts.
#pragma once

#include <string>

#include "atoma/merkle/proof.h"
#include "atoma/tlog/cosignature.h"

namespace atoma::fuzz {

struct WitnessWorld {
  static constexpr std::uint64_t kTime = 1767225600;
  static constexpr std::string_view kOrigin = "log.example/fuzz";

  WitnessWorld();

  tlog::NoteSigner log;
  tlog::Cosigner ed25519, ml_dsa;
  tlog::SignedCheckpoint checkpoint;  // by the log alone, over seven leaves
  merkle::Hash leaf;                  // of leaf 3
  std::string policy;                 // text: both witnesses
  std::string proof;                  // text: leaf 3, cosigned by both
};

}  // namespace atoma::fuzz
