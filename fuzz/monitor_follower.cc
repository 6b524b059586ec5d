// A log whose tiles are the input's: each answer is the honest one, changed as the input says.
// Nothing is verified but what the log signed, and tiles alone accuse it of nothing.
//
// The input: for each tile that is read, an operation (0 honest, 1 nothing there, 2 flip a bit, 3
// cut, 4 lengthen, else bytes of the input) and its two-byte argument.
#include <algorithm>

#include "atoma/monitor/follower.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using merkle::Tile;

struct World {
  World()
      : signer(*tlog::NoteSigner::create(
            "example.org/log",
            crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{8})))) {
    for (int i = 0; i < 300; ++i) {
      entries.push_back(Bytes(static_cast<std::size_t>(i % 40 + 1), static_cast<std::uint8_t>(i)));
      tree.append(merkle::leaf_hash(entries.back()));
    }
    newest = note(300);
    old = tlog::sign_checkpoint(at(70), signer);
  }
  tlog::Checkpoint at(std::uint64_t size) const {
    return {"example.org/log", size, *merkle::root_at(tree, size)};
  }
  std::string note(std::uint64_t size) const {
    return tlog::sign_checkpoint(at(size), signer).note;
  }
  Result<Bytes> tile(const Tile& tile) const {
    Bytes out;
    for (std::uint64_t i = tile.index * merkle::kTileWidth, end = i + tile.width; i < end; ++i) {
      if (tile.kind == merkle::TileKind::kEntries) {
        merkle::append_bundle_entry(out, entries.at(i));
        continue;
      }
      ATOMA_TRY(const auto node, tree.node(tile.level * merkle::kTileHeight, i));
      append(out, node);
    }
    return out;
  }

  tlog::NoteSigner signer;
  std::vector<Bytes> entries;
  merkle::MemoryTree tree;
  std::string newest;
  tlog::SignedCheckpoint old;
};

std::uint8_t take(ByteView& in) {
  if (in.empty()) return 0;
  const std::uint8_t out = in.front();
  in = in.subspan(1);
  return out;
}

Result<Bytes> answer(const World& world, const Tile& tile, ByteView& in) {
  ATOMA_TRY(Bytes out, world.tile(tile));
  const std::uint8_t operation = take(in);
  const std::size_t argument = take(in) | static_cast<std::size_t>(take(in)) << 8;
  if (operation == 1) return fail(Code::kNotFound, "fuzz.tile", "not there");
  if (operation == 2)
    out[argument / 8 % out.size()] ^= static_cast<std::uint8_t>(1U << argument % 8);
  if (operation == 3) out.resize(argument % out.size());
  if (operation == 4) out.resize(out.size() + argument % 512);
  if (operation > 4) {
    out = to_bytes(in.first(std::min(argument, in.size())));
    in = in.subspan(out.size());
  }
  return out;
}

}  // namespace

void one_input(ByteView in) {
  static const World kWorld;
  const bool restarted = (take(in) & 1) != 0;
  monitor::Follower follower({.log = kWorld.signer.verifier_key(),
                              .entries = monitor::EntryKind::kOpaque,
                              .policy = {},
                              .on_entry = {}},
                             restarted ? std::optional(kWorld.old) : std::nullopt);
  const monitor::ReadTile read = [&](const Tile& tile) { return answer(kWorld, tile, in); };
  monitor::Findings found;
  follower.follow(kWorld.newest, "log", read, found);
  while (found.empty() && follower.replay("log", read, 64, found)) {
  }
  ATOMA_CHECK(!std::ranges::contains(found, "monitor.equivocation", &monitor::Finding::id));
  ATOMA_CHECK(found.empty() == follower.verified().has_value());
  if (follower.verified()) ATOMA_CHECK(follower.verified()->checkpoint == kWorld.at(300));
  ATOMA_CHECK(follower.size() <= 300);
  if (follower.size() > 0) {
    ATOMA_CHECK(*merkle::root_at(follower.tree(), follower.size()) ==
                kWorld.at(follower.size()).root);
  }
}

}  // namespace atoma::fuzz
