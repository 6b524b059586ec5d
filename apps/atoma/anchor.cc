#include <cstdio>
#include <format>

#include "anchor_chain.h"

namespace atoma::app {
namespace {

using anchor::to_hex;
using wire::JsonWriter;

RemoteResult<std::string> status(const Context& context, const AnchorOptions& options) {
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  ATOMA_TRY(const auto log, open_anchor_log(options, anchoring.rules));
  ATOMA_TRY(const auto standing, compare(anchoring, log, log.head()));
  const auto& anchored = standing.anchored;
  if (context.json) {
    JsonWriter out;
    print_place(out, anchoring.rules, anchoring.place);
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

RemoteResult<std::string> create(const Context& context, const AnchorOptions& options) {
  ATOMA_TRY(const auto payer, load_chain_key(options.payer));
  ATOMA_TRY(const auto anchoring, open_anchoring(options));
  const auto& [rules, place, node] = anchoring;
  ATOMA_TRY(const auto receipt,
            node.send(place.contract, anchor::encode_create(rules), payer, options.limits()));
  if (context.json) {
    JsonWriter out;
    print_place(out, anchoring.rules, anchoring.place);
    return out.member("transaction", to_hex(receipt.transaction)).end_object().take();
  }
  return std::format("{} is log {} of contract {} on chain {}", rules.origin, to_hex(place.log),
                     to_hex(place.contract), place.chain_id);
}

using Run = RemoteResult<std::string> (*)(const Context&, const AnchorOptions&);

void add_signing(CLI::App* sub, AnchorOptions& options) {
  sub->add_option("--key", options.keys, "A file with this anchorer's key")
      ->required()
      ->expected(1);
  sub->add_option("--log", options.log,
                  "The log: prefix of /checkpoint and /tile/…, a URL or a folder")
      ->required();
  sub->add_option("--log-key", options.log_key, "The log's verifier key, or a file with it")
      ->required();
  sub->add_option("--state", options.state,
                  "Directory of what this anchorer signed, made if not there; never restore it")
      ->required();
  sub->add_option("--checkpoint", options.checkpoint,
                  "What to sign, instead of the newest: a note, or another anchorer's signature");
  sub->add_option("--policy", options.policy, "A tlog-policy: witnesses that must have cosigned");
  sub->add_option("--out", options.out, "Where the signature goes: a file of JSON")->required();
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma anchor create $CHAIN --payer payer.key\n"
    "  atoma anchor sign $CHAIN --key a.key --log https://log.example --log-key log.vkey \\\n"
    "    --state a --out a.json\n"
    "  atoma anchor post $CHAIN --signature a.json --signature b.json --payer payer.key --data "
    "data\n"
    "  atoma anchor report $CHAIN --signature a.json --signature x.json --payer payer.key\n"
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
  auto options = std::make_shared<AnchorOptions>();
  const auto add = [&](const char* name, const char* about, Run run) {
    auto* sub = command->add_subcommand(name, about);
    sub->add_option("--rules", options->rules, "The log's rules: a YAML file")->required();
    auto* rpc = sub->add_option("--rpc", options->rpc, "URL of a node of the chain");
    if (run != sign_anchor) rpc->required();
    sub->add_option("--chain-id", options->chain_id, "The chain's id")->required();
    sub->add_option("--contract", options->contract, "The contract's address")->required();
    sub->callback([&context, options, run] {
      const auto said = run(context, *options);
      if (!said) return context.report(said.error(), anchor_exit_code(said.error()));
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
  add_signing(add("sign", "Sign a head as an anchorer, for somebody else to post", sign_anchor),
              *options);
  auto* posting =
      add("post", "Anchor the log's newest checkpoint, or what others signed", post_anchor);
  auto* signers = posting->add_option_group("signers")->require_option(1);
  signers->add_option("--key", options->keys, "A file with an anchorer's key; repeatable");
  signers->add_option("--signature", options->signatures,
                      "A file that `atoma anchor sign` wrote; repeatable");
  add_log_options(posting);
  posting
      ->add_option("--issuer", options->issuer,
                   "The key of one of the log's services: puts the receipt onto a running log")
      ->excludes("--data");
  add_paying(posting);
  auto* reporting =
      add("report", "Freeze a log: show two heads that can't both be true", report_anchor);
  reporting
      ->add_option("--signature", options->signatures,
                   "A file that `atoma anchor sign` wrote; repeatable. Of one head: what is "
                   "anchored is the other")
      ->required();
  reporting->add_option("--log", options->logs,
                        "For heads of two sizes: each of the two logs, a URL or a folder; twice");
  add_paying(reporting);
  add_log_options(add("status", "What is anchored, and whether the log still has it", status));
}

}  // namespace atoma::app
