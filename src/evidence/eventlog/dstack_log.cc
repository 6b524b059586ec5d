#include <optional>

#include "atoma/crypto/digest.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"
#include "eventlog/log_builder.h"

namespace atoma::evidence::eventlog {
namespace {

using wire::JsonDocument;
using wire::JsonValue;

constexpr std::size_t kRtmrSize = 48;
constexpr std::size_t kNameMax = 1024;
constexpr std::uint64_t kVersion1 = 1;
constexpr std::uint64_t kVersion2 = 2;

std::unexpected<Error> bad(const char* what) { return malformed("eventlog.json", what); }

// RFC 8785 §3.2.2.2: as json_quote, and short escapes for backspace and form feed too.
std::string canonical_quote(std::string_view text) {
  std::string out;
  for (const char c : wire::json_quote(text)) out += c;
  for (const auto& [longer, shorter] : {std::pair{"\\u0008", "\\b"}, {"\\u000c", "\\f"}}) {
    for (auto at = out.find(longer); at != std::string::npos; at = out.find(longer, at)) {
      // A backslash before it is an escaped one: then these are six plain characters.
      std::size_t before = at;
      while (before > 0 && out[before - 1] == '\\') --before;
      if ((at - before) % 2 == 0) out.replace(at, 6, shorter);
      at += 2;
    }
  }
  return out;
}

Bytes preimage_v1(std::string_view name, ByteView payload) {
  Bytes out;
  wire::append_le(out, kEvDstackRuntime, 4);
  append(out, ":");
  append(out, name);
  append(out, ":");
  append(out, payload);
  return out;
}

Bytes preimage_v2(std::string_view name, ByteView payload) {
  return to_bytes("{\"name\":" + canonical_quote(name) + ",\"payload\":\"" +
                  wire::hex_encode(payload) +
                  "\",\"type\":" + std::to_string(std::uint32_t{kEvDstackRuntime}) + "}");
}

struct Fields {
  std::uint64_t imr = 0;
  std::uint64_t type = 0;
  Bytes digest;
  std::string_view name;
  Bytes payload;
  std::optional<std::uint64_t> version;
};

Result<Bytes> hex_member(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  if (value == nullptr || !value->is_string()) return bad("digest and event_payload are texts");
  auto bytes = wire::hex_decode(value->text());
  if (!bytes) return bad("digest and event_payload are hexadecimal");
  return std::move(*bytes);
}

Result<Fields> read_fields(const JsonValue& object) {
  const JsonValue* imr = object.find("imr");
  const JsonValue* type = object.find("event_type");
  const JsonValue* name = object.find("event");
  const auto imr_number = imr == nullptr ? std::nullopt : imr->unsigned_integer();
  const auto type_number = type == nullptr ? std::nullopt : type->unsigned_integer();
  if (!imr_number || !type_number || *type_number > UINT32_MAX || name == nullptr ||
      !name->is_string() || name->text().size() > kNameMax) {
    return bad("expected imr, event_type and event");
  }
  Fields out{.imr = *imr_number, .type = *type_number, .name = name->text()};
  ATOMA_TRY(out.digest, hex_member(object, "digest"));
  ATOMA_TRY(out.payload, hex_member(object, "event_payload"));
  if (out.payload.size() > limits::kLogEventMax) return event_too_large(out.payload.size());
  if (const JsonValue* version = object.find("version")) {
    out.version = version->unsigned_integer();
    if (out.version != kVersion1 && out.version != kVersion2) return bad("version is 1 or 2");
  }
  return out;
}

// Without a version the digest that the log brings tells which of the two it is; either binds the
// same name and payload. Without that it is V1.
void add_runtime_digest(const Fields& fields, LogBuilder& builder, Event& event) {
  Bytes v1 = preimage_v1(fields.name, fields.payload);
  Bytes v2 = preimage_v2(fields.name, fields.payload);
  const bool is_v2 =
      fields.version ? *fields.version == kVersion2 : equal(fields.digest, crypto::sha384(v2));
  event.data = builder.own(is_v2 ? std::move(v2) : std::move(v1));
  event.payload = builder.own(fields.payload);
  event.name = as_text(builder.own(to_bytes(fields.name)));
  const ByteView digest = builder.own(hash_of(HashAlgorithm::kSha384, {event.data}));
  event.supplied_digest_differs = !fields.digest.empty() && !equal(fields.digest, digest);
  event.digests.push_back({HashAlgorithm::kSha384, digest});
}

Status add_event(const JsonValue& object, LogBuilder& builder) {
  ATOMA_TRY(auto fields, read_fields(object));
  if (fields.imr >= kRtmrs) return malformed("eventlog.index", "imr is not 0 to 3");
  Event event;
  event.index = static_cast<std::uint32_t>(fields.imr);
  event.type = static_cast<std::uint32_t>(fields.type);
  event.extended = event.type != kEvNoAction;
  if (event.type == kEvDstackRuntime) {
    event.source = Source::kDstack;
    add_runtime_digest(fields, builder, event);
    return builder.add(std::move(event));
  }
  if (fields.digest.size() != kRtmrSize) {
    return malformed("eventlog.digests", "a firmware event needs a digest of 48 bytes");
  }
  event.digests.push_back({HashAlgorithm::kSha384, builder.own(std::move(fields.digest))});
  event.data = builder.own(std::move(fields.payload));
  return builder.add(std::move(event));
}

}  // namespace

Result<EventLog> parse_dstack_log(ByteView bytes) {
  ATOMA_TRY_VOID(check_log_size(bytes));
  ATOMA_TRY(const auto outer, JsonDocument::parse(as_text(bytes)));
  const JsonValue* list = &outer.root();
  std::optional<JsonDocument> inner;
  if (list->is_object()) list = list->find("event_log");
  if (list != nullptr && list->is_string()) {
    ATOMA_TRY(inner, JsonDocument::parse(list->text()));
    list = &inner->root();
  }
  if (list == nullptr || !list->is_array()) return bad("expected an array of events");
  LogBuilder builder(Registers::kRtmr, Source::kDstack);
  for (const auto& item : list->items()) ATOMA_TRY_VOID(add_event(item, builder));
  return std::move(builder.log);
}

}  // namespace atoma::evidence::eventlog
