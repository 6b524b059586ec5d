// The newest entry of a label, with the proof that no newer one is hidden: a checkpoint, the index
// root that the log itself carries (its newest map-head entry), the label's path in that index, and
// the label's newest entry. Hiding an entry then takes a wrong index root on a witnessed log, which
// whoever replays the log finds.
//
//   ATOMA_TRY(const MapHead head, index_for(state, checkpoint));
//   ATOMA_TRY(const Lookup lookup, make_lookup(head, log, checkpoint, name));
//   ATOMA_TRY(const Found found, verify_lookup(lookup, name, checkpoint, {.lag_max = 1000}));
#pragma once

#include <optional>
#include <vector>

#include "atoma/ledger/state.h"
#include "atoma/merkle/proof.h"
#include "atoma/tlog/checkpoint.h"
#include "atoma/tlog/ledger.h"
#include "atoma/tlog/tlog_policy.h"

namespace atoma::ledger {

inline constexpr std::uint64_t kNewestMapHead = UINT64_MAX;
inline constexpr std::size_t kHistoryMax = 10'000;

struct ProvenEntry {
  std::uint64_t index = 0;
  Bytes bytes;
  merkle::Proof inclusion;
};

struct Lookup {
  std::string checkpoint;  // note
  ProvenEntry map_head;
  merkle::TrieProof path;
  std::optional<ProvenEntry> entry;  // the label's newest at the map-head; none: it has none
};

// What a lookup against `checkpoint` needs of the state: a copy, so that whoever guards the state
// with a lock gives it back before he proves. `checkpoint` is one of the log, at most as new as
// `state`. The map-head is the newest one whose index is below `map_head_below`: for whoever asks
// for one that a map cosigner has seen already. Errors: "lookup.no_map_head" (there is none below
// it and the checkpoint).
Result<MapHead> index_for(const State& state, const tlog::SignedCheckpoint& checkpoint,
                          std::uint64_t map_head_below = kNewestMapHead);

// Errors: those of `log`.
Result<Lookup> make_lookup(const MapHead& head, const tlog::Ledger& log,
                           const tlog::SignedCheckpoint& checkpoint, const LabelName& name);

// One CBOR item, some two kilobytes. Errors: "lookup.format", and those of CborDocument::parse.
Bytes encode_lookup(const Lookup& lookup);
Result<Lookup> parse_lookup(ByteView bytes);

struct Found {
  std::optional<Entry> entry;  // its issuer is known to whoever knows the log's issuers
  LabelValue value;            // of the label; all zero when it has no entry
  Time as_of;                  // of the map-head
  std::uint64_t behind = 0;    // entries of the checkpoint that the index does not cover
};

// `checkpoint` has been verified: its note is the lookup's, by a key or a quorum that the caller
// trusts; how old it may be is his to judge. `sequencer` signs map-heads. Errors:
// "lookup.checkpoint" (the note is another), "lookup.map_head" (no map-head, not by the sequencer,
// or of another size than its place), "lookup.lag" (the index is further behind than lag_max
// entries), "lookup.entry" (not the entry that the index names), and those of
// merkle::verify_inclusion, verify_lookup and parse_entry.
Result<Found> verify_lookup(const Lookup& lookup, const LabelName& name,
                            const tlog::SignedCheckpoint& checkpoint, cose::PublicKey& sequencer,
                            std::uint64_t lag_max);

// What a map cosigner vouches for: it replayed all entries of this tree, and every index root in it
// is right. `checkpoint` is of the same log as the lookup's.
struct MapCosigned {
  tlog::SignedCheckpoint checkpoint;
  Time when;  // of the cosignature
};

// That `note` is a checkpoint of `log` which `cosigner` has cosigned. Errors: those of
// tlog::verify_checkpoint and verify_cosignature.
Result<MapCosigned> verify_map_cosigned(std::string_view note, const tlog::LogKey& log,
                                        const tlog::CosignerKey& cosigner);
// That the lookup's index is one of those that were vouched for, and not more than `lag_max`
// entries older. `checkpoint` is the lookup's, verified; `growth` leads from the smaller of the two
// trees to the larger one, and is empty where they have one size. Errors: "lookup.uncosigned" (the
// map-head is not below what was cosigned), "lookup.lag", "lookup.fork" (neither tree grew from the
// other).
Status check_map_cosigned(const Lookup& lookup, const tlog::SignedCheckpoint& checkpoint,
                          const MapCosigned& cosigned, const merkle::Proof& growth,
                          std::uint64_t lag_max);

// All entries of a label up to a lookup's map-head, oldest first.
struct History {
  Lookup lookup;
  std::vector<ProvenEntry> earlier;  // all but the newest, which the lookup has
};

// Errors: those of make_lookup, and "lookup.history" (more than kHistoryMax entries).
Result<History> make_history(const MapHead& head, const tlog::Ledger& log,
                             const tlog::SignedCheckpoint& checkpoint, const LabelName& name);
// The entries, oldest first: each names the one before, and their indices are those that the index
// commits to. Errors: those of verify_lookup, and "lookup.history".
Result<std::vector<Entry>> verify_history(const History& history, const LabelName& name,
                                          const tlog::SignedCheckpoint& checkpoint,
                                          cose::PublicKey& sequencer, std::uint64_t lag_max);

}  // namespace atoma::ledger
