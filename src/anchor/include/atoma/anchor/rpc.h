// JSON-RPC of Ethereum nodes: requests, and answers, which are as hostile as anything from a
// network. A node can lie about the chain; what it says is believed only as far as
// docs/THREAT_MODEL.md says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/anchor/rules.h"
#include "atoma/wire/json.h"

namespace atoma::anchor {

// A receipt with all events of a call is below 4 KiB, a block without its transactions below 2.
inline constexpr std::size_t kRpcAnswerMax = 256 * 1024;

// `parameters` is a JSON array.
std::string rpc_request(std::string_view method, std::string_view parameters);

class RpcAnswer {
 public:
  const wire::JsonValue& result() const { return *document_.root().find("result"); }

 private:
  friend Result<RpcAnswer> parse_answer(std::string_view text);
  explicit RpcAnswer(wire::JsonDocument document) : document_(std::move(document)) {}
  wire::JsonDocument document_;
};

// Errors: "rpc.answer" (not of this form, or too long), "rpc.reverted" (the contract refused; its
// error's name is in the message), "rpc.refused" (the node did).
Result<RpcAnswer> parse_answer(std::string_view text);

// "0x0", "0x1a": no leading zeros, at most 64 bits. Errors: "rpc.answer".
Result<std::uint64_t> parse_quantity(const wire::JsonValue* value);
// "0x" and pairs of digits. Errors: "rpc.answer".
Result<Bytes> parse_data(const wire::JsonValue* value);

struct TransactionReceipt {
  bool success = false;
  Word transaction{};
  Word block_hash{};
  std::uint64_t block_number = 0;
  std::uint64_t gas_used = 0;
  std::optional<Address> created;  // the contract, where the transaction made one
};

// Nothing while the transaction is in no block. Errors: "rpc.answer".
Result<std::optional<TransactionReceipt>> parse_receipt(const wire::JsonValue& result);

// The data of each event, as eth_getLogs answers. Errors: "rpc.answer".
Result<std::vector<Bytes>> parse_events(const wire::JsonValue& result);

}  // namespace atoma::anchor
