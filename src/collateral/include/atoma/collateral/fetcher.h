// Fetches what is wanted, refreshes it before it expires, and says how old it is. The one part of
// Atoma that asks others over a network.
//
//   Fetcher fetcher({.endpoints = endpoints, .anchors = anchors}, *store, clock, entropy);
//   ATOMA_TRY_VOID(fetcher.want(item));
//   const auto round = fetcher.run_due({});   // call again at round.next
//
// A source is believed in nothing but when it asks us to wait: what it sends must pass
// Store::admit, and what does not never replaces what is there. An item is asked for once at a
// time; who asks meanwhile gets that outcome. Safe from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>

#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/collateral/source.h"
#include "atoma/collateral/store.h"

namespace atoma::collateral {

enum class Freshness : std::uint8_t {
  kMissing = 0,  // nothing good was ever fetched, or it can't be read
  kExpired,
  kStale,  // good, but its refresh is overdue
  kFresh,
};
std::string_view freshness_name(Freshness freshness);  // "missing", …

// One item as metrics and people want it.
struct ItemStatus {
  std::string name;
  Source source = Source::kIntel;
  Freshness freshness = Freshness::kMissing;
  // Of what is stored; not set when it is missing.
  std::optional<Time> fetched_at;
  ValidityWindow window;
  bool sample = false;
  std::optional<Time> next_refresh;
  Time next_attempt;
  std::optional<Time> last_attempt;
  // Of the last attempt; "" when it went well.
  std::string_view error_reason;
  std::string error;
  unsigned failures = 0;  // in a row
};

class Fetcher {
 public:
  struct Options {
    Endpoints endpoints;
    evidence::TrustAnchors anchors;
    std::string authorities;  // for https, in PEM; empty: those of the system
    // For one exchange, all of it.
    std::chrono::milliseconds deadline{10'000};
    // Between two requests to AMD's KDS, which answers about one VCEK in ten seconds.
    Duration amd_interval{10};
  };
  struct Round {
    std::size_t fetched = 0, failed = 0;
    Time next;  // when to call again; far away when nothing is wanted
  };

  // Wants what is in the store. All of it outlives the fetcher.
  Fetcher(Options options, Store& store, const Clock& clock, Entropy& entropy);

  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  ~Fetcher();

  // From now on. A VCEK or a list of AMD's wants its authorities' chain too. `subject` is for OCSP:
  // PEM, the certificate asked about first, the root last. Items of sources without a URL are
  // wanted and not asked for. Errors: "collateral.full", those of parse_certificates.
  Status want(const Item& item, ByteView subject = {});

  // Asks now, although nothing may be due, unless the item or its source must not be asked yet.
  // Errors: "collateral.waiting"; those of ask_for, http::Client, read_answer and Store::admit;
  // "collateral.not_found" (404), "collateral.rate_limited" (429), "collateral.unavailable" (503),
  // "collateral.status" (another).
  Status fetch(const Item& item);
  // Everything that is due, one after the other.
  Round run_due(const std::stop_token& stop);

  // By order of items.
  std::vector<ItemStatus> status() const;
  // What is good now, read and verified again.
  std::vector<AuthenticRecord> good() const;
  // Grows when contents change.
  std::uint64_t generation() const { return generation_.load(); }

 private:
  struct State;
  struct Attempt;

  State& state_of(const Item& item);  // with mutex_ held
  Time earliest(const Item& item, const State& state) const;
  bool may_ask(const Item& item) const;
  Attempt attempt(const Item& item, const std::vector<pki::Certificate>& subject, Time now);
  Result<AuthenticRecord> accept(const Item& item, const http::ClientResponse& response,
                                 const std::vector<pki::Certificate>& subject, Time now);
  Result<Bytes> issuer_chain_for(const Item& item,
                                 const std::vector<pki::Certificate>& subject) const;
  void settle(const Item& item, State& state, Attempt& attempt, Time now);
  std::uint32_t random();

  const Options options_;
  Store& store_;
  const Clock& clock_;
  Entropy& entropy_;
  std::atomic<std::uint64_t> generation_ = 0;

  mutable std::mutex mutex_;  // guards what follows; not held while a source is asked
  std::condition_variable settled_;
  std::map<Item, std::unique_ptr<State>> states_;  // only grows
  std::array<Time, kSources> source_not_before_;
};

}  // namespace atoma::collateral
