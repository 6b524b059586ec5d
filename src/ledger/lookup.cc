#include "atoma/ledger/lookup.h"

#include <algorithm>
#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/cbor_writer.h"
#include "rules.h"

namespace atoma::ledger {
namespace {

Result<ProvenEntry> prove_entry(const tlog::Ledger& log, std::uint64_t index, std::uint64_t size) {
  ProvenEntry out{.index = index};
  ATOMA_TRY(out.bytes, log.entry(index));
  ATOMA_TRY(out.inclusion, log.prove_inclusion(index, size));
  return out;
}

void write_entry(wire::CborWriter& out, const ProvenEntry& entry) {
  out.begin_array().value(entry.index).bytes(entry.bytes).begin_array();
  for (const Hash& hash : entry.inclusion) out.bytes(hash);
  out.end_array().end_array();
}

std::unexpected<Error> bad_format(std::string_view what) {
  return malformed("lookup.format", std::format("expected {}", what));
}

Result<Hash> read_hash(const wire::CborItem& item) {
  Hash out;
  const auto bytes = item.bytes();
  if (!bytes || bytes->size() != out.size()) return bad_format("a hash of 32 bytes");
  std::ranges::copy(*bytes, out.begin());
  return out;
}

Result<ProvenEntry> read_entry(const wire::CborItem& item) {
  const auto parts = item.is_array() ? item.items() : std::vector<wire::CborItem>();
  const auto index = parts.size() == 3 ? parts[0].unsigned_integer() : std::nullopt;
  const auto bytes = parts.size() == 3 ? parts[1].bytes() : std::nullopt;
  if (!index || !bytes || !parts[2].is_array() || parts[2].size() > limits::kMerkleProofMax) {
    return bad_format("an entry as [index, bytes, [hash…]]");
  }
  ProvenEntry out{.index = *index, .bytes = to_bytes(*bytes), .inclusion = {}};
  for (const auto& hash : parts[2].items()) {
    ATOMA_TRY(out.inclusion.emplace_back(), read_hash(hash));
  }
  return out;
}

// Empty subtrees are written as empty strings: most proofs have none, and zeros are no hash.
Result<merkle::TrieProof> read_path(const wire::CborItem& siblings, const wire::CborItem& leaf) {
  merkle::TrieProof out;
  if (!siblings.is_array() || siblings.size() > 256) return bad_format("at most 256 siblings");
  for (const auto& item : siblings.items()) {
    out.siblings.emplace_back();
    if (item.bytes() && item.bytes()->empty()) continue;
    ATOMA_TRY(out.siblings.back(), read_hash(item));
    if (out.siblings.back() == Hash{}) return bad_format("an empty subtree as an empty string");
  }
  if (leaf.is_null()) return out;
  const auto parts = leaf.is_array() ? leaf.items() : std::vector<wire::CborItem>();
  const auto value = parts.size() == 2 ? parts[1].bytes() : std::nullopt;
  if (!value) return bad_format("a leaf as [key, value]");
  out.leaf.emplace();
  ATOMA_TRY(out.leaf->key, read_hash(parts[0]));
  out.leaf->value = to_bytes(*value);
  return out;
}

Status in_log(const ProvenEntry& entry, const tlog::Checkpoint& checkpoint) {
  return merkle::verify_inclusion(entry.index, checkpoint.size, merkle::leaf_hash(entry.bytes),
                                  entry.inclusion, checkpoint.root);
}

// An authentic map-head which covers all before it, up to `lag_max` behind the checkpoint.
Result<std::pair<Entry, MapHeadBody>> believed_map_head(const ProvenEntry& proven,
                                                        const tlog::Checkpoint& checkpoint,
                                                        cose::PublicKey& sequencer,
                                                        std::uint64_t lag_max) {
  ATOMA_TRY_VOID(in_log(proven, checkpoint));
  ATOMA_TRY(Entry entry, parse_entry(proven.bytes));
  if (entry.statement.type != "map-head" || !entry.signed_by(sequencer)) {
    return malformed("lookup.map_head",
                     std::format("entry {} is no map-head of the sequencer", proven.index));
  }
  ATOMA_TRY(const MapHeadBody body, read_map_head(entry.statement.body));
  if (body.size != proven.index) {
    return malformed("lookup.map_head", std::format("entry {} says that it covers {} entries",
                                                    proven.index, body.size));
  }
  if (checkpoint.size - body.size > lag_max) {
    return fail(Code::kFailedPrecondition, "lookup.lag",
                std::format("the index covers {} entries of {}; at most {} may be missing",
                            body.size, checkpoint.size, lag_max));
  }
  return std::pair(std::move(entry), body);
}

Result<Entry> named_entry(const ProvenEntry& proven, const EntryRef& expected,
                          const LabelName& name, const tlog::Checkpoint& checkpoint) {
  ATOMA_TRY_VOID(in_log(proven, checkpoint));
  ATOMA_TRY(Entry entry, parse_entry(proven.bytes));
  if (proven.index != expected.index || entry.leaf != expected.leaf ||
      entry.statement.label != name) {
    return malformed("lookup.entry",
                     std::format("entry {} is not the one that is named: {} of {} {}", proven.index,
                                 expected.index, name.space, name.label));
  }
  return entry;
}

}  // namespace

Result<MapHead> index_for(const State& state, const tlog::SignedCheckpoint& checkpoint,
                          std::uint64_t map_head_below) {
  const std::uint64_t below = std::min(checkpoint.checkpoint.size, map_head_below);
  const MapHead* head = state.map_head(below);
  if (head != nullptr) return *head;
  return fail(
      Code::kUnavailable, "lookup.no_map_head",
      std::format("the log has no index root below {} (yet, or any more): try again in a moment",
                  below));
}

Result<Lookup> make_lookup(const MapHead& head, const tlog::Ledger& log,
                           const tlog::SignedCheckpoint& checkpoint, const LabelName& name) {
  const std::uint64_t size = checkpoint.checkpoint.size;
  Lookup out{.checkpoint = checkpoint.note, .map_head = {}, .path = {}, .entry = {}};
  ATOMA_TRY(out.map_head, prove_entry(log, head.index, size));
  const Hash key = name.key();
  out.path = head.trie.prove(key);
  if (const Bytes* value = head.trie.find(key)) {
    ATOMA_TRY(const LabelValue label, LabelValue::decode(*value));
    ATOMA_TRY(out.entry, prove_entry(log, label.head.index, size));
  }
  return out;
}

Bytes encode_lookup(const Lookup& lookup) {
  wire::CborWriter out;
  out.begin_array().value(lookup.checkpoint);
  write_entry(out, lookup.map_head);
  out.begin_array();
  for (const Hash& sibling : lookup.path.siblings) {
    out.bytes(sibling == Hash{} ? ByteView() : ByteView(sibling));
  }
  out.end_array();
  if (lookup.path.leaf) {
    out.begin_array().bytes(lookup.path.leaf->key).bytes(lookup.path.leaf->value).end_array();
  } else {
    out.null();
  }
  if (lookup.entry) {
    write_entry(out, *lookup.entry);
  } else {
    out.null();
  }
  return out.end_array().take();
}

Result<Lookup> parse_lookup(ByteView bytes) {
  ATOMA_TRY(const auto document, wire::CborDocument::parse(bytes));
  const auto parts =
      document.root().is_array() ? document.root().items() : std::vector<wire::CborItem>();
  const auto note = parts.size() == 5 ? parts[0].text() : std::nullopt;
  if (!note) return bad_format("[checkpoint, map-head, siblings, leaf or null, entry or null]");
  Lookup out{.checkpoint = std::string(*note), .map_head = {}, .path = {}, .entry = {}};
  ATOMA_TRY(out.map_head, read_entry(parts[1]));
  ATOMA_TRY(out.path, read_path(parts[2], parts[3]));
  if (!parts[4].is_null()) {
    ATOMA_TRY(out.entry, read_entry(parts[4]));
  }
  return out;
}

Result<Found> verify_lookup(const Lookup& lookup, const LabelName& name,
                            const tlog::SignedCheckpoint& checkpoint, cose::PublicKey& sequencer,
                            std::uint64_t lag_max) {
  if (lookup.checkpoint != checkpoint.note) {
    return malformed("lookup.checkpoint", "the lookup is against another checkpoint");
  }
  ATOMA_TRY(const auto head,
            believed_map_head(lookup.map_head, checkpoint.checkpoint, sequencer, lag_max));
  ATOMA_TRY(const auto value, merkle::verify_lookup(name.key(), lookup.path, head.second.root));
  Found out{.as_of = head.first.statement.time,
            .behind = checkpoint.checkpoint.size - head.second.size};
  if (value.has_value() != lookup.entry.has_value()) {
    return malformed("lookup.entry", value ? "the index names an entry, and it is not here"
                                           : "there is an entry that the index does not name");
  }
  if (!value) return out;
  ATOMA_TRY(out.value, LabelValue::decode(*value));
  ATOMA_TRY(out.entry, named_entry(*lookup.entry, out.value.head, name, checkpoint.checkpoint));
  return out;
}

Result<History> make_history(const MapHead& head, const tlog::Ledger& log,
                             const tlog::SignedCheckpoint& checkpoint, const LabelName& name) {
  History out;
  ATOMA_TRY(out.lookup, make_lookup(head, log, checkpoint, name));
  if (!out.lookup.entry) return out;
  ATOMA_TRY(Entry entry, parse_entry(out.lookup.entry->bytes));
  while (const auto before = entry.statement.previous) {
    if (out.earlier.size() >= kHistoryMax) {
      return fail(Code::kResourceExhausted, "lookup.history",
                  std::format("the label has more than {} entries", kHistoryMax));
    }
    ATOMA_TRY(out.earlier.emplace_back(),
              prove_entry(log, before->index, checkpoint.checkpoint.size));
    ATOMA_TRY(entry, parse_entry(out.earlier.back().bytes));
  }
  std::ranges::reverse(out.earlier);
  return out;
}

Result<std::vector<Entry>> verify_history(const History& history, const LabelName& name,
                                          const tlog::SignedCheckpoint& checkpoint,
                                          cose::PublicKey& sequencer, std::uint64_t lag_max) {
  ATOMA_TRY(Found found, verify_lookup(history.lookup, name, checkpoint, sequencer, lag_max));
  std::vector<Entry> out;
  if (!found.entry) {
    if (history.earlier.empty()) return out;
    return malformed("lookup.history", "there are entries of a label that has none");
  }
  if (history.earlier.size() + 1 != found.value.count) {
    return malformed("lookup.history", std::format("{} entries; the index counts {}",
                                                   history.earlier.size() + 1, found.value.count));
  }
  out.push_back(*std::move(found.entry));
  for (std::size_t i = history.earlier.size(); i-- > 0;) {
    const auto& before = out.back().statement.previous;
    if (!before) return malformed("lookup.history", "the chain of entries begins too late");
    ATOMA_TRY(out.emplace_back(),
              named_entry(history.earlier[i], *before, name, checkpoint.checkpoint));
  }
  std::ranges::reverse(out);
  merkle::Frontier list;
  for (const ProvenEntry& entry : history.earlier) list.append(label_list_leaf(entry.index));
  list.append(label_list_leaf(found.value.head.index));
  if (out.front().statement.previous || list.root() != found.value.list_root) {
    return malformed("lookup.history", "the entries are not those that the index commits to");
  }
  return out;
}

}  // namespace atoma::ledger
