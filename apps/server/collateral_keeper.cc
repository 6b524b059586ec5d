#include "collateral_keeper.h"

#include <optional>

#include "atoma/base/limits.h"
#include "atoma/collateral/sets.h"
#include "atoma/collateral/want.h"
#include "atoma/verifier/service.h"
#include "atoma/wire/json_writer.h"

namespace atoma::server {
namespace {

using collateral::Fetcher;
using collateral::ItemStatus;
using collateral::Refresher;
using collateral::Store;

// All authorities of a system are 250 KiB.
constexpr std::size_t kAuthoritiesMax = 1024 * 1024;

}  // namespace

// Destroyed from the last to the first: the thread before what it uses.
struct CollateralKeeper::Impl {
  verifier::AtHand at_hand;
  verifier::Service& verifier;
  const Clock& clock;
  std::unique_ptr<Store> store;
  std::optional<Fetcher> fetcher;
  std::optional<Refresher> refresher;

  void hand_over() const {
    const auto sets = collateral::make_sets(fetcher->good());
    auto parsed = collateral::parse_sets(sets);
    auto all = at_hand;
    all.append({.collateral = std::move(parsed.collateral),
                .endorsements = std::move(parsed.endorsements),
                .rims = std::move(parsed.rims),
                .ocsp = {},
                .platform_keys = {}});
    for (const auto& der : parsed.ocsp) {
      if (auto answer = verifier::OcspAnswer::parse(der)) all.ocsp.push_back(*std::move(answer));
    }
    verifier.use(std::move(all));
  }
};

CollateralKeeper::CollateralKeeper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CollateralKeeper::~CollateralKeeper() = default;

Result<std::unique_ptr<CollateralKeeper>> CollateralKeeper::start(
    const store::Path& directory, const FetchOptions& options, evidence::TrustAnchors anchors,
    verifier::AtHand at_hand, verifier::Service& verifier, const Clock& clock, Entropy& entropy) {
  auto impl = std::unique_ptr<Impl>(new Impl{.at_hand = std::move(at_hand),
                                             .verifier = verifier,
                                             .clock = clock,
                                             .store = nullptr,
                                             .fetcher = std::nullopt,
                                             .refresher = std::nullopt});
  ATOMA_TRY(impl->store, Store::open(store::posix_file_system(), directory, Store::Access::kWrite));
  ATOMA_TRY(auto authorities, load_authorities(options));
  impl->fetcher.emplace(Fetcher::Options{.endpoints = options.endpoints,
                                         .anchors = std::move(anchors),
                                         .authorities = std::move(authorities)},
                        *impl->store, clock, entropy);
  ATOMA_TRY_VOID(want_all(*impl->fetcher, options));
  const Impl* const held = impl.get();
  impl->refresher.emplace(*impl->fetcher, clock, [held] { held->hand_over(); });
  return std::unique_ptr<CollateralKeeper>(new CollateralKeeper(std::move(impl)));
}

std::vector<ItemStatus> CollateralKeeper::status() const { return impl_->fetcher->status(); }

std::string CollateralKeeper::status_json() const {
  return collateral_status_json(status(), impl_->clock.now());
}

void member_time(wire::JsonWriter& out, std::string_view name, std::optional<Time> time) {
  out.key(name);
  // Calendars end, and "never" is not a date.
  const bool dated = time && time->unix_s >= 0 && time->unix_s < 253'402'300'800;
  if (dated) {
    out.value(format_time(*time));
  } else {
    out.null();
  }
}

Result<std::string> load_authorities(const FetchOptions& options) {
  if (options.authorities_file.empty()) return "";
  ATOMA_TRY(const auto pem, store::read_file(store::posix_file_system(), options.authorities_file,
                                             kAuthoritiesMax));
  return std::string(as_text(pem));
}

Status want_all(Fetcher& fetcher, const FetchOptions& options) {
  for (const auto& name : options.items) {
    ATOMA_TRY(const auto item, collateral::Item::parse(name));
    ATOMA_TRY_VOID(fetcher.want(item));
  }
  for (const auto& path : options.wanted_for) {
    ATOMA_TRY(const auto evidence,
              store::read_file(store::posix_file_system(), path, limits::kEvidenceMax));
    auto wanted = collateral::wanted_for(evidence);
    if (!wanted) {
      Error error = wanted.error();
      error.message = path + ": " + error.message;
      return std::unexpected(std::move(error));
    }
    for (const auto& one : *wanted) ATOMA_TRY_VOID(fetcher.want(one.item, one.subject));
  }
  return {};
}

std::string collateral_status_json(const std::vector<ItemStatus>& items, Time now) {
  wire::JsonWriter out;
  out.begin_object().key("items").begin_array();
  for (const auto& item : items) {
    out.begin_object()
        .member("item", item.name)
        .member("source", collateral::source_name(item.source))
        .member("freshness", collateral::freshness_name(item.freshness))
        .key("age_s");
    if (item.fetched_at) {
      out.value(now.unix_s - item.fetched_at->unix_s);
    } else {
      out.null();
    }
    member_time(out, "fetched_at", item.fetched_at);
    member_time(out, "good_until",
                item.fetched_at ? std::optional(item.window.not_after) : std::nullopt);
    member_time(out, "next_refresh", item.next_refresh);
    member_time(out, "next_attempt", item.next_attempt);
    out.member("failures", std::uint64_t{item.failures})
        .member("error", item.error_reason)
        .member("detail", item.error)
        .member("sample", item.sample)
        .end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace atoma::server
