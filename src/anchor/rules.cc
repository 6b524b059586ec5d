#include "atoma/anchor/rules.h"

#include <algorithm>

#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "atoma/wire/yaml.h"

namespace atoma::anchor {
namespace {

using wire::JsonValue;

std::unexpected<Error> bad_rules(std::string message) {
  return malformed("anchor.rules", std::move(message));
}

Result<std::uint64_t> number(const JsonValue& root, std::string_view name, std::uint64_t max) {
  const auto* value = root.find(name);
  const auto out = value == nullptr ? std::nullopt : value->unsigned_integer();
  if (out && *out <= max) return *out;
  return bad_rules("\"" + std::string(name) + "\": expected a whole number up to " +
                   std::to_string(max));
}

Result<std::vector<Address>> addresses(const JsonValue* list) {
  if (list == nullptr || !list->is_array() || list->items().empty() ||
      list->items().size() > kAnchorersMax) {
    return bad_rules("\"anchorers\": expected a list of 1 to 32 addresses");
  }
  std::vector<Address> out;
  for (const auto& item : list->items()) {
    ATOMA_TRY(out.emplace_back(), parse_address(item.text()));
  }
  std::ranges::sort(out);
  if (std::ranges::adjacent_find(out) != out.end()) {
    return bad_rules("\"anchorers\": an address stands there twice");
  }
  return out;
}

}  // namespace

Result<Rules> parse_rules(std::string_view text) {
  if (text.size() > kRulesMax) return bad_rules("the file is too long");
  const auto start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string_view::npos && text[start] == '{';
  auto parsed = json ? wire::JsonDocument::parse(text) : wire::parse_yaml(text);
  ATOMA_TRY(const auto document, std::move(parsed));
  const auto& root = document.root();
  const auto* origin = root.find("origin");
  if (!root.is_object() || root.items().size() != 5 || origin == nullptr ||
      origin->text().empty() || origin->text().size() > kOriginMax) {
    return bad_rules("expected origin, anchorers, threshold, change_threshold and delay_s alone");
  }
  Rules rules{.origin = std::string(origin->text())};
  ATOMA_TRY(rules.anchorers, addresses(root.find("anchorers")));
  ATOMA_TRY(const auto threshold, number(root, "threshold", kAnchorersMax));
  ATOMA_TRY(const auto change_threshold, number(root, "change_threshold", kAnchorersMax));
  ATOMA_TRY(const auto delay_s, number(root, "delay_s", UINT32_MAX));
  rules.threshold = static_cast<std::uint8_t>(threshold);
  rules.change_threshold = static_cast<std::uint8_t>(change_threshold);
  rules.delay_s = static_cast<std::uint32_t>(delay_s);
  return rules;
}

Word log_id(const Rules& rules) {
  static const Word kType = crypto::keccak256(as_bytes(
      "Log(string origin,address[] anchorers,uint8 threshold,uint8 changeThreshold,uint32 delay)"));
  Bytes list;
  for (const auto& anchorer : rules.anchorers) append(list, word_of(anchorer));
  return crypto::keccak256({kType, crypto::keccak256(as_bytes(rules.origin)),
                            crypto::keccak256(list), word_of(rules.threshold),
                            word_of(rules.change_threshold), word_of(rules.delay_s)});
}

Result<Address> parse_address(std::string_view text) {
  Address out;
  if (text.starts_with("0x") && wire::hex_decode_into(text.substr(2), out)) return out;
  return malformed("anchor.address",
                   "\"" + std::string(text.substr(0, 64)) + "\": expected 0x and 40 hex digits");
}

std::string to_hex(ByteView bytes) { return "0x" + wire::hex_encode(bytes); }

Address address_of(const ByteArray<64>& public_xy) {
  const auto digest = crypto::keccak256(public_xy);
  Address out;
  std::ranges::copy(ByteView(digest).last(out.size()), out.begin());
  return out;
}

Address address_of(const crypto::Secp256k1PrivateKey& key) { return address_of(key.public_xy()); }

Word word_of(std::uint64_t number) {
  Word out{};
  for (std::size_t i = 0; i < 8; ++i) out[31 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}

Word word_of(const Address& address) {
  Word out{};
  std::ranges::copy(address, out.end() - address.size());
  return out;
}

}  // namespace atoma::anchor
