#include "atoma/replica/etcd_queue.h"

#include <algorithm>
#include <format>
#include <functional>

#include "atoma/wire/reader.h"

namespace atoma::replica {
namespace {

using etcd::Compare;
using etcd::Ended;

std::unexpected<Error> unavailable(const std::string& why) {
  return fail(Code::kUnavailable, "queue.unavailable", why);
}

// The client's reasons, in the queue's words.
template <typename T>
Result<T> as_unavailable(Result<T> result) {
  if (!result) return unavailable(result.error().to_string());
  return result;
}

std::unexpected<Error> corrupt(const std::string& key) {
  return fail(Code::kDataLoss, "queue.corrupt", "the commit queue's key " + key);
}

}  // namespace

EtcdQueue::EtcdQueue(std::unique_ptr<const etcd::Store> store, Options options)
    : store_(std::move(store)), options_(std::move(options)) {}

std::string EtcdQueue::batch_key(std::uint64_t first_index) const {
  return key(std::format("batch/{:016x}", first_index));
}

std::uint64_t EtcdQueue::lease() const {
  const std::lock_guard guard(mutex_);
  return lease_;
}

// The batch that holds `index`, wherever it begins.
Result<std::optional<Batch>> EtcdQueue::batch_with(std::uint64_t index) const {
  ATOMA_TRY(const auto range, as_unavailable(store_->range({batch_key(0), batch_key(index) + '\0'},
                                                           {.keys_max = 1, .last_first = true})));
  if (range.kvs.empty()) return std::nullopt;
  ATOMA_TRY(auto batch, parse_batch(range.kvs[0].value));
  if (batch_key(batch.first_index) != range.kvs[0].key) return corrupt(range.kvs[0].key);
  if (batch.end() <= index) return std::nullopt;
  return batch;
}

Result<View> EtcdQueue::view(std::uint64_t from) {
  // Batches in order, then head and leader, unless batches fill the answer.
  ATOMA_TRY(const auto range, as_unavailable(store_->range({batch_key(from), key("leader") + '\0'},
                                                           {.keys_max = kViewBatchesMax + 2})));
  View out;
  std::uint64_t next = from;
  for (const auto& kv : range.kvs) {
    if (kv.key == key("head")) {
      ATOMA_TRY(out.head, parse_head(kv.value));
      out.head->revision = kv.mod_revision;
    } else if (kv.key == key("leader")) {
      ATOMA_TRY(out.leader, parse_leader(kv.value));
      out.leader->term = kv.create_revision;
    } else {
      ATOMA_TRY(auto batch, parse_batch(kv.value));
      if (batch_key(batch.first_index) != kv.key) return corrupt(kv.key);
      // A first one beyond `from` says nothing about what is between; see below.
      if (batch.first_index != next) break;
      next = batch.end();
      out.batches.push_back(std::move(batch));
    }
  }
  if (out.batches.size() > kViewBatchesMax) out.batches.resize(kViewBatchesMax);
  if (!out.head || !out.leader) {
    // Two more keys at most, at a later moment: then what is ahead of the batches is no lie.
    ATOMA_TRY(const auto rest,
              as_unavailable(store_->range({key("head"), key("leader") + '\0'}, {.keys_max = 2})));
    for (const auto& kv : rest.kvs) {
      if (kv.key == key("head")) {
        ATOMA_TRY(out.head, parse_head(kv.value));
        out.head->revision = kv.mod_revision;
      } else if (kv.key == key("leader")) {
        ATOMA_TRY(out.leader, parse_leader(kv.value));
        out.leader->term = kv.create_revision;
      } else {
        return corrupt(kv.key);
      }
    }
  }
  if (out.batches.empty() && out.head && out.head->size > from) {
    ATOMA_TRY(auto held, batch_with(from));
    if (held) out.batches.push_back(*std::move(held));
  }
  return out;
}

Result<bool> EtcdQueue::found(const Head& head) {
  const auto done = store_->commit(
      {.compares = {{.key = key("head"), .of = Compare::Of::kCreateRevision, .revision = 0}},
       .puts = {{.key = key("head"), .value = encode_head(head), .lease = 0}},
       .deletes = {}});
  if (done.ended == Ended::kDone) return true;
  if (done.ended == Ended::kRefused) return false;
  return unavailable(done.why);
}

Result<std::optional<std::uint64_t>> EtcdQueue::campaign(std::string_view node,
                                                         std::string_view url) {
  resign();
  ATOMA_TRY(const auto lease, as_unavailable(store_->grant(options_.lease_ttl)));
  const auto done = store_->commit(
      {.compares = {{.key = key("leader"), .of = Compare::Of::kCreateRevision, .revision = 0}},
       .puts = {{.key = key("leader"), .value = encode_leader(node, url), .lease = lease.id}},
       .deletes = {}});
  if (done.ended == Ended::kDone) {
    const std::lock_guard guard(mutex_);
    lease_ = lease.id;
    return done.revision;
  }
  // Whatever became of it, it ends with its lease.
  (void)store_->revoke(lease.id);
  if (done.ended == Ended::kRefused) return std::nullopt;
  return unavailable(done.why);
}

Result<bool> EtcdQueue::renew() {
  const std::uint64_t id = lease();
  if (id == 0) return false;
  ATOMA_TRY(const auto kept, as_unavailable(store_->keep_alive(id)));
  return kept.ttl_s > 0;
}

void EtcdQueue::resign() {
  std::uint64_t id = 0;
  {
    const std::lock_guard guard(mutex_);
    std::swap(id, lease_);
  }
  if (id != 0) (void)store_->revoke(id);
}

Committed EtcdQueue::commit(const Batch& batch, std::uint64_t head_revision) {
  const Head next{.size = batch.end(), .root = batch.root, .revision = 0};
  const auto done = store_->commit(
      {.compares =
           {{.key = key("head"), .of = Compare::Of::kModRevision, .revision = head_revision},
            {.key = key("leader"), .of = Compare::Of::kCreateRevision, .revision = batch.term}},
       .puts = {{.key = batch_key(batch.first_index), .value = encode_batch(batch), .lease = 0},
                {.key = key("head"), .value = encode_head(next), .lease = 0}},
       .deletes = {}});
  switch (done.ended) {
    case Ended::kDone:
      return {.ended = CommitEnded::kDone, .revision = done.revision, .why = ""};
    case Ended::kRefused:
      return {.ended = CommitEnded::kRefused, .revision = 0, .why = "a compare did not hold"};
    case Ended::kUnsent:
    case Ended::kUnknown:
      break;
  }
  return {.ended = CommitEnded::kUnknown, .revision = 0, .why = done.why};
}

Status EtcdQueue::report_applied(std::string_view node, std::uint64_t size) {
  Bytes value;
  wire::append_be(value, size, 8);
  const auto done = store_->commit(
      {.compares = {},
       .puts = {{.key = key("node/" + std::string(node)), .value = value, .lease = 0}},
       .deletes = {}});
  if (done.ended == Ended::kDone) return {};
  return unavailable(done.why);
}

Result<Trimmed> EtcdQueue::trim(std::size_t nodes) {
  const std::string begin = key("node/");
  ATOMA_TRY(const auto reports,
            as_unavailable(store_->range({begin, etcd::after_prefix(begin)}, {.keys_max = 64})));
  std::vector<std::uint64_t> applied;
  for (const auto& kv : reports.kvs) {
    if (kv.value.size() != 8) return corrupt(kv.key);
    applied.push_back(wire::load_be(kv.value));
  }
  const std::size_t quorum = nodes / 2 + 1;
  Trimmed out;
  if (applied.size() >= quorum) {
    std::ranges::sort(applied, std::greater<>());
    out.kept_from = applied[quorum - 1];
    const auto done =
        store_->commit({.compares = {},
                        .puts = {},
                        .deletes = {{.begin = batch_key(0), .end = batch_key(out.kept_from)}}});
    if (done.ended != Ended::kDone) return unavailable(done.why);
    // Without it, deleted batches stay in etcd's history and fill its quota. Another leader may
    // have compacted further: then there is nothing to do.
    (void)store_->compact(done.revision);
  }
  ATOMA_TRY(const auto held,
            as_unavailable(store_->range({batch_key(0), key("batch0")},
                                         {.keys_max = etcd::kKeysMax, .keys_only = true})));
  out.batches = held.kvs.size();
  return out;
}

}  // namespace atoma::replica
