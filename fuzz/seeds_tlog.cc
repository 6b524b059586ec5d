#include "atoma/tlog/add_checkpoint.h"
#include "atoma/tlog/tlog_proof.h"
#include "seeds.h"
#include "witness_world.h"

namespace atoma::fuzz {

std::vector<Seed> tlog_seeds() {
  const WitnessWorld world;
  const std::string text = tlog::encode_checkpoint(world.checkpoint.checkpoint);
  const std::string first = *world.ed25519.sign(text, WitnessWorld::kTime);
  const std::string second = *world.ml_dsa.sign(text, WitnessWorld::kTime);
  std::vector<Seed> out;
  out.push_back({"cosignature", "ed25519", to_bytes(first)});
  out.push_back({"cosignature", "ml_dsa", to_bytes(second)});
  out.push_back({"cosignature", "both", to_bytes(first + second)});
  out.push_back({"cosignature", "key_ed25519", to_bytes(world.ed25519.key().to_string())});
  out.push_back({"cosignature", "key_ml_dsa", to_bytes(world.ml_dsa.key().to_string())});
  out.push_back({"tlog_policy", "whole", to_bytes(world.policy)});
  out.push_back({"tlog_policy", "none", to_bytes(std::string_view("# nobody\n\nquorum none\n"))});
  out.push_back({"tlog_proof", "cosigned", to_bytes(world.proof)});
  out.push_back({"tlog_proof", "extra",
                 to_bytes(tlog::encode_tlog_proof({.extra = Bytes{1, 2, 3},
                                                   .index = 7,
                                                   .inclusion = {{1}, {2}},
                                                   .checkpoint = world.checkpoint.note}))});
  const tlog::AddCheckpoint grown{
      .old_size = 3, .proof = {{1}, {2}}, .checkpoint = world.checkpoint.note};
  out.push_back({"add_checkpoint", "grown", to_bytes(tlog::encode_add_checkpoint(grown))});
  const tlog::AddCheckpoint begun{.old_size = 0, .proof = {}, .checkpoint = world.checkpoint.note};
  out.push_back({"add_checkpoint", "first", to_bytes(tlog::encode_add_checkpoint(begun))});
  out.push_back({"add_checkpoint", "size", to_bytes(tlog::encode_size_answer(20852014))});
  return out;
}

}  // namespace atoma::fuzz
