#include "atoma/collateral/record.h"

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::collateral {
namespace {

constexpr std::string_view kFormat = "atoma-collateral/1";

std::unexpected<Error> bad(std::string_view what) {
  return malformed("collateral.record", "not a record of collateral: " + std::string(what));
}

}  // namespace

bool is_etag(std::string_view text) {
  return text.size() <= kEtagMax &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string encode_record(const Record& record) {
  ATOMA_CHECK(record.content.size() <= kContentMax);
  ATOMA_CHECK(record.issuer_chain.size() <= kIssuerChainMax && is_etag(record.etag));
  wire::JsonWriter out;
  out.begin_object()
      .member("format", kFormat)
      .member("item", record.item.name())
      .member("fetched_at", format_time(record.fetched_at))
      .member("etag", record.etag)
      .member("issuer_chain", wire::base64_encode(record.issuer_chain))
      .member("content", wire::base64_encode(record.content))
      .end_object();
  return out.take() + "\n";
}

Result<Record> parse_record(std::string_view text) {
  if (text.size() > kRecordMax) return bad("too large");
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(text));
  const auto& members = document.root().items();
  constexpr std::string_view kNames[] = {"format", "item",         "fetched_at",
                                         "etag",   "issuer_chain", "content"};
  const bool shaped = std::ranges::equal(members, kNames, {}, &wire::JsonValue::name) &&
                      std::ranges::all_of(members, &wire::JsonValue::is_string);
  if (!shaped || members[0].text() != kFormat) return bad("other members");
  ATOMA_TRY(auto item, Item::parse(members[1].text()));
  const auto fetched_at = parse_time(members[2].text());
  auto chain = wire::base64_decode(members[4].text());
  auto content = wire::base64_decode(members[5].text());
  if (!fetched_at || !chain || !content) return bad("a time or base64 that is none");
  if (chain->size() > kIssuerChainMax || content->size() > kContentMax) return bad("too large");
  if (!is_etag(members[3].text())) return bad("no entity tag");
  Record out{.item = std::move(item),
             .content = *std::move(content),
             .issuer_chain = *std::move(chain),
             .etag = std::string(members[3].text()),
             .fetched_at = *fetched_at};
  if (encode_record(out) != text) return bad("another spelling");
  return out;
}

}  // namespace atoma::collateral
