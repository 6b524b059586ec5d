#include "atoma/replica/settle.h"

#include <format>
#include <optional>

namespace atoma::replica {
namespace {

Settlement broken(std::string why) {
  return {.settled = Settled::kBroken, .head = {}, .why = std::move(why)};
}

// Nothing when the attempt had not taken effect and still may: then it is tried again.
std::optional<Settlement> judge(const Batch& batch, const Head& before, const View& view) {
  if (!view.head || view.head->size < batch.first_index) {
    return broken(std::format("the queue was at {} entries and is at {}", batch.first_index,
                              view.head ? view.head->size : 0));
  }
  const Head& now = *view.head;
  const Settlement committed{.settled = Settled::kCommitted, .head = now, .why = ""};
  const Settlement not_written{
      .settled = Settled::kNotWritten, .head = {}, .why = "another leader's term has begun"};
  if (now.size == batch.first_index) {
    if (now.root != before.root) return broken("the queue has another root at the same size");
    const bool leads = view.leader && view.leader->term == batch.term;
    if (leads && now.revision == before.revision) return std::nullopt;
    return not_written;
  }
  if (!view.batches.empty()) return view.batches[0] == batch ? committed : not_written;
  if (now.size == batch.end()) return now.root == batch.root ? committed : not_written;
  return Settlement{.settled = Settled::kUnknown, .head = {}, .why = "trimmed since"};
}

}  // namespace

Settlement commit_settled(CommitQueue& queue, const Batch& batch, const Head& head,
                          const std::function<bool()>& pause) {
  std::string why;
  do {
    const Committed done = queue.commit(batch, head.revision);
    if (done.ended == CommitEnded::kDone) {
      return {.settled = Settled::kCommitted,
              .head = {.size = batch.end(), .root = batch.root, .revision = done.revision},
              .why = ""};
    }
    why = done.why;
    auto view = queue.view(batch.first_index);
    while (!view && pause()) view = queue.view(batch.first_index);
    if (!view) break;
    if (const auto settled = judge(batch, head, *view)) return *settled;
  } while (pause());
  return {.settled = Settled::kUnknown, .head = {}, .why = why};
}

}  // namespace atoma::replica
