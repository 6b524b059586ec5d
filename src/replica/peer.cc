#include "atoma/replica/peer.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::replica {
namespace {

using namespace std::chrono_literals;
using wire::JsonDocument;
using wire::JsonValue;

// A page of the largest entries in base64, each of them once more as JSON.
constexpr std::size_t kAnswerMax = 16 * 1024 * 1024;
constexpr auto kDeadline = 5s;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Code::kUnavailable, "peer.answer", "a peer's answer: " + std::string(what));
}

Result<Bytes> base64(const JsonValue* value) {
  if (value == nullptr || !value->is_string()) return bad("a text is missing");
  auto bytes = wire::base64_decode(value->text());
  if (!bytes) return bad("no base64");
  return bytes;
}

}  // namespace

Result<std::vector<Bytes>> parse_entries(ByteView json, std::uint64_t from) {
  ATOMA_TRY(const auto document, JsonDocument::parse(as_text(json)));
  const JsonValue* list = document.root().find("entries");
  if (list == nullptr || !list->is_array()) return bad("no entries");
  if (list->items().empty() || list->items().size() > kPageEntriesMax) {
    return bad("no entries, or more than a page");
  }
  std::vector<Bytes> out;
  for (const JsonValue& item : list->items()) {
    const JsonValue* index = item.find("index");
    if (index == nullptr || index->unsigned_integer() != from + out.size()) {
      return bad("another entry than was asked for");
    }
    ATOMA_TRY(auto entry, base64(item.find("entry")));
    if (entry.empty() || entry.size() > limits::kLogEntryMax) return bad("an entry's size");
    out.push_back(std::move(entry));
  }
  return out;
}

Result<merkle::Proof> parse_consistency(ByteView json) {
  ATOMA_TRY(const auto document, JsonDocument::parse(as_text(json)));
  const JsonValue* list = document.root().find("proof");
  // A proof has at most two paths' hashes.
  if (list == nullptr || !list->is_array() || list->items().size() > 2 * limits::kMerkleProofMax) {
    return bad("no proof");
  }
  merkle::Proof out;
  for (const JsonValue& item : list->items()) {
    ATOMA_TRY(const Bytes bytes, base64(&item));
    merkle::Hash hash{};
    if (bytes.size() != hash.size()) return bad("no hash");
    std::ranges::copy(bytes, hash.begin());
    out.push_back(hash);
  }
  return out;
}

HttpPeer::HttpPeer(http::Url url)
    : url_(std::move(url)),
      client_({.connect_timeout = 500ms, .body_max = kAnswerMax, .authorities = ""}) {}

Result<std::unique_ptr<HttpPeer>> HttpPeer::create(std::string_view url) {
  ATOMA_TRY(auto parsed, http::parse_url(url));
  return std::unique_ptr<HttpPeer>(new HttpPeer(std::move(parsed)));
}

Result<Bytes> HttpPeer::get(std::string target) const {
  http::Url url = url_;
  url.target = std::move(target);
  auto answer = client_.request(url, http::Method::kGet, {}, {}, kDeadline);
  if (!answer) return fail(Code::kUnavailable, "peer.unavailable", answer.error().to_string());
  if (answer->status == 200) return std::move(answer->body);
  return fail(Code::kUnavailable, "peer.unavailable", std::format("status {}", answer->status));
}

Result<std::vector<Bytes>> HttpPeer::entries(std::uint64_t from) {
  // A page of entries with very much JSON in them is beyond what we parse: then one by one.
  for (const std::size_t limit : {kPageEntriesMax, std::size_t{1}}) {
    ATOMA_TRY(const Bytes body, get(std::format("/v1/log/entries?start={}&limit={}", from, limit)));
    auto page = parse_entries(body, from);
    if (page || limit == 1) return page;
  }
  return bad("no entries");
}

Result<merkle::Proof> HttpPeer::consistency(std::uint64_t old_size, std::uint64_t new_size) {
  ATOMA_TRY(const Bytes body,
            get(std::format("/v1/log/consistency?old={}&new={}", old_size, new_size)));
  return parse_consistency(body);
}

}  // namespace atoma::replica
