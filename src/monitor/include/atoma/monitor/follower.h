// Follows a log without trusting it: believes a checkpoint when it extends what was believed
// before, takes only entries that lead to its root, replays them under the rules of the ledger, and
// keeps what contradicts. Pure: tiles come from a reader, the time is an argument, and whoever
// calls keeps seen() so that it is known again (records.h).
//
//   Follower follower({.log = key}, kept);
//   Findings found = follower.follow(note, url, read);             // signature and growth
//   while (follower.replay(url, read, 4096, found)) {}              // entries, page by page
//   follower.compare(peer_note, peer_url, read_peer, found);       // the same log, seen elsewhere
//   follower.judge(now, found);                                    // rules, map, witnesses, time
//
// Findings, by id:
//   monitor.checkpoint     not a checkpoint of this log: signature, form, origin
//   monitor.rollback       a smaller checkpoint than one seen before
//   monitor.equivocation   two signed checkpoints that no one tree can have: both are kept
//   monitor.data           tiles or entries that do not lead to the signed root
//   monitor.unreachable    no answer, or no data for what was signed
//   monitor.rule           an entry that breaks a rule of the ledger: its index and the rule
//   monitor.map_stale      the index root on the log is too far behind the checkpoint
//   monitor.witness_stale  no quorum of cosignatures that are young enough
//   monitor.time           an entry that is ahead of our clock
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "atoma/ledger/state.h"
#include "atoma/merkle/proof.h"
#include "atoma/merkle/tile.h"
#include "atoma/tlog/tlog_policy.h"

namespace atoma::monitor {

using merkle::Hash;
using ReadTile = merkle::TileNodes::Read;

// How far an entry may be ahead of our clock.
inline constexpr Duration kAheadMax{120};
// Checkpoints from elsewhere that are larger than what was replayed wait for it; so many of them.
inline constexpr std::size_t kPendingMax = 64;
inline constexpr std::size_t kContradictionsMax = 64;

// Two checkpoints by one log's key that contradict. Of one size: their roots differ. Else `growth`
// leads from `root`, which the larger tree has at the smaller size, to the larger one's root, and
// `root` is not the smaller one's. Anybody can check it.
struct Contradiction {
  tlog::SignedCheckpoint smaller, larger;
  Hash root{};
  merkle::Proof growth;
};

bool holds(const Contradiction& pair);

struct Finding {
  std::string_view id;                 // a literal
  std::string text;                    // for people
  std::string source;                  // URL or file
  std::optional<std::uint64_t> index;  // of the entry
  std::string rule;                    // that it breaks
  std::vector<std::string> notes;      // signed by the log: what the finding rests on
  std::optional<Contradiction> proof;
  std::vector<std::string> files;  // where the notes are kept, filled in by who keeps them
};
using Findings = std::vector<Finding>;

enum class EntryKind : std::uint8_t { kTyped, kOpaque };  // of the ledger, or anybody's bytes

struct FollowerOptions {
  tlog::LogKey log;
  EntryKind entries = EntryKind::kTyped;
  std::uint64_t map_lag_max = 1024;  // entries
  std::optional<tlog::TlogPolicy> policy;
  Duration cosignature_age_max{3600};
  // Told of each typed entry that keeps the rules, with the state before it.
  std::function<void(const ledger::State&, const ledger::Admission&)> on_entry;
};

class Follower {
 public:
  // `kept` is seen() of an earlier run: the log must extend it.
  explicit Follower(FollowerOptions options, std::optional<tlog::SignedCheckpoint> kept = {});

  // The log's own newest checkpoint.
  void follow(std::string_view note, const std::string& source, const ReadTile& read,
              Findings& out);
  // Takes up to `entries_max` entries of the newest checkpoint, rounded up to a bundle. True when
  // it took some and there are more.
  bool replay(const std::string& source, const ReadTile& read, std::uint64_t entries_max,
              Findings& out);
  // A checkpoint of the same log from elsewhere; without a reader of its tiles it may have to wait
  // until the log itself has grown so far.
  void compare(std::string_view note, const std::string& source, const ReadTile& read,
               Findings& out);
  // What holds now, and what was found for good: contradictions and the first broken rule.
  void judge(Time now, Findings& out);

  // The newest checkpoint that extends all before it; nothing before the first.
  const std::optional<tlog::SignedCheckpoint>& seen() const { return seen_; }
  // The newest one of which every entry was replayed and every rule kept.
  const std::optional<tlog::SignedCheckpoint>& verified() const { return verified_; }
  std::uint64_t size() const { return tree_.size(); }  // entries taken
  const merkle::MemoryTree& tree() const { return tree_; }
  const ledger::State& state() const { return state_; }  // empty where entries are opaque
  const std::vector<Contradiction>& contradictions() const { return contradictions_; }
  const std::optional<Finding>& broken() const { return broken_; }
  // The newest time that a witness of the policy gave its cosignature; 0: none.
  Time newest_cosignature() const { return newest_cosignature_; }

 private:
  struct Reading;
  enum class Relation : std::uint8_t { kUnknown, kOlder, kSame, kLarger, kContradicts };

  std::optional<tlog::SignedCheckpoint> believe(std::string_view note, const std::string& source,
                                                Findings& out) const;
  Relation relate(const tlog::SignedCheckpoint& next, const std::string& source,
                  const ReadTile& read, Findings& out);
  Relation relate_larger(const tlog::SignedCheckpoint& next, const std::string& source,
                         const ReadTile& read, Findings& out);
  Relation relate_older(const tlog::SignedCheckpoint& older, const std::string& source,
                        Findings& out);
  void contradict(Contradiction pair, const std::string& source, Findings& out);
  void remember(const tlog::SignedCheckpoint& next, const std::string& source);
  void settle(Findings& out);
  void take(std::span<const ByteView> entries);
  void judge_map(Findings& out) const;
  void judge_witnesses(Time now, Findings& out);

  struct Pending {
    tlog::SignedCheckpoint checkpoint;
    std::string source;
  };

  FollowerOptions options_;
  std::optional<tlog::SignedCheckpoint> seen_, verified_;
  merkle::MemoryTree tree_;    // over the entries taken: a prefix of seen_
  merkle::Frontier frontier_;  // of tree_
  ledger::State state_;        // up to the first broken rule
  std::optional<Finding> broken_;
  std::vector<Contradiction> contradictions_;
  std::vector<Pending> pending_;
  std::optional<std::pair<std::uint64_t, Time>> latest_;  // the entry with the latest time
  Time newest_cosignature_;
};

}  // namespace atoma::monitor
