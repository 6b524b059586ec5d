#include "atoma/etcd/answer.h"

#include <charconv>

#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::etcd {
namespace {

using wire::JsonDocument;
using wire::JsonValue;

constexpr std::size_t kComplaintMax = 256;
// Eight members a key, and the frame around them.
constexpr std::size_t kNodesMax = kKeysMax * 12;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Code::kUnavailable, "etcd.answer", "etcd's answer: " + std::string(what));
}

Result<JsonDocument> parse(ByteView json) {
  if (json.size() > kAnswerMax) return bad("too long");
  ATOMA_TRY(auto document, JsonDocument::parse(as_text(json), kNodesMax));
  if (!document.root().is_object()) return bad("no object");
  return document;
}

// A 64-bit number is a string in proto3's JSON; a plain number is taken too.
Result<std::uint64_t> number(const JsonValue& object, std::string_view name) {
  const JsonValue* member = object.find(name);
  if (member == nullptr) return 0;
  const std::string_view text = member->is_string() ? member->text() : member->raw();
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return out;
  return bad("\"" + std::string(name) + "\" is no number");
}

Result<bool> boolean(const JsonValue& object, std::string_view name) {
  const JsonValue* member = object.find(name);
  if (member == nullptr) return false;
  if (const auto value = member->boolean()) return *value;
  return bad("\"" + std::string(name) + "\" is neither true nor false");
}

Result<Bytes> base64(const JsonValue& object, std::string_view name) {
  const JsonValue* member = object.find(name);
  if (member == nullptr) return Bytes();
  auto bytes = wire::base64_decode(member->text());
  if (member->is_string() && bytes) return bytes;
  return bad("\"" + std::string(name) + "\" is no base64");
}

// The store's revision; every answer of a working server has one.
Result<std::uint64_t> revision_of(const JsonValue& root) {
  const JsonValue* header = root.find("header");
  if (header == nullptr || !header->is_object()) return bad("no header");
  ATOMA_TRY(const std::uint64_t revision, number(*header, "revision"));
  if (revision == 0) return bad("no revision");
  return revision;
}

Result<KeyValue> key_value(const JsonValue& object) {
  KeyValue out;
  ATOMA_TRY(const Bytes key, base64(object, "key"));
  if (key.empty() || key.size() > kKeyMax) return bad("a key's size");
  out.key = as_text(key);
  ATOMA_TRY(out.value, base64(object, "value"));
  ATOMA_TRY(out.create_revision, number(object, "create_revision"));
  ATOMA_TRY(out.mod_revision, number(object, "mod_revision"));
  if (out.create_revision == 0 || out.mod_revision < out.create_revision) {
    return bad("a key's revisions");
  }
  return out;
}

Result<Lease> lease(const JsonValue& object) {
  Lease out;
  ATOMA_TRY(out.id, number(object, "ID"));
  ATOMA_TRY(out.ttl_s, number(object, "TTL"));
  if (out.id == 0) return bad("a lease without id");
  return out;
}

}  // namespace

Result<Range> parse_range(ByteView json) {
  ATOMA_TRY(const auto document, parse(json));
  const JsonValue& root = document.root();
  Range out;
  ATOMA_TRY(out.revision, revision_of(root));
  ATOMA_TRY(out.more, boolean(root, "more"));
  const JsonValue* kvs = root.find("kvs");
  if (kvs == nullptr) return out;
  if (!kvs->is_array() || kvs->items().size() > kKeysMax) return bad("\"kvs\"");
  for (const JsonValue& item : kvs->items()) {
    ATOMA_TRY(auto kv, key_value(item));
    out.kvs.push_back(std::move(kv));
  }
  return out;
}

Result<Txn> parse_txn(ByteView json) {
  ATOMA_TRY(const auto document, parse(json));
  Txn out;
  ATOMA_TRY(out.revision, revision_of(document.root()));
  ATOMA_TRY(out.succeeded, boolean(document.root(), "succeeded"));
  return out;
}

Result<Lease> parse_lease(ByteView json) {
  ATOMA_TRY(const auto document, parse(json));
  return lease(document.root());
}

Result<Lease> parse_keep_alive(ByteView json) {
  ATOMA_TRY(const auto document, parse(json));
  const JsonValue* result = document.root().find("result");
  if (result == nullptr || !result->is_object()) return bad("no result");
  return lease(*result);
}

Result<Member> parse_member(ByteView json) {
  ATOMA_TRY(const auto document, parse(json));
  const JsonValue* header = document.root().find("header");
  if (header == nullptr) return bad("no header");
  Member out;
  ATOMA_TRY(out.id, number(*header, "member_id"));
  ATOMA_TRY(out.leader, number(document.root(), "leader"));
  ATOMA_TRY(out.raft_term, number(document.root(), "raftTerm"));
  if (out.id == 0) return bad("a member without id");
  return out;
}

std::string parse_complaint(ByteView json) {
  const auto document = parse(json);
  if (!document) return "";
  const JsonValue* message = document->root().find("message");
  if (message == nullptr) return "";
  std::string out(message->text().substr(0, kComplaintMax));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  return out;
}

}  // namespace atoma::etcd
