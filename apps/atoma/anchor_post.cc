// Anchors a head: one that this process signs, or one that anchorers signed elsewhere.
#include <algorithm>
#include <format>

#include "anchor_chain.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"
#include "conformance/files.h"
#include "registry_files.h"
#include "registry_lookup.h"
#include "registry_submit.h"

namespace atoma::app {
namespace {

using anchor::to_hex;
using wire::JsonWriter;

// Of the note in a receipt: an entry has at most 24 KiB.
constexpr std::size_t kReceiptNoteMax = 16 * 1024;

// A head and who vouches for it; the signatures in the contract's order.
struct Signed {
  anchor::Head head;
  std::string note;
};

// What the log is told of an anchoring, and scripts too: by the same names.
void write_receipt(const Anchoring& anchoring, const Signed& what,
                   const anchor::TransactionReceipt& receipt, auto&& member) {
  member("chain_id", anchoring.place.chain_id);
  member("contract", to_hex(anchoring.place.contract));
  member("log", to_hex(anchoring.place.log));
  member("transaction", to_hex(receipt.transaction));
  member("block_number", receipt.block_number);
  member("block_hash", to_hex(receipt.block_hash));
  member("origin", anchoring.rules.origin);
  member("size", what.head.size);
  member("root", wire::base64_encode(what.head.root));
  if (!what.note.empty()) member("checkpoint", what.note);
}

std::string receipt_json(const Anchoring& anchoring, const Signed& what,
                         const anchor::TransactionReceipt& receipt) {
  JsonWriter out;
  out.begin_object();
  write_receipt(anchoring, what, receipt,
                [&](std::string_view name, const auto& value) { out.member(name, value); });
  return out.end_object().take();
}

ledger::Draft receipt_draft(const Anchoring& anchoring, const Signed& what,
                            const anchor::TransactionReceipt& receipt) {
  wire::CborWriter body;
  body.begin_map();
  write_receipt(anchoring, what, receipt,
                [&](std::string_view name, const auto& value) { body.key(name).value(value); });
  return {.type = "anchor-receipt",
          .label = {"anchors",
                    std::format("{}/{}", anchoring.place.chain_id, to_hex(anchoring.place.log))},
          .expiry = std::nullopt,
          .body = body.end_map().take()};
}

std::string posted(const Context& context, const Anchoring& anchoring, const Signed& what,
                   const anchor::TransactionReceipt& receipt, std::optional<std::uint64_t> index) {
  if (context.json) {
    JsonWriter out;
    print_place(out, anchoring.rules, anchoring.place);
    print_head(out, "anchored", what.head);
    out.member("new", true)
        .member("transaction", to_hex(receipt.transaction))
        .member("block_number", receipt.block_number)
        .member("block_hash", to_hex(receipt.block_hash))
        .member("gas_used", receipt.gas_used);
    out.key("receipt").raw(receipt_json(anchoring, what, receipt));
    if (index) out.member("index", *index);
    return out.end_object().take();
  }
  const auto where = index ? std::format("the receipt is entry {} of the log", *index)
                           : std::string("its receipt is not on the log: no --issuer");
  return std::format("{} entries of {} are anchored by transaction {}\n  in block {}, {} gas; {}",
                     what.head.size, anchoring.rules.origin, to_hex(receipt.transaction),
                     receipt.block_number, receipt.gas_used, where);
}

// Onto the log where it runs, as one of its issuers. The transaction is paid for: what fails here
// is told with how to do it later.
RemoteResult<std::uint64_t> submit_receipt(const AnchorOptions& options, const Anchoring& anchoring,
                                           const Signed& what,
                                           const anchor::TransactionReceipt& receipt) {
  auto draft = receipt_draft(anchoring, what, receipt);
  const auto answer = submit_statement({.server = options.server,
                                        .key = options.issuer,
                                        .type = draft.type,
                                        .label = draft.label,
                                        .body = std::move(draft.body)});
  if (answer) {
    const auto document = wire::JsonDocument::parse(as_text(*answer));
    const auto* index = document ? document->root().find("index") : nullptr;
    const auto number = index != nullptr ? index->unsigned_integer() : std::nullopt;
    if (number) return *number;
  }
  RemoteError error = answer ? bad_answer() : answer.error();
  error.message = std::format(
      "anchored by transaction {}, but its receipt is not on the log: {}\n  later: atoma registry "
      "submit --type anchor-receipt --namespace {} --label {} --key KEY --body '{}'",
      to_hex(receipt.transaction), error.message, draft.label.space, draft.label.label,
      receipt_json(anchoring, what, receipt));
  return std::unexpected(std::move(error));
}

// Without the longest signatures by others, as many as must be for an entry to hold it: below the
// log's own line, which comes first.
std::string shortened(std::string_view note) {
  const auto parsed = tlog::parse_note(note);
  if (note.size() <= kReceiptNoteMax || !parsed || parsed->signatures.empty()) {
    return std::string(note);
  }
  auto lines = parsed->signatures;
  const auto whole = [&] {
    std::string out = parsed->text + "\n";
    for (const auto& line : lines) out += tlog::encode_signature_line(line);
    return out;
  };
  std::string out = whole();
  while (out.size() > kReceiptNoteMax && lines.size() > 1) {
    const auto longest = std::ranges::max_element(
        lines.begin() + 1, lines.end(), {}, [](const auto& line) { return line.signature.size(); });
    lines.erase(longest);
    out = whole();
  }
  return out.size() <= kReceiptNoteMax ? out : "";
}

// Of a head of this log.
Result<anchor::SignedHead> load_part(const std::string& path, const anchor::Place& place,
                                     const tlog::VerifierKey& key) {
  ATOMA_TRY(auto part, load_signed_head(path, place));
  auto note = tlog::verify_checkpoint(part.checkpoint, key);
  if (!note) {
    note.error().message = path + ": " + note.error().message;
    return std::unexpected(std::move(note).error());
  }
  if (anchor::Head{note->checkpoint.size, note->checkpoint.root} == part.head) return part;
  return fail(Code::kPermissionDenied, "anchor.checkpoint",
              path + ": the checkpoint in it is not of the head that is signed");
}

Result<anchor::SignedHead> load_parts(const AnchorOptions& options, const anchor::Place& place,
                                      const tlog::VerifierKey& key) {
  std::vector<anchor::SignedHead> parts;
  for (const auto& path : options.signatures) {
    ATOMA_TRY(auto part, load_part(path, place, key));
    parts.push_back(std::move(part));
  }
  return anchor::join(parts);
}

}  // namespace

RemoteResult<std::string> post_anchor(const Context& context, const AnchorOptions& options) {
  std::vector<crypto::Secp256k1PrivateKey> keys;
  for (const auto& path : options.keys) {
    ATOMA_TRY(auto key, load_chain_key(path));
    keys.push_back(std::move(key));
  }
  ATOMA_TRY(const auto payer, load_chain_key(options.payer));
  if (!options.issuer.empty()) {
    ATOMA_TRY_VOID(load_issuer_key(options.issuer));
  }
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  ATOMA_TRY(auto log, open_anchor_log(options, anchoring.rules));
  const auto& [rules, place, node] = anchoring;
  Signed what{log.head(), log.note()};
  anchor::SignedHead joined;
  if (!options.signatures.empty()) {
    ATOMA_TRY(joined, load_parts(options, place, log.key()));
    what = {joined.head, joined.checkpoint};
  }
  ATOMA_TRY(const auto standing, compare(anchoring, log, what.head));
  if (standing.anchored.head.size == what.head.size) {
    JsonWriter out;
    print_place(out, rules, place);
    print_head(out, "anchored", what.head);
    if (context.json) return out.member("new", false).end_object().take();
    return std::format("all {} entries of {} are anchored already", what.head.size, log.origin());
  }
  Bytes signatures = anchor::sign_head(place, what.head, keys);
  if (keys.empty()) {
    ATOMA_TRY(signatures, quorum_in_office(anchoring, joined));
  }
  what.note = shortened(what.note);
  auto call = anchor::encode_anchor(place.log, what.head, standing.growth, signatures);
  ATOMA_TRY(const auto receipt,
            node.send(place.contract, std::move(call), payer, options.limits()));
  ATOMA_TRY(auto index, log.put(receipt_draft(anchoring, what, receipt)));
  if (!options.issuer.empty()) {
    ATOMA_TRY(index, submit_receipt(options, anchoring, what, receipt));
  }
  return posted(context, anchoring, what, receipt, index);
}

}  // namespace atoma::app
