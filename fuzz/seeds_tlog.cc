#include "atoma/anchor/signed_head.h"
#include "atoma/tlog/add_checkpoint.h"
#include "atoma/tlog/tlog_proof.h"
#include "seeds.h"
#include "witness_world.h"

namespace atoma::fuzz {
namespace {

// By anchorers whose keys are 1 and up.
anchor::SignedHead anchored(const tlog::SignedCheckpoint& checkpoint, std::uint64_t signers) {
  anchor::SignedHead out{.place = {31337, {1}, {2}},
                         .head = {checkpoint.checkpoint.size, checkpoint.checkpoint.root},
                         .signatures = {},
                         .checkpoint = checkpoint.note};
  for (std::uint64_t n = 1; n <= signers; ++n) {
    const auto key = crypto::Secp256k1PrivateKey::from_scalar(anchor::word_of(n));
    out.signatures.push_back(anchor::sign_head(out.place, out.head, *key));
  }
  std::ranges::sort(out.signatures, {}, &anchor::HeadSignature::signer);
  return out;
}

}  // namespace

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
  auto by_two = anchored(world.checkpoint, 2);
  out.push_back({"signed_head", "by_two", to_bytes(anchor::encode_signed_head(by_two))});
  by_two.signatures[1].bytes[0] ^= 1;
  out.push_back({"signed_head", "broken", to_bytes(anchor::encode_signed_head(by_two))});
  const auto by_one = anchored(world.checkpoint, 1);
  out.push_back({"signed_head", "by_one", to_bytes(anchor::encode_signed_head(by_one))});
  return out;
}

}  // namespace atoma::fuzz
