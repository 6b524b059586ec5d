// Writers of typed entries: clients that sign statements, send them to any sequencer, and again
// when they don't know; and programs beside a sequencer. What these answer is told to the oracle,
// which replays what is committed by the rules alone.
#include <algorithm>
#include <format>

#include "node.h"
#include "registry/test_genesis.h"

namespace atoma::sim {
namespace {

constexpr std::uint64_t kLabels = 4;

ledger::LabelName label(std::uint64_t n) { return {"sim", std::format("label {}", n)}; }

// What may still come to the log, or is there already.
bool is_unknown(std::string_view reason) {
  return reason == "ledger.unknown_outcome" || reason == "sequencer.pending";
}

}  // namespace

// One statement, however often it was sent.
struct World::Sent {
  std::string name;
  Bytes entry;
  Bytes nonce;
  std::size_t open = 0;  // not answered; for ever, where who was asked died
  bool unknown = false;
  bool refused = false;  // for good
  std::optional<std::uint64_t> index;
};

void World::make_genesis() {
  auto genesis = test::first_entry(clock_.now(), entropy_)(log_key());
  ATOMA_CHECK(genesis);
  genesis_ = *std::move(genesis);
  oracle_.begins(std::string(as_text(genesis_)));
}

void World::write_typed(Node& to) {
  if (!to.runs() || to.sequencer() == nullptr) return;
  if (random_.one_in(4)) return write_own(to);
  if (!sent_.empty() && random_.one_in(4)) return send(to, sent_[random_.below(sent_.size())]);
  Node& reader = random_.one_in(4) ? any_node() : to;
  if (reader.runs() && reader.sequencer() != nullptr) write_new(to, reader);
}

// On what `reader` says is the label's newest entry. Some reuse a nonce, some are forged.
void World::write_new(Node& to, Node& reader) {
  const auto name = label(random_.below(kLabels));
  const auto head = reader.sequencer()->head(name);
  if (!head) {
    return note(reader.name(), std::format("does not tell a head: {}", head.error().reason));
  }
  Bytes nonce = to_bytes(std::format("nonce {:08}", ++writes_));
  if (!sent_.empty() && random_.one_in(16)) nonce = sent_[random_.below(sent_.size())]->nonce;
  auto sent = std::make_shared<Sent>();
  sent->name = std::format("e{}", writes_);
  sent->nonce = nonce;
  sent->entry = ledger::sign_entry({.type = "deployment",
                                    .label = name,
                                    .previous = *head,
                                    .time = clock_.now(),
                                    .expiry = std::nullopt,
                                    .nonce = std::move(nonce),
                                    .body = Bytes{0xA0}},
                                   test::issuer_key("broker"));
  if (random_.one_in(16)) sent->entry.back() ^= 1;
  // With the same nonce, and within the same second, it may be the same statement: no new one then.
  const auto same = std::ranges::find(sent_, sent->entry,
                                      [](const auto& one) -> const Bytes& { return one->entry; });
  if (same != sent_.end()) return send(to, *same);
  sent_.push_back(sent);
  send(to, sent);
}

void World::write_own(Node& to) {
  const std::string name = std::format("o{}", ++writes_);
  note(to.name(), "writes " + name);
  to.write_own({"deployment", label(random_.below(kLabels)), std::nullopt, Bytes{0xA0}},
               [this, &to, name](const Result<ledger::Written>& written) {
                 if (!written) return refused(to, name, written.error().reason);
                 ++statistics_.acknowledged;
                 note(to.name(), std::format("has {} at {}", name, written->receipt.index));
                 oracle_.acknowledges(to.name(), std::string(as_text(written->entry)),
                                      written->receipt);
               });
}

void World::send(Node& to, const std::shared_ptr<Sent>& sent) {
  if (sent->refused) return;
  note(to.name(), "is sent " + sent->name);
  ++sent->open;
  const bool knew = sent->index && oracle_.shown(to.name()) > *sent->index;
  to.submit(sent->entry, [this, &to, sent, knew](const Result<registry::Submitted>& outcome) {
    answered(to, *sent, knew, outcome);
  });
}

void World::refused(const Node& by, const std::string& what, std::string_view reason) {
  ++(is_unknown(reason) ? statistics_.unknown : statistics_.refused);
  note(by.name(), std::format("refuses {}: {}", what, reason));
}

void World::answered(const Node& by, Sent& sent, bool knew,
                     const Result<registry::Submitted>& outcome) {
  --sent.open;
  if (outcome) {
    const std::uint64_t index = outcome->receipt.index;
    statistics_.acknowledged += outcome->duplicate ? 0 : 1;
    note(by.name(), std::format("acknowledges {} at {}", sent.name, index));
    oracle_.acknowledges(by.name(), std::string(as_text(sent.entry)), outcome->receipt);
    if (sent.index && *sent.index != index && !oracle_.branched()) {
      oracle_.violate(std::format("{} is at {} and at {}", sent.name, *sent.index, index));
    }
    sent.index = index;
    return;
  }
  const std::string_view reason = outcome.error().reason;
  refused(by, sent.name, reason);
  if (knew && reason.starts_with("rule.") && !oracle_.branched()) {
    oracle_.violate(std::format("{} has {} and refuses it: {}", by.name(), sent.name, reason));
  }
  if (is_unknown(reason)) sent.unknown = true;
  if (sent.open > 0 || sent.unknown || sent.index) return;
  sent.refused = true;
  oracle_.refuses(by.name(), std::string(as_text(sent.entry)));
}

// What a sequencer goes on from is what the log adds up to.
void World::check_ledgers() {
  if (!plan_.typed) return;
  const ledger::State& state = *oracle_.now().ledger;
  for (const auto& node : nodes_) {
    for (std::uint64_t n = 0; n < kLabels; ++n) {
      const auto head = node->sequencer()->head(label(n));
      const auto* replayed = state.label(label(n));
      const auto expected =
          replayed == nullptr ? std::nullopt : std::optional(replayed->value.head);
      if (head && *head == expected) continue;
      oracle_.violate(std::format("{} has another newest entry of label {}", node->name(), n));
    }
  }
}

}  // namespace atoma::sim
