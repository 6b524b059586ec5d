#include "witness_world.h"

#include "atoma/tlog/tlog_proof.h"

namespace atoma::fuzz {
namespace {

Secret<32> seed_of(std::uint8_t n) {
  ByteArray<32> seed{};
  seed.fill(n);
  return Secret<32>::copy_of(seed);
}

}  // namespace

WitnessWorld::WitnessWorld()
    : log(*tlog::NoteSigner::create(std::string(kOrigin),
                                    crypto::Ed25519PrivateKey::from_seed(seed_of(1)))),
      ed25519(*tlog::Cosigner::create("witness.example/a",
                                      crypto::Ed25519PrivateKey::from_seed(seed_of(2)))),
      ml_dsa(*tlog::Cosigner::create("witness.example/b",
                                     crypto::MlDsa44PrivateKey::from_seed(seed_of(3)))) {
  merkle::MemoryTree tree;
  for (std::uint8_t i = 0; i < 7; ++i) tree.append(merkle::leaf_hash(Bytes{i}));
  leaf = merkle::leaf_hash(Bytes{3});
  checkpoint = tlog::sign_checkpoint(
      {.origin = std::string(kOrigin), .size = 7, .root = *merkle::root_at(tree, 7)}, log);
  policy = "log " + log.verifier_key().to_string() + "\nwitness a " + ed25519.key().to_string() +
           " http://127.0.0.1:1/a\nwitness b " + ml_dsa.key().to_string() +
           "\ngroup both all a b\nquorum both\n";
  const std::string text = tlog::encode_checkpoint(checkpoint.checkpoint);
  proof = tlog::encode_tlog_proof(
      {.extra = std::nullopt,
       .index = 3,
       .inclusion = *merkle::prove_inclusion(tree, 3, 7),
       .checkpoint = checkpoint.note + *ed25519.sign(text, kTime) + *ml_dsa.sign(text, kTime)});
}

}  // namespace atoma::fuzz
