#include "anchor_chain.h"

#include <format>

#include "atoma/wire/text.h"
#include "attestation.h"
#include "conformance/files.h"
#include "server/data_directory.h"

namespace atoma::app {

using anchor::to_hex;

Result<crypto::Secp256k1PrivateKey> load_chain_key(const std::string& path) {
  constexpr std::size_t kFileMax = 128;
  ATOMA_TRY(const auto file, server::read_secret_file(path, kFileMax));
  auto text = as_text(file.expose("a key for the chain"));
  while (!text.empty() && text.back() <= ' ') text.remove_suffix(1);
  if (text.starts_with("0x")) text.remove_prefix(2);
  Secret<32> scalar;
  if (!wire::hex_decode_into(text, scalar.expose_mutable("a key for the chain"))) {
    return malformed("anchor.key", path + ": expected 64 hex digits");
  }
  return crypto::Secp256k1PrivateKey::from_scalar(scalar.expose("a key for the chain"));
}

Result<AnchorPlace> open_place(const AnchorOptions& options) {
  ATOMA_TRY(const auto text, conformance::read_file(options.rules, anchor::kRulesMax));
  ATOMA_TRY(auto rules, anchor::parse_rules(as_text(text)));
  anchor::Place place{.chain_id = options.chain_id, .log = anchor::log_id(rules)};
  ATOMA_TRY(place.contract, anchor::parse_address(options.contract));
  return AnchorPlace{std::move(rules), place};
}

Result<Anchoring> open_anchoring(const AnchorOptions& options) {
  ATOMA_TRY(auto where, open_place(options));
  ATOMA_TRY(auto node, ChainNode::open(options.rpc, options.chain_id));
  return Anchoring{std::move(where.rules), where.place, std::move(node)};
}

Status check_origin(const anchor::Rules& rules, const std::string& origin) {
  if (origin == rules.origin) return {};
  return malformed("anchor.origin",
                   std::format("the log is {}, the rules are those of {}", origin, rules.origin));
}

RemoteResult<AnchorLog> open_anchor_log(const AnchorOptions& options, const anchor::Rules& rules) {
  ATOMA_TRY(auto log, options.data.empty() ? AnchorLog::open_remote(options.server, options.log_key)
                                           : AnchorLog::open_directory(options.data));
  ATOMA_TRY_VOID(check_origin(rules, log.origin()));
  return log;
}

std::string contradiction(const anchor::Head& a, const anchor::Head& b) {
  return std::format("{} entries under {} and {} under {} can't both be this log's", a.size,
                     wire::base64_encode(a.root), b.size, wire::base64_encode(b.root));
}

Result<anchor::AnchoredHead> ask_head(const Anchoring& anchoring) {
  const auto& [rules, place, node] = anchoring;
  ATOMA_TRY(const auto answer, node.ask(place.contract, anchor::encode_head(place.log)));
  ATOMA_TRY(const auto anchored, anchor::decode_head(answer));
  if (!anchored.frozen) return anchored;
  std::string why = "two heads were shown that can't both be true";
  const auto events = node.events(place.contract, anchor::forked_topic(), place.log);
  if (events && !events->empty()) {
    const auto heads = anchor::decode_forked(events->back());
    if (heads) why = contradiction(heads->first, heads->second);
  }
  return fail(Code::kPermissionDenied, "anchor.frozen", "this log is frozen on the chain: " + why);
}

Result<anchor::SignedHead> load_signed_head(const std::string& path, const anchor::Place& place) {
  ATOMA_TRY(const auto text, conformance::read_file(path, anchor::kSignedHeadMax));
  const auto named = [&](Error error) {
    error.message = path + ": " + error.message;
    return std::unexpected(std::move(error));
  };
  auto part = anchor::parse_signed_head(as_text(text));
  if (!part) return named(part.error());
  if (const auto held = anchor::verify_signatures(*part, place); !held) return named(held.error());
  return part;
}

Result<Bytes> quorum_in_office(const Anchoring& anchoring, const anchor::SignedHead& head) {
  const auto& [rules, place, node] = anchoring;
  ATOMA_TRY(const auto answer, node.ask(place.contract, anchor::encode_quorum(place.log)));
  ATOMA_TRY(const auto quorum, anchor::decode_quorum(answer));
  anchor::Office office{.anchorers = {}, .threshold = quorum.threshold};
  for (const auto& [signer, bytes] : head.signatures) {
    ATOMA_TRY(const auto said,
              node.ask(place.contract, anchor::encode_is_anchorer(place.log, signer)));
    ATOMA_TRY(const bool sits, anchor::decode_flag(said));
    if (sits) office.anchorers.push_back(signer);
  }
  return anchor::quorum_of(head, office);
}

RemoteResult<Standing> compare(const Anchoring& anchoring, const AnchorLog& log,
                               const anchor::Head& head) {
  Standing out;
  ATOMA_TRY(out.anchored, ask_head(anchoring));
  const auto& [size, root] = out.anchored.head;
  for (const auto& [known, how] : {std::pair(size, "anchored"), std::pair(head.size, "signed")}) {
    if (known <= log.size()) continue;
    return fail(Code::kPermissionDenied, "anchor.ahead",
                std::format("{} entries are {} and the log has {}: IT WAS ROLLED BACK", known, how,
                            log.size()));
  }
  if (size > head.size) {
    return fail(Code::kFailedPrecondition, "anchor.stale",
                std::format("{} entries are signed, and {} are anchored already", head.size, size));
  }
  if (head.size == 0) return out;
  ATOMA_TRY(auto growth, log.grown(size == 0 ? head.size : size, head.size));
  if (size != 0 && growth.old_root != root) {
    return fail(Code::kPermissionDenied, "anchor.fork",
                std::format("the log's first {} entries are not those that are anchored: IT WAS "
                            "REWRITTEN",
                            size));
  }
  if (growth.new_root != head.root) {
    return fail(Code::kPermissionDenied, "anchor.fork",
                std::format("the log's first {} entries are not those that were signed: IT WAS "
                            "REWRITTEN",
                            head.size));
  }
  out.growth = std::move(growth.proof);
  return out;
}

void print_place(wire::JsonWriter& out, const anchor::Rules& rules, const anchor::Place& place) {
  out.begin_object()
      .member("chain_id", place.chain_id)
      .member("contract", to_hex(place.contract))
      .member("log", to_hex(place.log))
      .member("origin", rules.origin);
}

void print_head(wire::JsonWriter& out, std::string_view name, const anchor::Head& head) {
  out.key(name).begin_object();
  out.member("size", head.size).member("root", wire::base64_encode(head.root)).end_object();
}

int anchor_exit_code(const Error& error) {
  for (const std::string_view reason :
       {"rpc.answer", "rpc.refused", "anchor.answer", "anchor.pending", "monitor.unreachable"}) {
    if (error.reason == reason) return kExitUnappraisable;
  }
  for (const std::string_view reason :
       {"rpc.reverted", "anchor.reverted", "anchor.stale", "anchor.too_few", "anchor.consistent"}) {
    if (error.reason == reason) return kExitRefused;
  }
  return exit_code_of(error);
}

}  // namespace atoma::app
