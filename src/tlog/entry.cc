#include "atoma/tlog/entry.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::tlog {

namespace {
constexpr std::uint64_t kEntryVersion = 1;
}

wire::JsonWriter begin_entry(std::string_view type, Time time) {
  wire::JsonWriter out;
  out.begin_object().member("v", kEntryVersion).member("type", type);
  out.member("time", format_time(time));
  return out;
}

Result<EntryHeader> parse_entry_header(ByteView entry) {
  if (entry.empty() || entry.size() > limits::kLogEntryMax) {
    return malformed("entry.size",
                     std::format("{} bytes, from 1 to {}", entry.size(), limits::kLogEntryMax));
  }
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(entry)));
  const wire::JsonValue* version = document.root().find("v");
  if (version == nullptr || version->unsigned_integer() != kEntryVersion) {
    return malformed("entry.version", "\"v\" is not 1");
  }
  const wire::JsonValue* type = document.root().find("type");
  if (type == nullptr || type->text().empty()) {
    return malformed("entry.type", "\"type\" is not a text");
  }
  const wire::JsonValue* time = document.root().find("time");
  const auto parsed = parse_time(time == nullptr ? std::string_view() : time->text());
  if (!parsed) return malformed("entry.time", "\"time\" is not like 2026-11-22T09:00:00Z");
  return EntryHeader{std::string(type->text()), *parsed};
}

std::string digest_hex(ByteView data) { return wire::hex_encode(crypto::sha256(data)); }

}  // namespace atoma::tlog
