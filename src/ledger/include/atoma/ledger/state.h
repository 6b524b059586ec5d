// What a ledger's entries add up to, and the rules that an entry must keep to be appended. A pure
// function of the log: the sequencer asks before it appends, and whoever replays the log with
// another State finds the first entry that broke a rule.
//
//   State state;
//   ATOMA_TRY(Admission next, state.admit(bytes, index));   // nothing has changed yet
//   if (next.duplicate_of) return *next.duplicate_of;        // the same statement, sent again
//   … append …
//   state.apply(std::move(next));
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "atoma/ledger/entry.h"
#include "atoma/merkle/frontier.h"
#include "atoma/merkle/prefix_trie.h"

namespace atoma::ledger {

// An issuer can't date an entry further back than this behind the newest one.
inline constexpr Duration kBackdatingMax{300};
// A proposal must have observed a root that is known: one of so many newest sizes, or, for whoever
// signs away from the network, one of so many newest whole multiples of a tile's width.
inline constexpr std::size_t kRootsKept = 1024;
inline constexpr std::size_t kTileRootsKept = 4096;

// What an issuer may write. Members vote; the others are programs.
enum class Role : std::uint8_t { kMember, kVerifier, kRegistrar, kService, kSequencer, kNode };
std::string_view role_name(Role role);
std::optional<Role> role_from_name(std::string_view name);

struct Issuer {
  std::string name;
  cose::Algorithm algorithm = cose::Algorithm::kEs256;
  Bytes public_key;  // raw
  std::uint64_t weight = 0;
  std::set<Role> roles;
};

// Weight of votes that a change needs. Adding trust is slow and high, removing it fast and low.
struct Thresholds {
  std::uint64_t add = 0;
  std::uint64_t remove = 0;
  Duration delay;  // from a proposal that adds trust to its activation
};

// What the members have agreed on. Empty sets of policies and measurements: not governed yet, any
// will do; once there was one, only those that are in the set.
struct Trust {
  Thresholds thresholds;
  std::set<Bytes> policies, measurements;  // digests
  std::set<Bytes> revoked_policies, revoked_measurements;
  bool policies_governed = false, measurements_governed = false;
};

struct Attestation {
  Hash key_digest{};  // SHA-256 of the raw public key that the evidence binds
  Hash ear{};         // of the attestation result
  Bytes measurement;
  Bytes policy;
  Time expiry;
};

struct Proposal {
  Hash leaf{};
  std::string change;  // "measurement.add", …
  Bytes value;         // CBOR
  Time time;
  std::uint64_t needed = 0;  // by the thresholds in force when it was made
  Duration delay;
  std::set<KeyId> votes;  // who weighs how much is seen when it is activated
};

// One rotation of a label's key. Members are issuers with the role of a node.
struct Rotation {
  std::uint64_t opened_at = 0;  // index of rotation.open
  std::uint64_t epoch = 0;      // the new one
  std::set<KeyId> roster, joined, acknowledged;
  Hash roster_root{};
  std::uint64_t quorum = 0;
  Time deadline;
  std::optional<Bytes> new_key;  // [algorithm, raw], once committed
  bool active = false;
};

// What a label adds up to: the value in the verifiable index.
struct LabelValue {
  std::uint64_t count = 0;
  EntryRef head;
  Hash list_root{};  // RFC 6962 root over the indices, each as eight bytes, big-endian

  Bytes encode() const;
  // Errors: "label.value".
  static Result<LabelValue> decode(ByteView bytes);
  friend bool operator==(const LabelValue&, const LabelValue&) = default;
};

// A leaf of the tree under list_root.
Hash label_list_leaf(std::uint64_t index);

struct LabelState {
  LabelName name;
  std::string family;  // of types: a label's entries are all of one
  LabelValue value;
  merkle::Frontier list;
  std::uint64_t epoch = 0;  // of a key
  std::optional<Rotation> rotation;
};

inline constexpr std::size_t kMapHeadsKept = 64;

// An index root on the log: what lookups are proved against.
struct MapHead {
  std::uint64_t index = 0;  // of the map-head entry; it covers the entries before it
  merkle::PrefixTrie trie;
};

// What a quorum of a roster signs, each with the key of its node: deterministic CBOR.
Bytes rotation_commit_message(const LabelName& label, std::uint64_t epoch, std::int64_t algorithm,
                              ByteView public_key, const Hash& roster_root);

class State;
using Effect = std::move_only_function<void(State&)>;

struct Admission {
  std::uint64_t index = 0;
  std::optional<std::uint64_t> duplicate_of;
  std::shared_ptr<const Entry> entry;
  Effect effect;
};

// An entry of one's own, signed, and what it would change.
struct OwnEntry {
  Bytes bytes;
  Admission admission;
};

class State {
 public:
  // Whether `bytes` may be entry number size(). `now` is the sequencer's clock; a replay has none.
  // Errors: those of parse_entry, and of each rule (README: "rule.…").
  Result<Admission> admit(ByteView bytes, std::optional<Time> now = std::nullopt) const;
  // Of a log that was replayed before, up to here and beyond: the signature was verified then.
  // Every other rule holds. Errors: those of admit.
  Result<Admission> admit_again(ByteView bytes) const;
  // Signs `statement` and admits the entry; a signature made just now isn't verified. Every other
  // rule holds. Errors: those of admit.
  Result<OwnEntry> admit_own(const Statement& statement, const cose::SigningKey& key,
                             std::optional<Time> now = std::nullopt) const;
  // The newest admission, not a duplicate; the entry is in the log now.
  void apply(Admission&& admission);

  std::uint64_t size() const { return tree_.size(); }
  Hash root() const { return tree_.root(); }
  // What the root was at this size; nothing when it is not known any more.
  std::optional<Hash> root_at(std::uint64_t size) const;
  Time time() const { return time_; }
  const Trust& trust() const { return trust_; }
  const LabelState* label(const LabelName& name) const;
  const Issuer* issuer(const KeyId& id) const;
  const Attestation* attestation(std::uint64_t index) const;
  const Proposal* proposal(std::uint64_t index) const;
  // The index over all labels as they are now: what the next map-head entry must say.
  merkle::PrefixTrie index_now() const;
  // The same, remembered: until the next entry index_now() is a copy.
  const merkle::PrefixTrie& fold_index();
  // The newest map-head below `size`; null when there is none, or it was too long ago.
  const MapHead* map_head(std::uint64_t size) const;

  // For the rules alone.
  struct Parts;

 private:
  friend struct Parts;
  enum class Signature : std::uint8_t { kUnverified, kGood };
  Result<Admission> admit_entry(Entry entry, std::optional<Time> now, Signature signature) const;
  Result<const Issuer*> known_issuer(const Entry& entry) const;
  static Status check_signature(const Entry& entry, const Issuer& issuer);
  Status check_label(const Entry& entry) const;
  Status check_time(const Entry& entry, std::optional<Time> now) const;
  Result<std::optional<std::uint64_t>> find_duplicate(const Entry& entry) const;
  void forget_old();

  merkle::Frontier tree_;
  std::deque<Hash> roots_;       // of the newest sizes, the last one size()'s
  std::deque<Hash> tile_roots_;  // of the newest multiples of merkle::kTileWidth
  Time time_;               // the latest that an entry has
  std::unordered_map<std::string, LabelState> labels_;
  std::map<KeyId, Issuer> issuers_;
  Trust trust_;
  std::map<std::uint64_t, Attestation> attestations_;  // accepted and not yet expired
  std::multimap<Time, std::uint64_t> attestation_expiries_;
  std::map<std::uint64_t, Proposal> proposals_;  // open
  struct Sent {
    std::uint64_t index = 0;
    Hash leaf{};
    Time time;
  };
  using SentKey = std::pair<KeyId, Bytes>;
  std::map<SentKey, Sent>
      sent_;  // those that could be sent again: kBackdatingMax and a little more
  std::deque<SentKey> sent_order_;
  merkle::PrefixTrie trie_;
  std::vector<merkle::TrieLeaf> changed_;  // not yet in trie_
  std::deque<MapHead> map_heads_;
};

}  // namespace atoma::ledger
