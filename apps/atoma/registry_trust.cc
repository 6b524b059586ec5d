// Why a key may be trusted: the whole log is replayed, and what the key rests on is shown as a
// tree.
#include <cstdio>
#include <format>

#include "atoma/ledger/chain.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "follow_options.h"
#include "registry_lookup.h"

namespace atoma::app {
namespace {

using ledger::TrustNode;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string space, label;
  FollowOptions follow;
};

void write_json(wire::JsonWriter& out, const TrustNode& node) {
  out.begin_object().member("kind", node.kind).member("good", node.good);
  out.member("checked", node.checked);
  out.member("title", node.title);
  if (node.index) out.member("index", *node.index);
  for (const auto& [name, value] : node.facts) out.member(name, value);
  if (!node.children.empty()) {
    out.key("rests_on").begin_array();
    for (const TrustNode& child : node.children) write_json(out, child);
    out.end_array();
  }
  out.end_object();
}

std::string mark_of(const Context& context, const TrustNode& node) {
  if (!node.good) return context.bad("✗");
  return node.checked ? context.good("✓") : context.warn("–");
}

// The entry in a column of its own; `bars` leads what belongs to an ancestor, `branch` the node.
void print_tree(const Context& context, const TrustNode& node, const std::string& bars,
                const char* branch, const char* below) {
  const std::string entry = node.index ? std::to_string(*node.index) : "";
  const std::string title = node.good ? node.title : context.bad(node.title);
  std::printf("%s  %s%s %s  %s\n", context.dim(std::format("{:>8}", entry)).c_str(),
              context.dim(bars + branch).c_str(), mark_of(context, node).c_str(),
              context.bold(node.kind).c_str(), title.c_str());
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    print_tree(context, node.children[i], bars + below, last ? "└─" : "├─", last ? "   " : "│  ");
  }
}

TrustNode note_of(std::string kind, std::string title, bool good) {
  return {.kind = std::move(kind),
          .title = std::move(title),
          .index = {},
          .good = good,
          .checked = true,
          .facts = {},
          .children = {}};
}

// The log itself: what was signed, whether it holds, and who has seen it.
TrustNode log_node(const Followed& done, const Options& options, const ledger::ChainIndex& index,
                   const tlog::LogKey& key) {
  const auto& follower = done.monitor->follower();
  const auto& [checkpoint, note] = *follower.verified();
  TrustNode out =
      note_of("checkpoint",
              std::format("{} entries, signed by {}", checkpoint.size, checkpoint.origin), true);
  out.facts.emplace_back("size", std::to_string(checkpoint.size));
  out.facts.emplace_back("root", wire::base64_encode(checkpoint.root));
  const std::string text = std::visit([](const auto& k) { return k.to_string(); }, key);
  const bool named = std::ranges::contains(index.log_keys(), text);
  out.children.push_back(note_of(
      "log key", text + (named ? ", named in the genesis" : ", NOT named in the genesis"), named));
  out.children.push_back(
      note_of("replay", "every entry keeps the rules, every index root is right", true));
  for (const auto& finding : done.round.findings) {
    out.children.push_back(note_of(std::string(finding.id), finding.text, false));
  }
  if (options.follow.policy.empty()) {
    out.children.push_back(note_of("witnesses", "none were asked for (--policy)", true));
    out.children.back().checked = false;
    return out;
  }
  const auto policy = monitor_options(options.server, options.follow)->follower.policy;
  const auto parsed = tlog::parse_note(note);
  for (const auto& witness : policy->witnesses()) {
    const auto when = tlog::verify_cosignature(*parsed, witness.key);
    if (!when) continue;
    out.children.push_back(note_of("witness",
                                   std::format("{} cosigned at {}", witness.name,
                                               format_time({static_cast<std::int64_t>(*when)})),
                                   true));
  }
  return out;
}

void trust(Context& context, const Options& options) {
  const auto wanted = monitor_options(options.server, options.follow);
  if (!wanted) return context.report(wanted.error());
  ledger::ChainIndex index;
  Status added;
  MonitorReport report(context);
  const auto done = follow_once(options.server, options.follow, report,
                                [&](const ledger::State& before, const ledger::Admission& next) {
                                  if (added) added = index.add(before, next);
                                });
  if (!done) return context.report(done.error());
  report.clear_progress();
  if (!added) return context.report(added.error(), kExitRefused);
  const auto& follower = done->monitor->follower();
  // A log that does not hold makes nobody trusted.
  if (!follower.verified() || follower.broken()) {
    report.tell(done->round.findings);
    context.exit_code = kExitRefused;
    return;
  }
  auto tree = index.chain({options.space, options.label}, follower.state());
  if (!tree) return context.report(tree.error(), kExitRefused);
  tree->children.push_back(log_node(*done, options, index, wanted->follower.log));
  const bool good = ledger::all_good(*tree);
  context.exit_code = good ? kExitOk : kExitRefused;
  if (context.json) {
    wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
    out.begin_object().member("good", good).key("trust");
    write_json(out, *tree);
    std::printf("%s\n", out.end_object().take().c_str());
    return;
  }
  std::printf("%s\n", context.dim("   entry").c_str());
  print_tree(context, *tree, "", "", "");
  std::printf("%s\n", good ? context.good("all that it rests on holds").c_str()
                           : context.bad("NOT ALL THAT IT RESTS ON HOLDS").c_str());
}

}  // namespace

void add_registry_trust(CLI::App& registry, Context& context) {
  auto* command = registry.add_subcommand(
      "trust", "What a key or a node rests on, as a tree; 1 if not all holds");
  auto options = std::make_shared<Options>();
  command->add_option("--namespace", options->space, "The label's namespace")->required();
  command->add_option("--label", options->label, "The label of the key, or of the node")
      ->required();
  command->add_option("--server", options->server, "URL of a registry")->capture_default_str();
  command
      ->add_option("--log-key", options->follow.log_key,
                   "The log's verifier key, or a file with it")
      ->required();
  command->add_option("--policy", options->follow.policy,
                      "A tlog-policy: witnesses that must have cosigned");
  command->callback([&context, options] { trust(context, *options); });
}

}  // namespace atoma::app
