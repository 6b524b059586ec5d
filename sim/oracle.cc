#include "oracle.h"

#include <algorithm>
#include <format>
#include <ranges>

namespace atoma::sim {

Status History::append(std::string entry) {
  frontier.append(merkle::leaf_hash(as_bytes(entry)));
  roots.push_back(frontier.root());
  entries.push_back(std::move(entry));
  if (!ledger) return {};
  ATOMA_TRY(auto next, ledger->admit(as_bytes(entries.back())));
  if (next.duplicate_of) return fail(Code::kDataLoss, "twice", "the same statement again");
  ledger->apply(std::move(next));
  return {};
}

bool History::has(const Tree& tree) const {
  return tree.size < roots.size() && roots[static_cast<std::size_t>(tree.size)] == tree.root;
}

void Oracle::violate(std::string what) {
  if (!violation_.empty()) return;
  // Typed entries are no text.
  std::ranges::replace_if(what, [](char c) { return c < ' ' || c > '~'; }, '.');
  violation_ = std::move(what);
}

void Oracle::begins(std::string genesis) {
  histories_.back().ledger.emplace();
  if (const Status good = histories_.back().append(std::move(genesis)); !good) {
    violate("the genesis breaks a rule: " + good.error().to_string());
  }
}

bool Oracle::together(const Tree& a, const Tree& b) const {
  return std::ranges::any_of(histories_, [&](const History& h) { return h.has(a) && h.has(b); });
}

std::uint64_t Oracle::shown(const std::string& node) const {
  const auto found = shown_.find(node);
  return found == shown_.end() ? 0 : found->second.size;
}

void Oracle::commits(const std::optional<replica::Head>& before, std::uint64_t leads,
                     const replica::Batch& batch, const replica::Head& head) {
  History& history = histories_.back();
  if (batch.term != leads) {
    violate(std::format("fenced: term {} committed, but {} leads", batch.term, leads));
  }
  if (!before || batch.first_index != before->size || before->size != history.entries.size()) {
    return violate(std::format("gap: a batch at {} follows a log of {}", batch.first_index,
                               history.entries.size()));
  }
  for (const Bytes& entry : batch.entries) {
    std::string text(as_text(entry));
    // A put-back etcd has old terms again: a request of one that is still on its way may now pass.
    if (!branched() && refused_.contains(text)) violate("refused entry committed: " + text);
    if (std::ranges::contains(history.entries, text)) violate("committed twice: " + text);
    if (const Status good = history.append(std::move(text)); !good) {
      violate(std::format("entry {} breaks a rule: {}", history.entries.size() - 1,
                          good.error().to_string()));
    }
  }
  if (!history.has({head.size, head.root})) {
    violate(std::format("head of {} has not the root of its entries", head.size));
  }
}

void Oracle::trims(std::uint64_t below, std::size_t quorum) {
  // A log that was lost since was there.
  const auto had = [&](const auto& at) { return at.second.size >= below; };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(signed_, had));
  if (count < quorum) {
    violate(std::format("batches below {} deleted, and only {} nodes ever had them", below, count));
  }
}

void Oracle::goes_back(std::uint64_t size) {
  History branch;
  if (histories_.back().ledger) branch.ledger.emplace();
  const auto kept = std::views::take(histories_.back().entries, static_cast<std::ptrdiff_t>(size));
  // These kept the rules before.
  for (const std::string& entry : kept) static_cast<void>(branch.append(entry));
  histories_.push_back(std::move(branch));
}

void Oracle::check_signer(std::map<std::string, Tree>& largest, const std::string& who,
                          const Tree& tree) {
  const auto [at, first] = largest.try_emplace(who, tree);
  if (!together(at->second, tree)) {
    return violate(std::format("fork: {} has signed size {} of one history and {} of {}", who,
                               at->second.size, tree.size,
                               first ? "none that was committed" : "another"));
  }
  if (tree.size > at->second.size) at->second = tree;
}

void Oracle::shows(const std::string& node, const Tree& tree) {
  Tree& last = shown_[node];
  if (tree == last) return;
  if (tree.size < last.size) {
    violate(std::format("{} showed {} entries and shows {}", node, last.size, tree.size));
  }
  last = tree;
  check_signer(signed_, node, tree);
}

void Oracle::loses_log(const std::string& node) {
  shown_[node] = {};
  acknowledged_by_[node] = 0;
}

void Oracle::opens(const std::string& node, const Tree& tree) {
  if (tree.size < acknowledged_by_[node]) {
    violate(std::format("not durable: {} acknowledged {} entries and has {} after a crash", node,
                        acknowledged_by_[node], tree.size));
  }
  shows(node, tree);
}

void Oracle::remembers(const std::string& node, const Tree& tree) {
  const auto found = signed_.find(node);
  if (found == signed_.end() || tree.size >= found->second.size) return;
  // Whoever began the log signed its first entry before it was replicated.
  if (histories_.front().ledger && found->second.size == 1) return;
  violate(std::format("the signer of {} remembers {} entries and has signed {}", node, tree.size,
                      found->second.size));
}

void Oracle::acknowledges(const std::string& node, const std::string& entry,
                          const tlog::Receipt& receipt) {
  const tlog::Checkpoint& point = receipt.checkpoint.checkpoint;
  const auto is_at = [&](const History& history) {
    const auto index = static_cast<std::size_t>(receipt.index);
    return index < history.entries.size() && history.entries[index] == entry &&
           history.has({point.size, point.root});
  };
  if (std::ranges::none_of(histories_, is_at)) {
    violate(std::format("{} acknowledged {} at {}, where it was not committed", node, entry,
                        receipt.index));
  }
  if (!merkle::verify_inclusion(receipt.index, point.size, receipt.leaf_hash, receipt.inclusion,
                                point.root) ||
      receipt.leaf_hash != merkle::leaf_hash(as_bytes(entry))) {
    violate(std::format("the receipt of {} proves nothing", entry));
  }
  acknowledged_.push_back({receipt.index, entry, node});
  std::uint64_t& size = acknowledged_by_[node];
  size = std::max(size, receipt.index + 1);
}

void Oracle::refuses(const std::string& node, const std::string& entry) {
  if (std::ranges::contains(histories_.back().entries, entry)) {
    violate(std::format("{} said that {} was not written, but it is committed", node, entry));
  }
  refused_.insert(entry);
}

void Oracle::cosigns(const std::string& witness, const Tree& tree) {
  const auto found = cosigned_.find(witness);
  if (found != cosigned_.end() && tree.size < found->second.size) {
    violate(std::format("{} cosigned {} entries after {}", witness, tree.size, found->second.size));
  }
  check_signer(cosigned_, witness, tree);
  cosigners_[{tree.size, tree.root}].insert(witness);
}

bool Oracle::publishes(const std::string& node, const Tree& tree, std::size_t quorum) {
  Tree& last = published_[node];
  if (tree == last) return false;
  if (tree.size < last.size) {
    violate(std::format("{} published {} entries and publishes {}", node, last.size, tree.size));
  }
  last = tree;
  if (cosigners_[{tree.size, tree.root}].size() < quorum) {
    violate(std::format("{} publishes {} entries, which too few have cosigned", node, tree.size));
  }
  if (published_anywhere_ && !together(*published_anywhere_, tree)) {
    violate(std::format("fork: {} and {} entries of two histories were published",
                        published_anywhere_->size, tree.size));
  }
  if (!published_anywhere_ || tree.size > published_anywhere_->size) published_anywhere_ = tree;
  return true;
}

void Oracle::reads(const std::string& node, std::uint64_t index, const Result<Bytes>& entry) {
  const auto is_it = [&](const History& history) {
    return index < history.entries.size() &&
           as_text(*entry) == history.entries[static_cast<std::size_t>(index)];
  };
  if (entry && std::ranges::any_of(histories_, is_it)) return;
  violate(std::format("{} has another entry {}: {}", node, index,
                      entry ? std::string(as_text(*entry)) : entry.error().to_string()));
}

}  // namespace atoma::sim
