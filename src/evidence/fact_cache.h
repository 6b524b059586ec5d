// A bounded store of shared facts, found by a hash and confirmed by comparing exact bytes. When it
// is full the oldest fact goes. Only genuine evidence creates facts, so the hash need not resist
// collisions made on purpose.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "atoma/base/bytes.h"

namespace atoma::evidence {

inline std::uint64_t fact_hash(ByteView bytes) {
  return std::hash<std::string_view>()(as_text(bytes));
}

template <typename Fact>
class FactCache {
 public:
  explicit FactCache(std::size_t capacity) : capacity_(capacity) {}

  // The first fact under `hash` for which `matches` is true, else null.
  template <typename Matches>
  std::shared_ptr<Fact> find(std::uint64_t hash, Matches matches) const {
    const auto [first, last] = facts_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (matches(*it->second)) return it->second;
    }
    return nullptr;
  }

  void insert(std::uint64_t hash, std::shared_ptr<Fact> fact) {
    if (capacity_ == 0) return;
    if (order_.size() >= capacity_) evict_oldest();
    order_.push_back({hash, fact.get()});
    facts_.emplace(hash, std::move(fact));
  }

  void clear() {
    facts_.clear();
    order_.clear();
  }
  std::size_t size() const { return facts_.size(); }

 private:
  struct Entry {
    std::uint64_t hash;
    const Fact* fact;
  };

  void evict_oldest() {
    const auto [hash, fact] = order_.front();
    order_.pop_front();
    const auto [first, last] = facts_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (it->second.get() != fact) continue;
      facts_.erase(it);
      return;
    }
  }

  std::size_t capacity_;
  std::unordered_multimap<std::uint64_t, std::shared_ptr<Fact>> facts_;
  std::deque<Entry> order_;
};

}  // namespace atoma::evidence
