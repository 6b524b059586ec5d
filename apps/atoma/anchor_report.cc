// Freezes a log on its chain, for everybody: shows two heads of it that can't both be true.
#include <format>

#include "anchor_chain.h"
#include "atoma/anchor/rewrite.h"
#include "atoma/wire/text.h"
#include "tile_source.h"

namespace atoma::app {
namespace {

using anchor::Claim;
using anchor::Head;

// What the ring still has for this size.
Result<std::optional<anchor::Word>> anchored_root(const Anchoring& anchoring, std::uint64_t size) {
  const auto& [rules, place, node] = anchoring;
  const auto answer = node.ask(place.contract, anchor::encode_anchored_root(place.log, size));
  if (!answer && answer.error().reason == "rpc.reverted") return std::nullopt;
  if (!answer) return std::unexpected(answer.error());
  ATOMA_TRY(const auto root, anchor::decode_root(*answer));
  return root;
}

// One for each head that was signed. Errors: "anchor.heads" for more than two.
Result<std::vector<anchor::SignedHead>> load_heads(const AnchorOptions& options,
                                                   const anchor::Place& place) {
  std::vector<std::vector<anchor::SignedHead>> heads;
  for (const auto& path : options.signatures) {
    ATOMA_TRY(auto part, load_signed_head(path, place));
    const auto known = std::ranges::find_if(
        heads, [&](const auto& parts) { return parts.front().head == part.head; });
    auto& parts = known == heads.end() ? heads.emplace_back() : *known;
    parts.push_back(std::move(part));
  }
  if (heads.size() > 2) {
    return malformed("anchor.heads",
                     std::format("signatures of {} heads: a report is of two", heads.size()));
  }
  std::vector<anchor::SignedHead> out;
  for (const auto& parts : heads) {
    ATOMA_TRY(auto joined, anchor::join(parts));
    out.push_back(std::move(joined));
  }
  return out;
}

// A head that is anchored needs no signatures; any other those of who is in office now.
Result<Claim> claim_of(const Anchoring& anchoring, const anchor::SignedHead& head) {
  Claim out{.head = head.head};
  ATOMA_TRY(const auto anchored, anchored_root(anchoring, head.head.size));
  if (anchored == head.head.root) return out;
  ATOMA_TRY(out.signatures, quorum_in_office(anchoring, head));
  return out;
}

// What is anchored: of this size, where the ring has it, or the newest.
Result<Claim> anchored_claim(const Anchoring& anchoring, const Head& newest, std::uint64_t size) {
  ATOMA_TRY(const auto root, anchored_root(anchoring, size));
  if (root) return Claim{.head = {size, *root}};
  return Claim{.head = newest};
}

// Which of two logs is the head's is found out.
Status show_rewrite(const AnchorOptions& options, Claim& a, Claim& b, std::uint64_t& index) {
  if (options.logs.size() != 2) {
    return malformed("anchor.logs",
                     std::format("heads of {} and {} entries: what differs is found in the two "
                                 "logs that they are of, give both with --log",
                                 a.head.size, b.head.size));
  }
  ATOMA_TRY(const auto one, TileSource::open(options.logs[0]));
  ATOMA_TRY(const auto other, TileSource::open(options.logs[1]));
  const auto tree_of = [](const TileSource& log, const Head& head) {
    return merkle::TileNodes(head.size,
                             [&log](const merkle::Tile& tile) { return log.tile(tile); });
  };
  const auto trial = tree_of(one, a.head);
  const auto root = merkle::root_at(trial, a.head.size);
  const bool in_order = root && *root == a.head.root;
  const auto tree_a = tree_of(in_order ? one : other, a.head);
  const auto tree_b = tree_of(in_order ? other : one, b.head);
  ATOMA_TRY(auto found, anchor::find_rewrite({a.head, &tree_a}, {b.head, &tree_b}));
  index = found.index;
  found.a.signatures = std::move(a.signatures);
  found.b.signatures = std::move(b.signatures);
  a = std::move(found.a);
  b = std::move(found.b);
  return {};
}

std::string told(const Context& context, const Anchoring& anchoring, const Claim& a, const Claim& b,
                 const anchor::TransactionReceipt& receipt) {
  if (context.json) {
    wire::JsonWriter out;
    print_place(out, anchoring.rules, anchoring.place);
    print_head(out, "one", a.head);
    print_head(out, "other", b.head);
    return out.member("frozen", true)
        .member("transaction", anchor::to_hex(receipt.transaction))
        .member("block_number", receipt.block_number)
        .member("gas_used", receipt.gas_used)
        .end_object()
        .take();
  }
  return std::format("{} is frozen on chain {} by transaction {}\n  {}", anchoring.rules.origin,
                     anchoring.place.chain_id, anchor::to_hex(receipt.transaction),
                     contradiction(a.head, b.head));
}

}  // namespace

RemoteResult<std::string> report_anchor(const Context& context, const AnchorOptions& options) {
  ATOMA_TRY(const auto payer, load_chain_key(options.payer));
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  const auto& [rules, place, node] = anchoring;
  ATOMA_TRY(const auto heads, load_heads(options, place));
  ATOMA_TRY(const auto newest, ask_head(anchoring));
  ATOMA_TRY(auto a, claim_of(anchoring, heads.front()));
  ATOMA_TRY(auto b, heads.size() == 2 ? claim_of(anchoring, heads.back())
                                      : anchored_claim(anchoring, newest.head, a.head.size));
  if (a.head == b.head) {
    return fail(
        Code::kFailedPrecondition, "anchor.consistent",
        std::format("the {} entries that were signed are those that are anchored", a.head.size));
  }
  Bytes call = anchor::encode_report_fork(place.log, a, b);
  if (a.head.size != b.head.size) {
    std::uint64_t index = 0;
    ATOMA_TRY_VOID(show_rewrite(options, a, b, index));
    call = anchor::encode_report_rewrite(place.log, index, a, b);
  }
  ATOMA_TRY(const auto receipt,
            node.send(place.contract, std::move(call), payer, options.limits()));
  return told(context, anchoring, a, b, receipt);
}

}  // namespace atoma::app
