// A proof has one form, and proves nothing but the world's own leaf.
#include "atoma/tlog/tlog_proof.h"

#include "fuzz.h"
#include "witness_world.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  static const WitnessWorld world;
  static const auto policy = tlog::TlogPolicy::parse(world.policy);
  ATOMA_CHECK(tlog::verify_tlog_proof(*tlog::parse_tlog_proof(world.proof), world.leaf, *policy)
                  .has_value());
  const auto proof = tlog::parse_tlog_proof(as_text(in));
  if (!proof) return;
  ATOMA_CHECK(tlog::encode_tlog_proof(*proof) == as_text(in));
  const auto seen = tlog::verify_tlog_proof(*proof, world.leaf, *policy);
  ATOMA_CHECK(!seen || seen->checkpoint.checkpoint == world.checkpoint.checkpoint);
  const auto other = merkle::leaf_hash(as_bytes("another"));
  ATOMA_CHECK(!tlog::verify_tlog_proof(*proof, other, *policy));
}

}  // namespace atoma::fuzz
