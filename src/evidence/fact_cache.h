// A bounded store of shared facts, found by a hash and confirmed by comparing exact bytes. When it
// is full the oldest fact goes. The hash resists no collisions made on purpose, and the owner of
// one genuine platform can spell its chain in many ways (white space in PEM): so few facts may
// share a hash, and a search stays short.
#pragma once

#include <algorithm>
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
    if (facts_.count(hash) >= kSameHashMax) {
      evict(std::ranges::find(order_, hash, &Entry::hash));
    } else if (order_.size() >= capacity_) {
      evict(order_.begin());
    }
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

  static constexpr std::size_t kSameHashMax = 4;

  void evict(typename std::deque<Entry>::iterator entry) {
    const auto [first, last] = facts_.equal_range(entry->hash);
    facts_.erase(std::find_if(
        first, last, [entry](const auto& item) { return item.second.get() == entry->fact; }));
    order_.erase(entry);
  }

  std::size_t capacity_;
  std::unordered_multimap<std::uint64_t, std::shared_ptr<Fact>> facts_;
  std::deque<Entry> order_;
};

}  // namespace atoma::evidence
