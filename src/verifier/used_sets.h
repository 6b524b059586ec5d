// What vendors signed, by digest, as verdicts stood on it: an auditor who wants to replay a verdict
// fetches what it names.
//
//   GET /v1/collateral/{sha256}   {"sha256", "collateral": {…}} or {"sha256", "endorsements": […]},
//                                 as a request brings them
//
// Bounded: the oldest go first. Sets that requests bring can't push out the server's own. Kept over
// restarts where there is a store; whatever it gives back has the digest by which it is asked for,
// or is forgotten.
#pragma once

#include <deque>
#include <mutex>

#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/http/router.h"
#include "atoma/store/kv.h"
#include "atoma/verifier/service.h"

namespace atoma::verifier {

// Of answers, each for the server's own sets and for those that requests brought: some hundred sets
// of Intel's.
inline constexpr std::size_t kUsedSetsBytesMax = 16 * 1024 * 1024;

// Safe from any thread.
class UsedSets {
 public:
  enum class Whose : std::uint8_t { kRequest = 0, kServer };

  // `kv` has the table kUsedSetsTable and outlives this; null: memory alone.
  explicit UsedSets(store::Kv* kv = nullptr, std::size_t bytes_max = kUsedSetsBytesMax);

  void remember(const evidence::intel::Collateral& set, const crypto::Digest256& digest,
                Whose whose);
  void remember(const evidence::amd::Endorsements& set, Whose whose);
  // The server's own.
  void remember(
      const std::vector<std::shared_ptr<const evidence::intel::Collateral>>& collateral,
      const std::vector<std::shared_ptr<const evidence::amd::Endorsements>>& endorsements);
  // The answer; nothing when it is not there (any more).
  std::optional<std::string> find(std::string_view sha256_hex) const;
  // The route; this outlives the router.
  void mount(http::Router& router) const;

 private:
  struct Entry {
    std::string sha256;
    std::string answer;
    std::string key;  // in the store
  };
  struct Shelf {
    std::deque<Entry> entries;  // the oldest first
    std::size_t bytes = 0;
    std::uint64_t next = 0;  // of the store's keys
  };
  template <typename Write>
  void keep(const crypto::Digest256& digest, Whose whose, Write write);
  void load(Whose whose);
  std::vector<std::string> add(Shelf& shelf, Entry entry) const;

  store::Kv* const kv_;
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;  // guards the shelves
  Shelf shelves_[2];          // by Whose
};

}  // namespace atoma::verifier
