#include "atoma/collateral/fetcher.h"

#include <algorithm>
#include <format>

#include "atoma/collateral/schedule.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/reader.h"

namespace atoma::collateral {
namespace {

using pki::Certificate;

constexpr Time kLongAgo{INT64_MIN / 2};
constexpr Time kFarAway{INT64_MAX / 2};

std::size_t index_of(Source source) { return static_cast<std::size_t>(source); }

Bytes pem_of(std::span<const Certificate> chain) {
  std::string out;
  for (const auto& c : chain) out += wire::encode_pem("CERTIFICATE", c.der());
  return to_bytes(out);
}

std::unexpected<Error> refused(const http::ClientResponse& response, const Item& item) {
  const std::string text = std::format("{}: the source answers {}", item.name(), response.status);
  switch (response.status) {
    case 404:
      return fail(Code::kNotFound, "collateral.not_found", text);
    case 429:
      return fail(Code::kResourceExhausted, "collateral.rate_limited", text);
    case 503:
      return fail(Code::kUnavailable, "collateral.unavailable", text);
    default:
      return fail(Code::kUnavailable, "collateral.status", text);
  }
}

}  // namespace

struct Fetcher::State {
  std::vector<Certificate> subject;
  // Of what is stored and authentic.
  std::optional<Time> fetched_at;
  ValidityWindow window;
  bool sample = false;
  Time next_refresh = kLongAgo;
  Time not_before = kLongAgo;  // after failures
  std::optional<Time> last_attempt;
  Status last;
  unsigned failures = 0;
  bool in_flight = false;
};

struct Fetcher::Attempt {
  Result<AuthenticRecord> outcome;
  bool absent = false;                  // 404
  bool source_waits = false;            // 429 and 503 are about the source, not the item
  std::optional<Duration> retry_after;  // as the source asks
  bool changed = false;
};

std::string_view freshness_name(Freshness freshness) {
  static constexpr std::string_view kNames[] = {"missing", "expired", "stale", "fresh"};
  return kNames[static_cast<std::size_t>(freshness)];
}

Fetcher::Fetcher(Options options, Store& store, const Clock& clock, Entropy& entropy)
    : options_(std::move(options)), store_(store), clock_(clock), entropy_(entropy) {
  source_not_before_.fill(kLongAgo);
  const auto items = store_.list();
  for (const auto& item : items ? *items : std::vector<Item>()) {
    const auto record = store_.load_verified(item, options_.anchors);
    State& state = state_of(item);
    if (!record) {
      state.last = std::unexpected(record.error());
      continue;
    }
    const Time fetched_at = record->record().fetched_at;
    state.fetched_at = fetched_at;
    state.window = record->window();
    state.sample = record->root() == evidence::RootKind::kSample;
    state.next_refresh =
        fetched_at + refresh_after(item.kind(), record->window(), fetched_at, random());
    if (item.kind() != Kind::kOcsp) continue;
    auto subject = pki::parse_certificates(record->record().issuer_chain);
    if (subject) state.subject = *std::move(subject);
  }
}

Fetcher::~Fetcher() = default;

Fetcher::State& Fetcher::state_of(const Item& item) {
  auto& state = states_[item];
  if (state == nullptr) state = std::make_unique<State>();
  return *state;
}

std::uint32_t Fetcher::random() {
  ByteArray<4> bytes{};
  entropy_.fill(bytes);
  return static_cast<std::uint32_t>(wire::load_be(bytes));
}

bool Fetcher::may_ask(const Item& item) const {
  return !options_.endpoints.base[index_of(item.source())].empty() ||
         (item.kind() == Kind::kRootCrl && !options_.endpoints.intel_root_crl.empty());
}

Status Fetcher::want(const Item& item, ByteView subject) {
  std::vector<Certificate> chain;
  if (!subject.empty()) {
    ATOMA_TRY(chain, pki::parse_certificates(subject));
  }
  const std::lock_guard lock(mutex_);
  if (!states_.contains(item) && states_.size() >= kRecordsMax) {
    return fail(Code::kResourceExhausted, "collateral.full",
                std::format("{} items are wanted already", states_.size()));
  }
  State& state = state_of(item);
  if (!chain.empty()) state.subject = std::move(chain);
  if (item.kind() == Kind::kVcek || item.kind() == Kind::kAmdCrl) {
    ATOMA_TRY(const auto authorities, Item::parse("amd/cert_chain/" + std::string(item.scope())));
    state_of(authorities);
  }
  return {};
}

Time Fetcher::earliest(const Item& item, const State& state) const {
  return std::max(state.not_before, source_not_before_[index_of(item.source())]);
}

Status Fetcher::fetch(const Item& item) {
  std::unique_lock lock(mutex_);
  State& state = state_of(item);
  if (state.in_flight) {
    settled_.wait(lock, [&] { return !state.in_flight; });
    return state.last;
  }
  const Time now = clock_.now();
  const Time from = earliest(item, state);
  if (now < from) {
    return fail(Code::kUnavailable, "collateral.waiting",
                std::format("{} may be asked for from {}{}", item.name(), format_time(from),
                            state.last ? "" : "; before: " + state.last.error().to_string()));
  }
  state.in_flight = true;
  state.last_attempt = now;
  if (item.source() == Source::kAmd) {
    source_not_before_[index_of(Source::kAmd)] = now + options_.amd_interval;
  }
  std::vector<Certificate> subject;
  std::swap(subject, state.subject);  // certificates don't copy; nobody else uses these meanwhile
  lock.unlock();
  Attempt made = attempt(item, subject, now);
  lock.lock();
  if (state.subject.empty()) state.subject = std::move(subject);
  settle(item, state, made, clock_.now());
  settled_.notify_all();
  return state.last;
}

Fetcher::Attempt Fetcher::attempt(const Item& item, const std::vector<Certificate>& subject,
                                  Time now) {
  auto ask = ask_for(item, options_.endpoints, subject);
  if (!ask) return {.outcome = std::unexpected(ask.error())};
  auto known = store_.load_verified(item, options_.anchors);
  const bool good = known && known->window().contains(now);
  const std::string etag = good ? known->record().etag : "";
  if (!etag.empty()) ask->headers.push_back({"If-None-Match", etag});
  const http::Client client({.body_max = ask->body_max, .authorities = options_.authorities});
  const auto response =
      client.request(ask->url, ask->method, ask->headers, ask->body, options_.deadline);
  if (!response) return {.outcome = std::unexpected(response.error())};
  Attempt out{.outcome = std::unexpected(Error{})};
  if (response->status == 304 && !etag.empty()) {
    Record record = known->record();
    record.fetched_at = now;
    out.outcome = store_.admit(std::move(record), options_.anchors, now);
  } else if (response->status == 200) {
    out.outcome = accept(item, *response, subject, now);
    out.changed =
        out.outcome && !(known && equal(known->record().content, out.outcome->record().content));
  } else {
    out.outcome = refused(*response, item);
    out.absent = response->status == 404;
    out.source_waits = response->status == 429 || response->status == 503;
    const auto wait = response->header("Retry-After");
    if (wait) out.retry_after = parse_retry_after(*wait, now);
  }
  return out;
}

Result<AuthenticRecord> Fetcher::accept(const Item& item, const http::ClientResponse& response,
                                        const std::vector<Certificate>& subject, Time now) {
  ATOMA_TRY(auto answer, read_answer(item, response));
  if (answer.issuer_chain.empty()) {
    ATOMA_TRY(answer.issuer_chain, issuer_chain_for(item, subject));
  }
  return store_.admit({.item = item,
                       .content = std::move(answer.content),
                       .issuer_chain = std::move(answer.issuer_chain),
                       .etag = std::move(answer.etag),
                       .fetched_at = now},
                      options_.anchors, now);
}

// For contents that come without: from what is stored already.
Result<Bytes> Fetcher::issuer_chain_for(const Item& item,
                                        const std::vector<Certificate>& subject) const {
  if (item.kind() == Kind::kOcsp) return pem_of(subject);
  if (item.kind() == Kind::kVcek || item.kind() == Kind::kAmdCrl) {
    ATOMA_TRY(const auto name, Item::parse("amd/cert_chain/" + std::string(item.scope())));
    const auto authorities = store_.load_verified(name, options_.anchors);
    if (!authorities) return Bytes();  // admit says what is missing
    ATOMA_TRY(const auto chain, pki::parse_certificates(authorities->record().content));
    return pem_of(std::span(chain).subspan(item.kind() == Kind::kAmdCrl ? chain.size() - 1 : 0));
  }
  if (item.kind() != Kind::kRootCrl) return Bytes();
  ATOMA_TRY(const auto items, store_.list());
  for (const auto& other : items) {
    if (other.source() != Source::kIntel || other.kind() == Kind::kRootCrl) continue;
    const auto record = store_.load_verified(other, options_.anchors);
    if (!record) continue;
    ATOMA_TRY(const auto chain, pki::parse_certificates(record->record().issuer_chain));
    return pem_of(std::span(chain).last(1));
  }
  return Bytes();
}

void Fetcher::settle(const Item& item, State& state, Attempt& attempt, Time now) {
  state.in_flight = false;
  if (attempt.outcome) {
    const ValidityWindow window = attempt.outcome->window();
    state.last = {};
    state.failures = 0;
    state.not_before = kLongAgo;
    state.fetched_at = attempt.outcome->record().fetched_at;
    state.window = window;
    state.sample = attempt.outcome->root() == evidence::RootKind::kSample;
    state.next_refresh = now + refresh_after(item.kind(), window, now, random());
    if (attempt.changed) ++generation_;
    return;
  }
  state.last = std::unexpected(std::move(attempt.outcome).error());
  ++state.failures;
  const Duration backoff = backoff_after(state.failures, attempt.absent, random());
  const Time until = now + attempt.retry_after.value_or(backoff);
  state.not_before = until;
  Time& source = source_not_before_[index_of(item.source())];
  if (attempt.source_waits) source = std::max(source, until);
}

Fetcher::Round Fetcher::run_due(const std::stop_token& stop) {
  std::vector<Item> items;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [item, state] : states_) items.push_back(item);
  }
  Round round{.next = kFarAway};
  for (const auto& item : items) {
    if (!may_ask(item) || stop.stop_requested()) continue;
    const auto due_at = [&] {
      const std::lock_guard lock(mutex_);
      const State& state = state_of(item);
      return std::max(state.next_refresh, earliest(item, state));
    };
    if (due_at() <= clock_.now()) {
      const auto outcome = fetch(item);
      (outcome ? round.fetched : round.failed) += 1;
    }
    round.next = std::min(round.next, due_at());
  }
  return round;
}

std::vector<ItemStatus> Fetcher::status() const {
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::vector<ItemStatus> out;
  for (const auto& [item, held] : states_) {
    const State& state = *held;
    ItemStatus status{.name = item.name(),
                      .source = item.source(),
                      .fetched_at = state.fetched_at,
                      .window = state.window,
                      .sample = state.sample,
                      .next_refresh = std::nullopt,
                      .next_attempt = std::max(state.next_refresh, earliest(item, state)),
                      .last_attempt = state.last_attempt,
                      .error_reason = state.last ? "" : state.last.error().reason,
                      .error = state.last ? "" : state.last.error().message,
                      .failures = state.failures};
    if (state.fetched_at) {
      status.next_refresh = state.next_refresh;
      status.freshness = !state.window.contains(now) ? Freshness::kExpired
                         : now > state.next_refresh  ? Freshness::kStale
                                                     : Freshness::kFresh;
    }
    out.push_back(std::move(status));
  }
  return out;
}

std::vector<AuthenticRecord> Fetcher::good() const {
  const Time now = clock_.now();
  std::vector<AuthenticRecord> out;
  const auto items = store_.list();
  for (const auto& item : items ? *items : std::vector<Item>()) {
    auto record = store_.load_verified(item, options_.anchors);
    if (record && record->window().contains(now)) out.push_back(*std::move(record));
  }
  return out;
}

}  // namespace atoma::collateral
