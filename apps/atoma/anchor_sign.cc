// Signs a log's head as one of its anchorers, at his own site: only what continues everything that
// he signed before, and is remembered before the signature leaves.
#include <format>

#include "anchor_chain.h"
#include "atoma/base/limits.h"
#include "atoma/monitor/records.h"
#include "atoma/wire/text.h"
#include "conformance/files.h"
#include "log_key.h"
#include "tile_source.h"

namespace atoma::app {
namespace {

using anchor::to_hex;

// The note that is to be signed: the log's newest, or one that somebody proposes, as it is or in a
// file of another anchorer's signature.
Result<std::string> proposed(const AnchorOptions& options, const TileSource& log) {
  if (options.checkpoint.empty()) return log.checkpoint();
  ATOMA_TRY(const auto bytes, conformance::read_file(options.checkpoint, anchor::kSignedHeadMax));
  if (!as_text(bytes).starts_with('{')) return std::string(as_text(bytes));
  ATOMA_TRY(auto head, anchor::parse_signed_head(as_text(bytes)));
  return std::move(head.checkpoint);
}

Error refusal(const monitor::Finding& finding) {
  Error out{Code::kPermissionDenied, finding.id, "not signed: " + finding.text};
  for (const auto& file : finding.files) out.message += "\n  kept: " + file;
  return out;
}

// The checkpoint, once it is the log's and continues the last one that was signed here.
Result<tlog::SignedCheckpoint> continued(monitor::Records& records, const tlog::LogKey& key,
                                         std::string_view note, const TileSource& log) {
  monitor::Follower follower(
      {.log = key, .entries = monitor::EntryKind::kOpaque, .policy = {}, .on_entry = {}},
      records.kept());
  monitor::Findings found;
  const monitor::ReadTile read = [&log](const merkle::Tile& tile) { return log.tile(tile); };
  follower.follow(note, log.name(), read, found);
  if (found.empty()) return *follower.seen();
  for (auto& finding : found) ATOMA_TRY_VOID(records.keep_evidence(finding));
  return std::unexpected(refusal(found.front()));
}

// Errors: "anchor.unwitnessed".
Status check_witnesses(const AnchorOptions& options, std::string_view note) {
  if (options.policy.empty()) return {};
  ATOMA_TRY(const auto text, conformance::read_file(options.policy, tlog::kTlogPolicyMax));
  ATOMA_TRY(const auto policy, tlog::TlogPolicy::parse(as_text(text)));
  ATOMA_TRY(const auto parsed, tlog::parse_note(note));
  std::vector<bool> cosigned;
  std::string missing;
  for (const auto& witness : policy.witnesses()) {
    const auto when = tlog::verify_cosignature(parsed, witness.key);
    cosigned.push_back(when.has_value());
    if (!when) missing += std::format(" {} ({})", witness.name, when.error().reason);
  }
  if (policy.quorum(cosigned)) return {};
  return fail(Code::kPermissionDenied, "anchor.unwitnessed",
              "the checkpoint lacks the quorum of witnesses; not:" + missing);
}

// Where a node of the chain is named: that the checkpoint continues what is anchored. One who signs
// for the first time has nothing else to compare it with.
Status check_chain(const AnchorOptions& options, const tlog::Checkpoint& next,
                   const TileSource& log) {
  if (options.rpc.empty()) return {};
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  ATOMA_TRY(const auto anchored, ask_head(anchoring));
  const auto& [size, root] = anchored.head;
  if (size == 0) return {};
  if (size > next.size) {
    return fail(Code::kPermissionDenied, "anchor.ahead",
                std::format("{} entries are anchored and {} were to be signed: the log was rolled "
                            "back, or this is an old checkpoint",
                            size, next.size));
  }
  const merkle::TileNodes nodes(next.size,
                                [&log](const merkle::Tile& tile) { return log.tile(tile); });
  ATOMA_TRY(const auto growth, merkle::prove_consistency(nodes, size, next.size));
  if (merkle::verify_consistency(size, next.size, growth, root, next.root)) return {};
  return fail(Code::kPermissionDenied, "anchor.fork",
              std::format("the log does not show that it grew from the {} entries that are "
                          "anchored: it was rewritten, or its tiles are damaged",
                          size));
}

std::string told(const Context& context, const AnchorOptions& options, const AnchorPlace& where,
                 const anchor::SignedHead& part, const std::optional<std::uint64_t>& before) {
  const auto signer = to_hex(part.signatures.front().signer);
  if (context.json) {
    wire::JsonWriter out;
    print_place(out, where.rules, where.place);
    print_head(out, "signed", part.head);
    out.member("signer", signer);
    if (before) out.member("grown_from", *before);
    return out.member("file", options.out).end_object().take();
  }
  const auto compared = before ? std::format("they begin with the {} signed before", *before)
                               : std::string(
                                     "the first that this anchorer signs: compared with "
                                     "nothing");
  return std::format("{} entries of {} are signed by {}\n  {}; the signature is in {}",
                     part.head.size, where.rules.origin, signer, compared, options.out);
}

}  // namespace

RemoteResult<std::string> sign_anchor(const Context& context, const AnchorOptions& options) {
  ATOMA_TRY(const auto key, load_chain_key(options.keys.front()));
  ATOMA_TRY(const auto where, open_place(options));
  ATOMA_TRY(const auto log_key, load_any_log_key(options.log_key));
  ATOMA_TRY_VOID(check_origin(where.rules, tlog::name_of(log_key)));
  ATOMA_TRY(const auto log, TileSource::open(options.log));
  auto& files = store::posix_file_system();
  ATOMA_TRY(auto records, monitor::Records::open(files, options.state, log_key));
  if (!records.alarm().empty()) {
    return fail(Code::kPermissionDenied, "anchor.alarm",
                "not signed: this log was found to have two histories: " + records.alarm());
  }
  std::optional<std::uint64_t> before;
  if (records.kept()) before = records.kept()->checkpoint.size;
  ATOMA_TRY(const auto note, proposed(options, log));
  ATOMA_TRY(const auto next, continued(records, log_key, note, log));
  ATOMA_TRY_VOID(check_witnesses(options, next.note));
  ATOMA_TRY_VOID(check_chain(options, next.checkpoint, log));
  // Known for good before anybody can have the signature.
  ATOMA_TRY_VOID(records.keep(next));
  anchor::SignedHead part{.place = where.place,
                          .head = {next.checkpoint.size, next.checkpoint.root},
                          .signatures = {},
                          .checkpoint = next.note};
  part.signatures.push_back(anchor::sign_head(part.place, part.head, key));
  ATOMA_TRY_VOID(
      store::replace_file(files, options.out, as_bytes(anchor::encode_signed_head(part))));
  return told(context, options, where, part, before);
}

}  // namespace atoma::app
