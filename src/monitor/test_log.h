// A log in memory for this module's tests: entries of a small ledger (src/ledger/test_ledger.h),
// signed by one key, served as tiles. It can lie.
#pragma once

#include "atoma/monitor/follower.h"
#include "test_ledger.h"

namespace atoma::monitor {

inline constexpr std::string_view kOrigin = "example.org/log";

inline tlog::NoteSigner log_signer(std::string_view seed = "log") {
  return *tlog::NoteSigner::create(
      std::string(kOrigin),
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ledger::digest_of(seed))));
}

inline tlog::Cosigner cosigner(const std::string& name) {
  return *tlog::Cosigner::create(
      name, crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ledger::digest_of(name))));
}

struct FakeLog {
  FakeLog() = default;
  explicit FakeLog(const std::vector<Bytes>& log) {
    for (const Bytes& entry : log) add(entry);
  }
  void add(const Bytes& entry) {
    entries.push_back(entry);
    tree.append(merkle::leaf_hash(entry));
  }
  std::uint64_t size() const { return entries.size(); }
  tlog::Checkpoint at(std::uint64_t n) const {
    return {std::string(kOrigin), n, n == 0 ? merkle::empty_root() : *merkle::root_at(tree, n)};
  }
  std::string note(std::uint64_t n) const {
    return tlog::sign_checkpoint(at(n), log_signer()).note;
  }
  std::string note() const { return note(size()); }

  Result<Bytes> tile(const merkle::Tile& tile) const {
    Bytes out;
    for (unsigned i = 0; i < tile.width; ++i) {
      const std::uint64_t index = tile.index * merkle::kTileWidth + i;
      if (tile.kind == merkle::TileKind::kEntries) {
        if (index >= size()) return fail(Code::kNotFound, "test.tile", "not there");
        merkle::append_bundle_entry(out, entries[index]);
        continue;
      }
      const auto node = tree.node(tile.level * merkle::kTileHeight, index);
      if (!node) return fail(Code::kNotFound, "test.tile", "not there");
      append(out, *node);
    }
    return out;
  }
  ReadTile reader() const {
    return [this](const merkle::Tile& wanted) { return tile(wanted); };
  }

  std::vector<Bytes> entries;
  merkle::MemoryTree tree;
};

// A ledger with `count` entries after its genesis, and its index on it after each hundred.
inline ledger::TestLedger ledger_of(int count, std::string_view name = "shop") {
  auto out = ledger::TestLedger::begun();
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(out.append("broker", "deployment", std::format("{} {}", name, i % 7),
                         ledger::Body().take()),
              "");
    if (i % 100 == 99) {
      EXPECT_EQ(out.map_head(), "");
    }
  }
  return out;
}

}  // namespace atoma::monitor
