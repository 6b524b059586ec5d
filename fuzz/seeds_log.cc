#include "atoma/cose/ear_batch.h"
#include "atoma/cose/jws.h"
#include "atoma/merkle/proof.h"
#include "atoma/merkle/tile.h"
#include "atoma/store/frame.h"
#include "atoma/tlog/bundle.h"
#include "fixtures.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

// To a log they are bytes.
Bytes entry(std::string_view type) { return to_bytes("an entry: " + std::string(type)); }

void add_tokens(std::vector<Seed>& out) {
  TokenWorld world;
  const std::string claims = cose::encode_ear(world.ear);
  out.push_back({"ear", "accepted", to_bytes(claims)});
  cose::Ear least = world.ear;
  least.not_before = kNow;
  least.atoma = {};
  least.atoma.evidence_sha256 = least.atoma.policy_sha256 = std::string(64, '0');
  least.submods = {{"cpu", cose::EarStatus::kNone, {}, ""}};
  out.push_back({"ear", "least", to_bytes(cose::encode_ear(least))});
  const cose::EarBatch batch{
      .issuer = least.issuer,
      .id = least.id,
      .issued_at = least.issued_at,
      .expires_at = least.expires_at,
      .nonce = least.nonce,
      .developer = least.developer,
      .build = least.build,
      .items = {{.place = 0, .atoma = least.atoma}, {.place = 2, .atoma = least.atoma}}};
  out.push_back({"ear", "batch", to_bytes(cose::encode_ear_batch(batch))});
  out.push_back({"ear_cwt", "batch", cose::encode_ear_batch_cwt(batch)});

  out.push_back({"jws", "token", to_bytes(world.token)});
  const auto other = fixed_key(crypto::Curve::kP256, 0x55);
  out.push_back({"jws", "stranger", to_bytes(cose::sign_ear(world.ear, other))});
  out.push_back(
      {"jws", "other_type",
       to_bytes(cose::jws_sign(world.key, cose::jwk_thumbprint(world.key), "jwt", "{}"))});

  out.push_back({"jwks", "one", to_bytes(world.keys.to_json())});
  for (const std::uint8_t seed : ByteArray<2>{0x55, 0x66}) {
    const auto key = fixed_key(crypto::Curve::kP256, seed);
    world.keys.add(std::move(*crypto::EcPublicKey::create(crypto::Curve::kP256, key.public_xy())));
  }
  out.push_back({"jwks", "three", to_bytes(world.keys.to_json())});
  out.push_back({"jwks", "foreign",
                 to_bytes(std::string_view(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},)"
                                           R"({"kty":"EC","crv":"P-384","use":"enc"}]})"))});
}

void add_notes(std::vector<Seed>& out) {
  const LogWorld world;
  out.push_back({"note", "checkpoint", to_bytes(world.checkpoint.note)});
  const std::string text = tlog::encode_checkpoint(world.checkpoint.checkpoint);
  out.push_back({"note", "text_alone", to_bytes(text)});
  out.push_back({"note", "extended", to_bytes(text + "extension line\n")});
  std::string cosigned = world.checkpoint.note;
  ByteArray<32> seed{};
  seed.fill(2);
  const auto witness = *tlog::NoteSigner::create(
      "witness.example", crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed)));
  const std::string other = witness.sign(text);
  cosigned += other.substr(other.find("\n\n") + 2);
  out.push_back({"note", "cosigned", to_bytes(cosigned)});
  out.push_back({"verifier_key", "log", to_bytes(world.signer.verifier_key().to_string())});
  out.push_back({"verifier_key", "witness", to_bytes(witness.verifier_key().to_string())});
}

void add_entries(std::vector<Seed>& out) {
  const LogWorld log;
  const TokenWorld tokens;
  merkle::MemoryTree tree;
  std::vector<Bytes> entries;
  for (const auto* type : {"genesis", "attestation", "release", "refusal", "secret.put"}) {
    entries.push_back(entry(type));
    tree.append(merkle::leaf_hash(entries.back()));
  }

  const auto root = *merkle::root_at(tree, tree.size());
  const auto checkpoint = tlog::sign_checkpoint(
      {.origin = "log.example/fuzz", .size = tree.size(), .root = root}, log.signer);
  tlog::Receipt receipt{.index = 1,
                        .leaf_hash = merkle::leaf_hash(entries[1]),
                        .checkpoint = checkpoint,
                        .inclusion = *merkle::prove_inclusion(tree, 1, tree.size())};
  auto bundle = tlog::make_bundle(entries[1], receipt, log.signer.verifier_key());
  out.push_back({"bundle", "least", to_bytes(tlog::encode_bundle(bundle))});
  bundle.ear = tokens.token;
  bundle.jwks = tokens.keys.to_json();
  bundle.evidence = Bytes(64, 0x5A);
  out.push_back({"bundle", "whole", to_bytes(tlog::encode_bundle(bundle))});

  std::vector<ByteView> views(entries.begin(), entries.end());
  std::vector<merkle::Hash> leaves;
  for (const ByteView view : views) leaves.push_back(merkle::leaf_hash(view));
  out.push_back({"store_frame", "five", store::encode_frame(0, views, leaves, checkpoint.note)});
  views.resize(1);
  leaves.resize(1);
  out.push_back({"store_frame", "one", store::encode_frame(7, views, leaves, "")});
}

void add_tiles(std::vector<Seed>& out) {
  using merkle::TileKind;
  out.push_back({"tile_path", "full", to_bytes(merkle::tile_path({.level = 3, .index = 1234067}))});
  out.push_back({"tile_path", "partial", to_bytes(merkle::tile_path({.index = 7, .width = 17}))});
  out.push_back(
      {"tile_path", "entries",
       to_bytes(merkle::tile_path({.kind = TileKind::kEntries, .index = 1000, .width = 255}))});
  Bytes bundle{2};
  for (const std::string_view text : {"one", "", "three"}) {
    merkle::append_bundle_entry(bundle, as_bytes(text));
  }
  out.push_back({"entry_bundle", "three", bundle});
}

}  // namespace

std::vector<Seed> log_seeds() {
  std::vector<Seed> out;
  add_tokens(out);
  add_notes(out);
  add_entries(out);
  add_tiles(out);
  return out;
}

}  // namespace atoma::fuzz
