#include "atoma/anchor/rpc.h"

#include <algorithm>
#include <charconv>

#include "atoma/anchor/contract.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::anchor {
namespace {

using wire::JsonValue;

constexpr std::size_t kMessageMax = 200;

std::unexpected<Error> not_rpc(std::string what) {
  return malformed("rpc.answer", "the node's answer is no answer of JSON-RPC: " + std::move(what));
}

// For a line of the terminal: what a node says must not move its cursor.
std::string readable(std::string_view text) {
  std::string out(text.substr(0, kMessageMax));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

std::unexpected<Error> refusal(const JsonValue& error) {
  const auto* message = error.find("message");
  const auto data = parse_data(error.find("data"));
  const auto name = data ? revert_name(*data) : std::nullopt;
  if (name)
    return fail(Code::kFailedPrecondition, "rpc.reverted", "the contract refuses: " + *name);
  return fail(
      Code::kUnavailable, "rpc.refused",
      "the node refuses: " + (message == nullptr ? "no reason given" : readable(message->text())));
}

Result<Word> word(const JsonValue& object, std::string_view name) {
  ATOMA_TRY(const auto bytes, parse_data(object.find(name)));
  Word out{};
  if (bytes.size() != out.size()) return not_rpc("a hash is 32 bytes");
  std::ranges::copy(bytes, out.begin());
  return out;
}

}  // namespace

std::string rpc_request(std::string_view method, std::string_view parameters) {
  wire::JsonWriter out;
  out.begin_object().member("jsonrpc", "2.0").member("id", 1).member("method", method);
  out.key("params").raw(parameters).end_object();
  return out.take();
}

Result<RpcAnswer> parse_answer(std::string_view text) {
  if (text.size() > kRpcAnswerMax) return not_rpc("it is too long");
  auto document = wire::JsonDocument::parse(text);
  if (!document) return not_rpc(document.error().to_string());
  const auto& root = document->root();
  const auto* version = root.find("jsonrpc");
  const auto* id = root.find("id");
  if (version == nullptr || version->text() != "2.0" || id == nullptr) {
    return not_rpc("it has no version or no id");
  }
  const auto* error = root.find("error");
  if (error != nullptr && error->is_object()) return refusal(*error);
  if (error != nullptr || root.find("result") == nullptr || id->unsigned_integer() != 1) {
    return not_rpc("it has no result");
  }
  return RpcAnswer(*std::move(document));
}

Result<std::uint64_t> parse_quantity(const JsonValue* value) {
  const std::string_view text = value == nullptr ? "" : value->text();
  const auto digits = text.starts_with("0x") ? text.substr(2) : "";
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  const bool canonical = digits == "0" || !digits.starts_with('0');
  if (!digits.empty() && whole && canonical && digits[0] != '-') return out;
  return not_rpc("expected a number in hex of at most 64 bits");
}

Result<Bytes> parse_data(const JsonValue* value) {
  const std::string_view text = value == nullptr ? "" : value->text();
  if (!text.starts_with("0x")) return not_rpc("expected bytes in hex");
  auto bytes = wire::hex_decode(text.substr(2));
  if (!bytes) return not_rpc("expected bytes in hex");
  return bytes;
}

Result<std::optional<TransactionReceipt>> parse_receipt(const JsonValue& result) {
  if (result.type() == wire::JsonType::kNull) return std::nullopt;
  TransactionReceipt out;
  ATOMA_TRY(const auto status, parse_quantity(result.find("status")));
  out.success = status == 1;
  ATOMA_TRY(out.transaction, word(result, "transactionHash"));
  ATOMA_TRY(out.block_hash, word(result, "blockHash"));
  ATOMA_TRY(out.block_number, parse_quantity(result.find("blockNumber")));
  ATOMA_TRY(out.gas_used, parse_quantity(result.find("gasUsed")));
  const auto* created = result.find("contractAddress");
  if (created != nullptr && created->is_string()) {
    const auto address = parse_address(created->text());
    if (!address) return not_rpc("an address is 20 bytes");
    out.created = *address;
  }
  return out;
}

Result<std::vector<Bytes>> parse_events(const JsonValue& result) {
  if (!result.is_array()) return not_rpc("expected a list of events");
  std::vector<Bytes> out;
  for (const auto& event : result.items()) {
    ATOMA_TRY(auto data, parse_data(event.find("data")));
    out.push_back(std::move(data));
  }
  return out;
}

}  // namespace atoma::anchor
