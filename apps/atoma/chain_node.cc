#include "chain_node.h"

#include <algorithm>
#include <format>
#include <thread>

#include "atoma/http/client.h"

namespace atoma::app {
namespace {

using anchor::to_hex;

constexpr std::chrono::seconds kDeadline{30};
constexpr std::chrono::milliseconds kPoll{500};
constexpr std::uint64_t kGwei = 1'000'000'000;
// Of one transaction; the dearest call of the contract needs a fortieth of it.
constexpr std::uint64_t kGasMax = 16'777'216;

std::string call_object(const anchor::Address& contract, ByteView call) {
  return std::format(R"("to":"{}","data":"{}")", to_hex(contract), to_hex(call));
}

}  // namespace

Result<ChainNode> ChainNode::open(std::string url, std::uint64_t chain_id) {
  ChainNode node(std::move(url), chain_id);
  ATOMA_TRY(const auto found, node.number("eth_chainId", "[]"));
  if (found == chain_id) return node;
  return malformed("anchor.chain",
                   std::format("the node follows chain {}, not {}", found, chain_id));
}

Result<anchor::RpcAnswer> ChainNode::request(std::string_view method,
                                             std::string_view parameters) const {
  ATOMA_TRY(const auto url, http::parse_url(url_));
  const http::Client client({.body_max = anchor::kRpcAnswerMax});
  const http::Field headers[] = {{"Content-Type", "application/json"}};
  const auto body = anchor::rpc_request(method, parameters);
  ATOMA_TRY(const auto answer,
            client.request(url, http::Method::kPost, headers, as_bytes(body), kDeadline));
  return anchor::parse_answer(as_text(answer.body));
}

Result<std::uint64_t> ChainNode::number(std::string_view method,
                                        std::string_view parameters) const {
  ATOMA_TRY(const auto answer, request(method, parameters));
  return anchor::parse_quantity(&answer.result());
}

Result<Bytes> ChainNode::ask(const anchor::Address& contract, ByteView call) const {
  ATOMA_TRY(const auto answer,
            request("eth_call", std::format(R"([{{{}}},"latest"])", call_object(contract, call))));
  return anchor::parse_data(&answer.result());
}

Result<std::vector<Bytes>> ChainNode::events(const anchor::Address& contract,
                                             const anchor::Word& topic,
                                             const anchor::Word& log) const {
  ATOMA_TRY(
      const auto answer,
      request("eth_getLogs",
              std::format(R"([{{"address":"{}","fromBlock":"earliest","topics":["{}","{}"]}}])",
                          to_hex(contract), to_hex(topic), to_hex(log))));
  return anchor::parse_events(answer.result());
}

Result<anchor::Transaction> ChainNode::prepare(const anchor::Address& contract, Bytes call,
                                               const anchor::Address& payer,
                                               std::uint64_t fee_max) const {
  const auto from = to_hex(payer);
  anchor::Transaction out{.chain_id = chain_id_, .to = contract};
  // The contract's own refusal is known here, before anything is paid; "pending": also that of
  // what is under way already.
  ATOMA_TRY(const auto gas,
            number("eth_estimateGas", std::format(R"([{{"from":"{}",{}}},"pending"])", from,
                                                  call_object(contract, call))));
  ATOMA_TRY(out.nonce, number("eth_getTransactionCount", std::format(R"(["{}","pending"])", from)));
  ATOMA_TRY(const auto price, number("eth_gasPrice", "[]"));
  ATOMA_TRY(const auto priority, number("eth_maxPriorityFeePerGas", "[]"));
  if (price > fee_max || gas > kGasMax) {
    return fail(Code::kFailedPrecondition, "anchor.fee",
                std::format("the node wants {} gwei for each of {} gas; at most {} are allowed",
                            price / kGwei, gas, fee_max / kGwei));
  }
  // Room for blocks that are dearer than the last one, and for state that others change meanwhile.
  out.fee_max = price > fee_max / 2 ? fee_max : 2 * price;
  out.priority_fee = std::min(priority, out.fee_max);
  out.gas = gas + gas / 4;
  out.data = std::move(call);
  return out;
}

Result<anchor::TransactionReceipt> ChainNode::send(const anchor::Address& contract, Bytes call,
                                                   const crypto::Secp256k1PrivateKey& payer,
                                                   const SendLimits& limits) const {
  const std::uint64_t fee_max = std::min(limits.fee_max_gwei, UINT64_MAX / kGwei) * kGwei;
  ATOMA_TRY(const auto transaction,
            prepare(contract, std::move(call), anchor::address_of(payer), fee_max));
  const auto signed_one = anchor::sign_transaction(transaction, payer);
  ATOMA_TRY_VOID(
      request("eth_sendRawTransaction", std::format(R"(["{}"])", to_hex(signed_one.bytes))));
  ATOMA_TRY(auto receipt, wait_for(signed_one.hash, limits.wait));
  if (receipt.success) return receipt;
  return fail(Code::kFailedPrecondition, "anchor.reverted",
              "the contract refused transaction " + to_hex(signed_one.hash) +
                  " in its block: was somebody else faster?");
}

Result<anchor::TransactionReceipt> ChainNode::wait_for(const crypto::Digest256& transaction,
                                                       std::chrono::seconds wait) const {
  const auto hash = to_hex(transaction);
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    ATOMA_TRY(const auto answer,
              request("eth_getTransactionReceipt", std::format(R"(["{}"])", hash)));
    ATOMA_TRY(auto receipt, anchor::parse_receipt(answer.result()));
    if (receipt && receipt->transaction != transaction) {
      return malformed("rpc.answer", "the node gave the receipt of another transaction");
    }
    if (receipt) return *std::move(receipt);
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(kPoll);
  }
  return fail(Code::kUnavailable, "anchor.pending",
              "transaction " + hash + " was sent and is in no block yet");
}

}  // namespace atoma::app
