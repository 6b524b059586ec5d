#include "atoma/etcd/client.h"

#include "atoma/base/check.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::etcd {
namespace {

using http::ClientResponse;
using std::chrono::milliseconds;
using wire::JsonWriter;

constexpr int kOk = 200;

std::string encoded(std::string_view key) { return wire::base64_encode(as_bytes(key)); }

// proto3's JSON writes 64-bit numbers as strings.
JsonWriter& member64(JsonWriter& out, std::string_view name, std::uint64_t value) {
  return out.member(name, std::to_string(value));
}

void write_compare(JsonWriter& out, const Compare& compare) {
  const bool mod = compare.of == Compare::Of::kModRevision;
  out.begin_object()
      .member("key", encoded(compare.key))
      .member("result", "EQUAL")
      .member("target", mod ? "MOD" : "CREATE");
  member64(out, mod ? "mod_revision" : "create_revision", compare.revision).end_object();
}

std::string encode_transaction(const Transaction& txn) {
  JsonWriter out;
  out.begin_object().key("compare").begin_array();
  for (const Compare& compare : txn.compares) write_compare(out, compare);
  out.end_array().key("success").begin_array();
  for (const Put& put : txn.puts) {
    out.begin_object().key("request_put").begin_object();
    out.member("key", encoded(put.key)).member("value", wire::base64_encode(put.value));
    if (put.lease != 0) member64(out, "lease", put.lease);
    out.end_object().end_object();
  }
  for (const Span& span : txn.deletes) {
    out.begin_object().key("request_delete_range").begin_object();
    out.member("key", encoded(span.begin)).member("range_end", encoded(span.end));
    out.end_object().end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string encode_number(std::string_view name, std::uint64_t value) {
  JsonWriter out;
  out.begin_object();
  member64(out, name, value).end_object();
  return out.take();
}

std::unexpected<Error> refused(const ClientResponse& response) {
  return fail(Code::kUnavailable, "etcd.refused",
              std::to_string(response.status) + " " + parse_complaint(response.body));
}

// Nothing of the request has left.
bool never_sent(const Error& error) {
  return error.reason == "http.client.connect" || error.reason == "http.client.resolve" ||
         (error.reason == "http.client.timeout" && error.message == "connecting");
}

}  // namespace

struct Client::State {
  std::vector<http::Url> endpoints;
  Options options;
  http::Client http;
  std::atomic<std::size_t> current = 0;

  Result<ClientResponse> post(std::size_t at, std::string_view path, std::string_view body) const {
    http::Url url = endpoints[at];
    url.target = path;
    const std::vector<http::Field> headers{{"Content-Type", "application/json"}};
    return http.request(url, http::Method::kPost, headers, as_bytes(body), options.deadline);
  }
  // Asked of every endpoint until one answers well: for what may be done twice.
  Result<Bytes> ask(std::string_view path, std::string_view body) {
    const std::size_t first = current;
    Error last{Code::kUnavailable, "etcd.unavailable", "no endpoint"};
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      const std::size_t at = (first + i) % endpoints.size();
      auto answer = post(at, path, body);
      if (answer && answer->status == kOk) {
        current = at;
        return std::move(answer->body);
      }
      last = answer ? refused(*answer).error()
                    : Error{Code::kUnavailable, "etcd.unavailable", answer.error().to_string()};
    }
    current = (first + 1) % endpoints.size();
    return std::unexpected(std::move(last));
  }
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::create(std::span<const std::string> urls, Options options) {
  if (urls.empty() || urls.size() > kEndpointsMax) {
    return malformed("etcd.endpoints", "from 1 to " + std::to_string(kEndpointsMax));
  }
  auto state = std::make_unique<State>();
  for (const std::string& text : urls) {
    ATOMA_TRY(auto url, http::parse_url(text));
    state->endpoints.push_back(std::move(url));
  }
  state->http = http::Client({.connect_timeout = options.connect_timeout,
                              .body_max = kAnswerMax,
                              .authorities = options.authorities,
                              .identity = options.identity});
  state->options = std::move(options);
  return Client(std::move(state));
}

Result<Range> Client::range(const Span& keys, RangeOptions options) const {
  ATOMA_CHECK(options.keys_max > 0 && options.keys_max <= kKeysMax);
  JsonWriter out;
  out.begin_object().member("key", encoded(keys.begin)).member("range_end", encoded(keys.end));
  member64(out, "limit", options.keys_max);
  if (options.last_first) out.member("sort_order", "DESCEND").member("sort_target", "KEY");
  if (options.keys_only) out.member("keys_only", true);
  out.end_object();
  ATOMA_TRY(const Bytes body, state_->ask("/v3/kv/range", out.str()));
  ATOMA_TRY(auto range, parse_range(body));
  for (const KeyValue& kv : range.kvs) {
    if (kv.key >= keys.begin && kv.key < keys.end) continue;
    return fail(Code::kUnavailable, "etcd.answer", "a key that was not asked for");
  }
  if (range.kvs.size() <= options.keys_max) return range;
  return fail(Code::kUnavailable, "etcd.answer", "more keys than were asked for");
}

Outcome Client::commit(const Transaction& transaction) const {
  const std::string body = encode_transaction(transaction);
  const std::size_t first = state_->current;
  const std::size_t count = state_->endpoints.size();
  Outcome out{.ended = Ended::kUnsent, .revision = 0, .why = ""};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first + i) % count;
    const auto answer = state_->post(at, "/v3/kv/txn", body);
    if (!answer && never_sent(answer.error())) {
      out.why = answer.error().to_string();
      continue;
    }
    // From here on it may have taken effect, and only an answer in order says more.
    state_->current = at;
    auto txn = !answer                 ? Result<Txn>(std::unexpected(answer.error()))
               : answer->status != kOk ? Result<Txn>(refused(*answer))
                                       : parse_txn(answer->body);
    if (!txn) {
      state_->current = (at + 1) % count;
      return {.ended = Ended::kUnknown, .revision = 0, .why = txn.error().to_string()};
    }
    return {.ended = txn->succeeded ? Ended::kDone : Ended::kRefused,
            .revision = txn->revision,
            .why = ""};
  }
  return out;
}

Result<Lease> Client::grant(std::chrono::seconds ttl) const {
  const auto body = encode_number("TTL", static_cast<std::uint64_t>(ttl.count()));
  ATOMA_TRY(const Bytes answer, state_->ask("/v3/lease/grant", body));
  return parse_lease(answer);
}

Result<Lease> Client::keep_alive(std::uint64_t lease) const {
  ATOMA_TRY(const Bytes answer, state_->ask("/v3/lease/keepalive", encode_number("ID", lease)));
  return parse_keep_alive(answer);
}

Status Client::revoke(std::uint64_t lease) const {
  ATOMA_TRY_VOID(state_->ask("/v3/lease/revoke", encode_number("ID", lease)));
  return {};
}

Status Client::compact(std::uint64_t revision) const {
  ATOMA_TRY_VOID(state_->ask("/v3/kv/compaction", encode_number("revision", revision)));
  return {};
}

Result<Member> Client::member(std::size_t index) const {
  ATOMA_CHECK(index < state_->endpoints.size());
  auto answer = state_->post(index, "/v3/maintenance/status", "{}");
  if (!answer) return fail(Code::kUnavailable, "etcd.unavailable", answer.error().to_string());
  if (answer->status != kOk) return refused(*answer);
  return parse_member(answer->body);
}

std::string after_prefix(std::string prefix) {
  ATOMA_CHECK(!prefix.empty() && prefix.back() != '\xFF');
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace atoma::etcd
