#include "freshness.h"

#include <algorithm>
#include <format>
#include <map>

#include "collateral_keeper.h"

namespace atoma::server {
namespace {

using collateral::Freshness;
using Values = telemetry::Gauges::Values;

Freshness freshness_at(ValidityWindow window, Time now) {
  if (!window.contains(now)) return Freshness::kExpired;
  const Duration life = window.not_after - window.not_before;
  const Duration soon{std::min(kSoon.s, life.s / 10)};
  return now + soon > window.not_after ? Freshness::kStale : Freshness::kFresh;
}

class AtHandReader {
 public:
  explicit AtHandReader(Time now) : now_(now) {}

  void read(const evidence::intel::Collateral& set) {
    if (const auto& info = set.tcb_info()) {
      add("intel/tcb_info", {info->value.issue_date, info->value.next_update});
    }
    if (const auto& qe = set.qe_identity()) {
      add("intel/qe_identity", {qe->value.issue_date, qe->value.next_update});
    }
    if (set.root_crl()) add("intel/root_crl", set.root_crl()->validity());
    if (set.pck_crl()) add("intel/pck_crl", set.pck_crl()->validity());
  }
  void read(const evidence::amd::Endorsements& set) {
    if (set.crl() != nullptr) add("amd/crl", set.crl()->validity());
    if (set.leaf() != nullptr) add("amd/vcek", set.leaf()->validity());
    if (set.intermediate() != nullptr) add("amd/cert_chain", set.intermediate()->validity());
  }
  void read(const evidence::nvidia::RimFile& file) {
    ValidityWindow window = file.rim.certificates().front().validity();
    for (const auto& c : file.rim.certificates()) window = window.intersect(c.validity());
    add("nvidia/rim", window);
  }
  void read(const verifier::OcspAnswer& answer) { add("nvidia/ocsp", answer.validity()); }

  std::vector<Kept> out;

 private:
  void add(std::string_view kind, ValidityWindow window) {
    out.push_back({.kind = kind,
                   .name = std::format("{} at hand, number {}", kind, ++numbers_[kind]),
                   .freshness = freshness_at(window, now_),
                   .since = window.not_before,
                   .good_until = window.not_after,
                   .error = {}});
  }

  Time now_;
  std::map<std::string_view, std::size_t> numbers_;
};

// "intel/tcb_info" of "intel/tcb_info/tdx/00806f050000".
std::string_view kind_of(std::string_view item) {
  for (const auto kind : telemetry::kCollateralKinds) {
    if (item.starts_with(kind) && (item.size() == kind.size() || item[kind.size()] == '/')) {
      return kind;
    }
  }
  return telemetry::kCollateralKinds[0];
}

// One value for each kind that there is something of.
template <typename Of, typename Join>
Values by_kind(const std::vector<Kept>& kept, Of of, Join join) {
  std::map<std::string_view, double> values;
  for (const auto& one : kept) {
    const std::optional<double> value = of(one);
    if (!value) continue;
    const auto [at, fresh] = values.emplace(one.kind, *value);
    if (!fresh) at->second = join(at->second, *value);
  }
  return {values.begin(), values.end()};
}

double seconds(Duration duration) { return static_cast<double>(duration.s); }
double sum(double a, double b) { return a + b; }
double greater(double a, double b) { return std::max(a, b); }
double less(double a, double b) { return std::min(a, b); }

}  // namespace

std::vector<Kept> kept_of(const verifier::AtHand& at_hand, Time now) {
  AtHandReader reader(now);
  for (const auto& set : at_hand.collateral) reader.read(*set);
  for (const auto& set : at_hand.endorsements) reader.read(*set);
  for (const auto& file : at_hand.rims) reader.read(*file);
  for (const auto& answer : at_hand.ocsp) reader.read(*answer);
  return std::move(reader.out);
}

std::vector<Kept> kept_of(const std::vector<collateral::ItemStatus>& items) {
  std::vector<Kept> out;
  for (const auto& item : items) {
    Kept kept{.kind = kind_of(item.name),
              .name = item.name,
              .freshness = item.freshness,
              .since = item.fetched_at,
              .good_until = std::nullopt,
              .error = item.error_reason};
    if (item.fetched_at) kept.good_until = item.window.not_after;
    out.push_back(std::move(kept));
  }
  return out;
}

bool all_fresh(const std::vector<Kept>& kept) {
  return std::ranges::all_of(kept, [](const Kept& k) { return k.freshness == Freshness::kFresh; });
}

void write_not_fresh(wire::JsonWriter& out, std::vector<Kept> kept) {
  std::erase_if(kept, [](const Kept& k) { return k.freshness == Freshness::kFresh; });
  std::ranges::stable_sort(kept, {}, &Kept::freshness);
  if (kept.size() > kNamedMax) kept.resize(kNamedMax);
  out.begin_array();
  for (const auto& one : kept) {
    out.begin_object()
        .member("item", one.name)
        .member("freshness", collateral::freshness_name(one.freshness))
        .member("error", one.error);
    member_time(out, "good_until", one.good_until);
    out.end_object();
  }
  out.end_array();
}

Values ages(const std::vector<Kept>& kept, Time now) {
  return by_kind(
      kept,
      [&](const Kept& k) {
        return k.since ? std::optional(seconds(now - *k.since)) : std::nullopt;
      },
      greater);
}

Values times_left(const std::vector<Kept>& kept, Time now) {
  return by_kind(
      kept,
      [&](const Kept& k) {
        return k.good_until ? std::optional(seconds(*k.good_until - now)) : std::nullopt;
      },
      less);
}

Values failing(const std::vector<Kept>& kept) {
  return by_kind(
      kept, [](const Kept& k) { return std::optional(k.error.empty() ? 0.0 : 1.0); }, sum);
}

Values unusable(const std::vector<Kept>& kept) {
  return by_kind(
      kept,
      [](const Kept& k) { return std::optional(k.freshness <= Freshness::kExpired ? 1.0 : 0.0); },
      sum);
}

}  // namespace atoma::server
