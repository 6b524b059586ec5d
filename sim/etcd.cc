#include "etcd.h"

namespace atoma::sim {

Result<etcd::Range> Etcd::range(const etcd::Span& keys, etcd::RangeOptions options) const {
  etcd::Range out{.revision = state_.revision, .kvs = {}};
  const auto begin = state_.keys.lower_bound(keys.begin);
  const auto end = state_.keys.lower_bound(keys.end);
  for (auto at = begin; at != end; ++at) {
    const auto& [name, key] = *at;
    out.kvs.push_back(
        {name, options.keys_only ? Bytes() : key.value, key.create_revision, key.mod_revision});
  }
  if (options.last_first) std::ranges::reverse(out.kvs);
  out.more = out.kvs.size() > options.keys_max;
  if (out.more) out.kvs.resize(options.keys_max);
  return out;
}

etcd::Outcome Etcd::commit(const etcd::Transaction& transaction) {
  using etcd::Compare;
  for (const Compare& compare : transaction.compares) {
    const auto found = state_.keys.find(compare.key);
    const Key key = found == state_.keys.end() ? Key() : found->second;
    const bool mod = compare.of == Compare::Of::kModRevision;
    if ((mod ? key.mod_revision : key.create_revision) == compare.revision) continue;
    if (skips_fence && !mod && compare.revision != 0) continue;
    return {.ended = etcd::Ended::kRefused, .revision = state_.revision, .why = ""};
  }
  for (const etcd::Put& put : transaction.puts) {
    if (put.lease == 0 || state_.leases.contains(put.lease)) continue;
    return {.ended = etcd::Ended::kUnknown, .revision = 0, .why = "400 lease not found"};
  }
  if (on_commit) on_commit(state_, transaction);
  ++state_.revision;
  for (const etcd::Span& span : transaction.deletes) {
    state_.keys.erase(state_.keys.lower_bound(span.begin), state_.keys.lower_bound(span.end));
  }
  for (const etcd::Put& put : transaction.puts) {
    Key& key = state_.keys[put.key];
    if (key.create_revision == 0) key.create_revision = state_.revision;
    key.mod_revision = state_.revision;
    key.value = put.value;
    key.lease = put.lease;
  }
  return {.ended = etcd::Ended::kDone, .revision = state_.revision, .why = ""};
}

void Etcd::expire_at(std::uint64_t lease, std::chrono::seconds ttl) {
  const std::uint64_t expiry = ++expiries_made_;
  expiries_[lease] = expiry;
  scheduler_.after(ttl, [this, lease, expiry] {
    if (expiries_[lease] == expiry) (void)revoke(lease);
  });
}

Result<etcd::Lease> Etcd::grant(std::chrono::seconds ttl) {
  // Never one that a snapshot may bring back.
  const std::uint64_t id = ++leases_made_;
  state_.leases[id] = ttl;
  expire_at(id, ttl);
  return etcd::Lease{.id = id, .ttl_s = static_cast<std::uint64_t>(ttl.count())};
}

Result<etcd::Lease> Etcd::keep_alive(std::uint64_t lease) {
  const auto found = state_.leases.find(lease);
  if (found == state_.leases.end()) return etcd::Lease{.id = lease, .ttl_s = 0};
  expire_at(lease, found->second);
  return etcd::Lease{.id = lease, .ttl_s = static_cast<std::uint64_t>(found->second.count())};
}

Status Etcd::revoke(std::uint64_t lease) {
  if (state_.leases.erase(lease) == 0) {
    return fail(Code::kUnavailable, "etcd.refused", "404 lease not found");
  }
  expiries_.erase(lease);
  if (std::erase_if(state_.keys, [&](const auto& at) { return at.second.lease == lease; }) != 0) {
    ++state_.revision;
  }
  return {};
}

void Etcd::put_back(State snapshot) {
  state_ = std::move(snapshot);
  for (const auto& [lease, ttl] : state_.leases) expire_at(lease, ttl);
}

void Etcd::lose_leases() {
  while (!state_.leases.empty()) (void)revoke(state_.leases.begin()->first);
}

}  // namespace atoma::sim
