#include <cstdio>
#include <format>

#include "anchor_log.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "chain_node.h"
#include "command.h"
#include "conformance/files.h"
#include "server/data_directory.h"

namespace atoma::app {
namespace {

using anchor::to_hex;
using wire::JsonWriter;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string log_key, data;
  std::string rules, rpc, contract, payer;
  std::vector<std::string> keys;
  std::uint64_t chain_id = 0;
  std::uint64_t fee_max_gwei = 500;
  std::uint32_t wait_s = 180;

  SendLimits limits() const { return {fee_max_gwei, std::chrono::seconds(wait_s)}; }
};

struct Anchoring {
  anchor::Rules rules;
  anchor::Place place;
  ChainNode node;
};

// A private key as a file for its owner alone: 64 hex digits, with 0x or without.
Result<crypto::Secp256k1PrivateKey> load_key(const std::string& path) {
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

Result<Anchoring> open_anchoring(const Options& options) {
  ATOMA_TRY(const auto text, conformance::read_file(options.rules, anchor::kRulesMax));
  ATOMA_TRY(auto rules, anchor::parse_rules(as_text(text)));
  anchor::Place place{.chain_id = options.chain_id, .log = anchor::log_id(rules)};
  ATOMA_TRY(place.contract, anchor::parse_address(options.contract));
  ATOMA_TRY(auto node, ChainNode::open(options.rpc, options.chain_id));
  return Anchoring{std::move(rules), place, std::move(node)};
}

RemoteResult<AnchorLog> open_log(const Options& options, const anchor::Rules& rules) {
  auto log = options.data.empty() ? AnchorLog::open_remote(options.server, options.log_key)
                                  : AnchorLog::open_directory(options.data);
  if (!log || log->origin() == rules.origin) return log;
  return malformed("anchor.origin", std::format("the log is {}, the rules are those of {}",
                                                log->origin(), rules.origin));
}

// What is anchored, once the log is known to begin with it; with the proof of its growth.
struct Standing {
  anchor::AnchoredHead anchored;
  merkle::Proof growth;
};

RemoteResult<Standing> compare(const Anchoring& anchoring, const AnchorLog& log) {
  const auto& [rules, place, node] = anchoring;
  ATOMA_TRY(const auto answer, node.ask(place.contract, anchor::encode_head(place.log)));
  Standing out;
  ATOMA_TRY(out.anchored, anchor::decode_head(answer));
  const auto& [size, root] = out.anchored.head;
  if (out.anchored.frozen) {
    return fail(Code::kPermissionDenied, "anchor.frozen",
                "this log is frozen on the chain: somebody showed two heads of it that can't both "
                "be true");
  }
  if (size > log.head().size) {
    return fail(Code::kPermissionDenied, "anchor.ahead",
                std::format("{} entries are anchored and the log has {}: IT WAS ROLLED BACK", size,
                            log.head().size));
  }
  if (size == 0) return out;
  ATOMA_TRY(auto growth, log.grown_from(size));
  if (growth.old_root != root) {
    return fail(Code::kPermissionDenied, "anchor.fork",
                std::format("the log's first {} entries are not those that are anchored: IT WAS "
                            "REWRITTEN",
                            size));
  }
  out.growth = std::move(growth.proof);
  return out;
}

// What the log is told of an anchoring, and scripts too: by the same names.
void write_receipt(const Anchoring& anchoring, const anchor::Head& head,
                   const anchor::TransactionReceipt& receipt, auto&& member) {
  member("chain_id", anchoring.place.chain_id);
  member("contract", to_hex(anchoring.place.contract));
  member("log", to_hex(anchoring.place.log));
  member("transaction", to_hex(receipt.transaction));
  member("block_number", receipt.block_number);
  member("block_hash", to_hex(receipt.block_hash));
  member("origin", anchoring.rules.origin);
  member("size", head.size);
  member("root", wire::base64_encode(head.root));
}

ledger::Draft receipt_draft(const Anchoring& anchoring, const anchor::Head& head,
                            const anchor::TransactionReceipt& receipt) {
  wire::CborWriter body;
  body.begin_map();
  write_receipt(anchoring, head, receipt,
                [&](std::string_view name, const auto& value) { body.key(name).value(value); });
  return {.type = "anchor-receipt",
          .label = {"anchors",
                    std::format("{}/{}", anchoring.place.chain_id, to_hex(anchoring.place.log))},
          .expiry = std::nullopt,
          .body = body.end_map().take()};
}

void print_place(JsonWriter& out, const Anchoring& anchoring) {
  out.begin_object()
      .member("chain_id", anchoring.place.chain_id)
      .member("contract", to_hex(anchoring.place.contract))
      .member("log", to_hex(anchoring.place.log))
      .member("origin", anchoring.rules.origin);
}

void print_head(JsonWriter& out, std::string_view name, const anchor::Head& head) {
  out.key(name).begin_object();
  out.member("size", head.size).member("root", wire::base64_encode(head.root)).end_object();
}

int exit_of(const Error& error) {
  for (const std::string_view reason :
       {"rpc.answer", "rpc.refused", "anchor.answer", "anchor.pending"}) {
    if (error.reason == reason) return kExitUnappraisable;
  }
  if (error.reason == "rpc.reverted" || error.reason == "anchor.reverted") return kExitRefused;
  return exit_code_of(error);
}

RemoteResult<std::string> status(const Context& context, const Options& options) {
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  ATOMA_TRY(const auto log, open_log(options, anchoring.rules));
  ATOMA_TRY(const auto standing, compare(anchoring, log));
  const auto& anchored = standing.anchored;
  if (context.json) {
    JsonWriter out;
    print_place(out, anchoring);
    print_head(out, "anchored", anchored.head);
    if (anchored.head.size != 0) {
      out.member("anchored_at", format_time({static_cast<std::int64_t>(anchored.time)}));
    }
    print_head(out, "now", log.head());
    return out.end_object().take();
  }
  if (anchored.head.size == 0) {
    return std::format("nothing of {} is anchored yet; it has {} entries", log.origin(),
                       log.head().size);
  }
  return std::format(
      "{} entries of {} are anchored since {}, on chain {}\n"
      "{}  the log has {} entries and begins with those",
      anchored.head.size, log.origin(), format_time({static_cast<std::int64_t>(anchored.time)}),
      options.chain_id, context.good("checked"), log.head().size);
}

RemoteResult<std::string> create(const Context& context, const Options& options) {
  ATOMA_TRY(const auto payer, load_key(options.payer));
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  const auto& [rules, place, node] = anchoring;
  ATOMA_TRY(const auto receipt,
            node.send(place.contract, anchor::encode_create(rules), payer, options.limits()));
  if (context.json) {
    JsonWriter out;
    print_place(out, anchoring);
    return out.member("transaction", to_hex(receipt.transaction)).end_object().take();
  }
  return std::format("{} is log {} of contract {} on chain {}", rules.origin, to_hex(place.log),
                     to_hex(place.contract), place.chain_id);
}

std::string posted(const Context& context, const Anchoring& anchoring, const anchor::Head& head,
                   const anchor::TransactionReceipt& receipt, std::optional<std::uint64_t> index) {
  if (context.json) {
    JsonWriter out;
    print_place(out, anchoring);
    print_head(out, "anchored", head);
    out.member("new", true)
        .member("transaction", to_hex(receipt.transaction))
        .member("block_number", receipt.block_number)
        .member("block_hash", to_hex(receipt.block_hash))
        .member("gas_used", receipt.gas_used);
    out.key("receipt").begin_object();
    write_receipt(anchoring, head, receipt,
                  [&](std::string_view name, const auto& value) { out.member(name, value); });
    out.end_object();
    if (index) out.member("index", *index);
    return out.end_object().take();
  }
  const auto where = index ? std::format("the receipt is entry {} of the log", *index)
                           : std::string("its receipt is not on the log, which runs elsewhere");
  return std::format("{} entries of {} are anchored by transaction {}\n  in block {}, {} gas; {}",
                     head.size, anchoring.rules.origin, to_hex(receipt.transaction),
                     receipt.block_number, receipt.gas_used, where);
}

RemoteResult<std::string> post(const Context& context, const Options& options) {
  std::vector<crypto::Secp256k1PrivateKey> keys;
  for (const auto& path : options.keys) {
    ATOMA_TRY(auto key, load_key(path));
    keys.push_back(std::move(key));
  }
  ATOMA_TRY(const auto payer, load_key(options.payer));
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  ATOMA_TRY(auto log, open_log(options, anchoring.rules));
  ATOMA_TRY(const auto standing, compare(anchoring, log));
  const auto head = log.head();
  if (standing.anchored.head.size == head.size) {
    JsonWriter out;
    print_place(out, anchoring);
    print_head(out, "anchored", head);
    if (context.json) return out.member("new", false).end_object().take();
    return std::format("all {} entries of {} are anchored already", head.size, log.origin());
  }
  const auto& [rules, place, node] = anchoring;
  auto call =
      anchor::encode_anchor(place.log, head, standing.growth, anchor::sign_head(place, head, keys));
  ATOMA_TRY(const auto receipt,
            node.send(place.contract, std::move(call), payer, options.limits()));
  ATOMA_TRY(const auto index, log.put(receipt_draft(anchoring, head, receipt)));
  return posted(context, anchoring, head, receipt, index);
}

using Run = RemoteResult<std::string> (*)(const Context&, const Options&);

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma anchor create $CHAIN --payer payer.key\n"
    "  atoma anchor post $CHAIN --key a.key --key b.key --payer payer.key --data data\n"
    "  atoma anchor status $CHAIN --server http://127.0.0.1:8470 --log-key log.vkey\n"
    "where CHAIN is: --rules rules.yaml --rpc URL --chain-id 8453 --contract 0x…\n"
    "The contract, its rules and what it costs: contracts/README.md. Keys never leave this "
    "process;\n"
    "the node is believed about what is anchored, so ask one of your own, or several.";

}  // namespace

void add_anchor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("anchor", "Keep a log's heads on a public chain");
  command->require_subcommand(1);
  command->footer(kFooter);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, Run run) {
    auto* sub = command->add_subcommand(name, about);
    sub->add_option("--rules", options->rules, "The log's rules: a YAML file")->required();
    sub->add_option("--rpc", options->rpc, "URL of a node of the chain")->required();
    sub->add_option("--chain-id", options->chain_id, "The chain's id")->required();
    sub->add_option("--contract", options->contract, "The contract's address")->required();
    sub->callback([&context, options, run] {
      const auto said = run(context, *options);
      if (!said) return context.report(said.error(), exit_of(said.error()));
      std::printf("%s\n", said->c_str());
    });
    return sub;
  };
  const auto add_log_options = [&](CLI::App* sub) {
    auto* server = sub->add_option("--server", options->server, "URL of a running Atoma");
    server->capture_default_str();
    sub->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it");
    sub->add_option("--data", options->data, "The data directory of an Atoma that does not run")
        ->excludes(server);
  };
  const auto add_paying = [&](CLI::App* sub) {
    sub->add_option("--payer", options->payer, "A file with the key that pays")->required();
    sub->add_option("--fee-max", options->fee_max_gwei, "At most so many gwei for a unit of gas")
        ->capture_default_str();
    sub->add_option("--wait", options->wait_s, "Seconds to wait for a block")
        ->capture_default_str();
  };
  add_paying(add("create", "Open a log in the contract", create));
  auto* posting = add("post", "Anchor the log's newest checkpoint", post);
  posting->add_option("--key", options->keys, "A file with an anchorer's key; repeatable")
      ->required();
  add_log_options(posting);
  add_paying(posting);
  add_log_options(add("status", "What is anchored, and whether the log still has it", status));
}

}  // namespace atoma::app
