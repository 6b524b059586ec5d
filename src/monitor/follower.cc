#include "atoma/monitor/follower.h"

#include <algorithm>
#include <format>

namespace atoma::monitor {
namespace {

using tlog::SignedCheckpoint;

Finding make(std::string_view id, std::string text, std::string source) {
  return {.id = id,
          .text = std::move(text),
          .source = std::move(source),
          .index = {},
          .rule = {},
          .notes = {},
          .proof = {},
          .files = {}};
}

const tlog::Checkpoint& of(const std::optional<SignedCheckpoint>& checkpoint) {
  return checkpoint->checkpoint;
}

}  // namespace

bool holds(const Contradiction& pair) {
  const auto& small = pair.smaller.checkpoint;
  const auto& large = pair.larger.checkpoint;
  if (small.origin != large.origin) return false;
  if (small.size == large.size) return small.root != large.root;
  return small.root != pair.root &&
         merkle::verify_consistency(small.size, large.size, pair.growth, pair.root, large.root)
             .has_value();
}

// Knows afterwards whether a failure was the reader's or lies in what it gave.
struct Follower::Reading {
  explicit Reading(std::uint64_t size, const ReadTile& read)
      : nodes(size, [this, &read](const merkle::Tile& tile) { return get(read, tile); }) {}

  Result<Bytes> get(const ReadTile& read, const merkle::Tile& tile) {
    auto bytes = read(tile);
    if (!bytes) failed = bytes.error();
    return bytes;
  }
  Finding finding(std::string what, const Error& why, const std::string& source) const {
    return failed ? make("monitor.unreachable", failed->to_string(), source)
                  : make("monitor.data", std::move(what) + ": " + why.to_string(), source);
  }

  std::optional<Error> failed;
  merkle::TileNodes nodes;
};

Follower::Follower(FollowerOptions options, std::optional<SignedCheckpoint> kept)
    : options_(std::move(options)), seen_(std::move(kept)) {}

std::optional<SignedCheckpoint> Follower::believe(std::string_view note, const std::string& source,
                                                  Findings& out) const {
  auto next = tlog::verify_checkpoint(note, options_.log);
  const bool odd =
      next && (next->checkpoint.size > merkle::kSizeMax ||
               (next->checkpoint.size == 0 && next->checkpoint.root != merkle::empty_root()));
  if (next && !odd) return *std::move(next);
  out.push_back(make("monitor.checkpoint",
                     next ? "no tree of this size has this root" : next.error().to_string(),
                     source));
  return std::nullopt;
}

void Follower::contradict(Contradiction pair, const std::string& source, Findings& out) {
  const auto& small = pair.smaller.checkpoint;
  const auto& large = pair.larger.checkpoint;
  Finding found = make("monitor.equivocation",
                       small.size == large.size
                           ? std::format("the log has signed two trees of {} entries", small.size)
                           : std::format("the log has signed a tree of {} entries that its tree "
                                         "of {} did not grow from",
                                         small.size, large.size),
                       source);
  found.notes = {pair.smaller.note, pair.larger.note};
  found.proof = pair;
  const bool known = std::ranges::any_of(contradictions_, [&](const Contradiction& other) {
    return other.smaller.checkpoint == small && other.larger.checkpoint == large;
  });
  if (!known && contradictions_.size() < kContradictionsMax) {
    contradictions_.push_back(std::move(pair));
  }
  out.push_back(std::move(found));
}

// Whether `next` grew from seen_, by the tiles of whoever shows it.
Follower::Relation Follower::relate_larger(const SignedCheckpoint& next, const std::string& source,
                                           const ReadTile& read, Findings& out) {
  const auto& old = of(seen_);
  const auto& grown = next.checkpoint;
  if (old.size == 0) return Relation::kLarger;
  if (!read) return Relation::kUnknown;
  Reading reading(grown.size, read);
  auto proof = merkle::prove_consistency(reading.nodes, old.size, grown.size);
  const auto extends = [&](const Hash& from) {
    return merkle::verify_consistency(old.size, grown.size, *proof, from, grown.root).has_value();
  };
  if (proof && extends(old.root)) return Relation::kLarger;
  const auto other = merkle::root_at(reading.nodes, old.size);
  if (proof && other && *other != old.root && extends(*other)) {
    contradict({*seen_, next, *other, *std::move(proof)}, source, out);
    return Relation::kContradicts;
  }
  const Error why =
      !proof ? proof.error() : Error{Code::kDataLoss, "merkle.root", "they lead to another root"};
  out.push_back(reading.finding(
      std::format("the tiles of the checkpoint of {} entries", grown.size), why, source));
  return Relation::kUnknown;
}

// Against our own tree, once it has all of seen_.
Follower::Relation Follower::relate_older(const SignedCheckpoint& older, const std::string& source,
                                          Findings& out) {
  const auto& [origin, size, root] = older.checkpoint;
  if (size == 0) return Relation::kOlder;
  if (tree_.size() != of(seen_).size) return Relation::kUnknown;
  const auto ours = merkle::root_at(tree_, size);
  if (ours && *ours == root) return Relation::kOlder;
  auto growth = merkle::prove_consistency(tree_, size, tree_.size());
  if (!ours || !growth) return Relation::kUnknown;
  contradict({older, *seen_, *ours, *std::move(growth)}, source, out);
  return Relation::kContradicts;
}

Follower::Relation Follower::relate(const SignedCheckpoint& next, const std::string& source,
                                    const ReadTile& read, Findings& out) {
  if (!seen_ || next.checkpoint.size > of(seen_).size) {
    return seen_ ? relate_larger(next, source, read, out) : Relation::kLarger;
  }
  if (next.checkpoint.size < of(seen_).size) return relate_older(next, source, out);
  if (next.checkpoint.root == of(seen_).root) return Relation::kSame;
  contradict({*seen_, next, {}, {}}, source, out);
  return Relation::kContradicts;
}

void Follower::follow(std::string_view note, const std::string& source, const ReadTile& read,
                      Findings& out) {
  auto next = believe(note, source, out);
  if (!next) return;
  const Relation relation = relate(*next, source, read, out);
  if (relation == Relation::kLarger || relation == Relation::kSame) {
    seen_ = *std::move(next);  // of the same tree, for its newer cosignatures
    return;
  }
  if (next->checkpoint.size < of(seen_).size) {
    Finding found = make("monitor.rollback",
                         std::format("the log shows {} entries and has signed {}",
                                     next->checkpoint.size, of(seen_).size),
                         source);
    found.notes = {next->note, seen_->note};
    out.push_back(std::move(found));
  }
  if (relation == Relation::kUnknown) remember(*next, source);
}

void Follower::compare(std::string_view note, const std::string& source, const ReadTile& read,
                       Findings& out) {
  const auto next = believe(note, source, out);
  if (!next) return;
  const Relation relation = seen_ ? relate(*next, source, read, out) : Relation::kUnknown;
  // What is consistent with today's tree may contradict tomorrow's.
  if (relation == Relation::kUnknown || relation == Relation::kLarger) remember(*next, source);
}

void Follower::remember(const SignedCheckpoint& next, const std::string& source) {
  const bool known = std::ranges::any_of(pending_, [&](const Pending& other) {
    return other.checkpoint.checkpoint == next.checkpoint;
  });
  if (!known && pending_.size() < kPendingMax) pending_.push_back({next, source});
}

void Follower::settle(Findings& out) {
  if (!seen_ || tree_.size() != of(seen_).size) return;
  std::erase_if(pending_, [&](const Pending& each) {
    if (each.checkpoint.checkpoint.size > of(seen_).size) return false;
    relate(each.checkpoint, each.source, nullptr, out);
    return true;
  });
}

bool Follower::replay(const std::string& source, const ReadTile& read, std::uint64_t entries_max,
                      Findings& out) {
  if (!seen_) return false;
  const auto& target = of(seen_);
  const std::uint64_t stop = std::min(target.size, tree_.size() + entries_max);
  Reading reading(target.size, read);
  while (tree_.size() < stop) {
    const std::uint64_t bundle = tree_.size() >> merkle::kTileHeight;
    const merkle::Tile tile{.kind = merkle::TileKind::kEntries,
                            .level = 0,
                            .index = bundle,
                            .width = merkle::tile_width(0, bundle, target.size)};
    const auto bytes = reading.get(read, tile);
    auto entries = bytes ? merkle::parse_entry_bundle(*bytes, tile.width)
                         : Result<std::vector<ByteView>>(std::unexpected(bytes.error()));
    const std::string name = merkle::tile_path(tile);
    if (!entries) {
      out.push_back(reading.finding(name, entries.error(), source));
      return false;
    }
    const auto fresh = std::span(*entries).subspan(tree_.size() & (merkle::kTileWidth - 1));
    merkle::Frontier next = frontier_;
    for (const ByteView entry : fresh) next.append(merkle::leaf_hash(entry));
    // Nothing is taken that the signed root does not have.
    auto proof = merkle::prove_consistency(reading.nodes, next.size(), target.size);
    const auto held = proof ? merkle::verify_consistency(next.size(), target.size, *proof,
                                                         next.root(), target.root)
                            : Status(std::unexpected(proof.error()));
    if (!held) {
      out.push_back(reading.finding(name, held.error(), source));
      return false;
    }
    take(fresh);
    frontier_ = std::move(next);
  }
  if (tree_.size() < target.size) return true;
  if (!broken_) verified_ = seen_;
  settle(out);
  return false;
}

// Entries that are under the signed root. From the first broken rule on the tree alone goes on.
void Follower::take(std::span<const ByteView> entries) {
  for (const ByteView entry : entries) {
    const std::uint64_t index = tree_.size();
    tree_.append(merkle::leaf_hash(entry));
    if (broken_ || options_.entries == EntryKind::kOpaque) continue;
    auto next = state_.admit(entry);
    if (!next || next->duplicate_of) {
      broken_ = make(
          "monitor.rule",
          next ? std::format("it is entry {} again", *next->duplicate_of) : next.error().message,
          "");
      broken_->index = index;
      broken_->rule = next ? std::string("rule.nonce") : std::string(next.error().reason);
      continue;
    }
    const Time at = next->entry->statement.time;
    if (!latest_ || at > latest_->second) latest_ = {index, at};
    if (options_.on_entry) options_.on_entry(state_, *next);
    state_.apply(*std::move(next));
  }
}

void Follower::judge_map(Findings& out) const {
  if (options_.entries == EntryKind::kOpaque || !verified_) return;
  const std::uint64_t size = state_.size();
  const ledger::MapHead* head = state_.map_head(size);
  // The map-head itself is no news to the index.
  const std::uint64_t behind = head == nullptr ? size : size - head->index - 1;
  if (behind <= options_.map_lag_max) return;
  Finding found = make("monitor.map_stale",
                       std::format("the index on the log covers {} of {} entries; at most {} may "
                                   "be missing",
                                   head == nullptr ? 0 : head->index, size, options_.map_lag_max),
                       "");
  if (head != nullptr) found.index = head->index;
  out.push_back(std::move(found));
}

void Follower::judge_witnesses(Time now, Findings& out) {
  if (!options_.policy || !seen_) return;
  const auto& policy = *options_.policy;
  const auto note = tlog::parse_note(seen_->note);
  std::vector<bool> young;
  std::string missing;
  for (const auto& witness : policy.witnesses()) {
    const auto when = note ? tlog::verify_cosignature(*note, witness.key)
                           : Result<std::uint64_t>(std::unexpected(note.error()));
    const auto at = when ? static_cast<std::int64_t>(std::min<std::uint64_t>(*when, INT64_MAX)) : 0;
    const bool counts = when && at != 0 && Time{at} <= now + kAheadMax &&
                        Time{at} >= now - options_.cosignature_age_max;
    young.push_back(counts);
    if (counts) {
      newest_cosignature_ = std::max(newest_cosignature_, Time{at});
      continue;
    }
    missing += missing.empty() ? "" : ", ";
    missing += witness.name + (when ? " (" + format_time({at}) + ")"
                                    : " (" + std::string(when.error().reason) + ")");
  }
  if (policy.quorum(young)) return;
  out.push_back(make("monitor.witness_stale",
                     std::format("no quorum has cosigned {} entries in the last {} s; not: {}",
                                 of(seen_).size, options_.cosignature_age_max.s, missing),
                     ""));
}

void Follower::judge(Time now, Findings& out) {
  if (broken_) out.push_back(*broken_);
  for (const Contradiction& pair : contradictions_) {
    const bool told = std::ranges::any_of(out, [&](const Finding& other) {
      return other.proof && other.proof->smaller.checkpoint == pair.smaller.checkpoint &&
             other.proof->larger.checkpoint == pair.larger.checkpoint;
    });
    if (!told) contradict(pair, "", out);
  }
  judge_map(out);
  judge_witnesses(now, out);
  if (latest_ && latest_->second > now + kAheadMax) {
    out.push_back(make(
        "monitor.time",
        std::format("dated {}, and it is {}", format_time(latest_->second), format_time(now)), ""));
    out.back().index = latest_->first;
  }
}

}  // namespace atoma::monitor
