// A node of an EVM chain, by JSON-RPC over HTTP. It carries what was signed here and answers
// questions; for the answers there is only its word.
#pragma once

#include <chrono>
#include <string>

#include "atoma/anchor/rpc.h"
#include "atoma/anchor/transaction.h"

namespace atoma::app {

struct SendLimits {
  std::uint64_t fee_max_gwei = 0;  // for a unit of gas, all included
  std::chrono::seconds wait{0};    // for a block that holds the transaction
};

// Errors of every call: those of http::Client and anchor::parse_answer.
class ChainNode {
 public:
  // Errors: "anchor.chain" when the node follows another chain than this.
  static Result<ChainNode> open(std::string url, std::uint64_t chain_id);

  // What the contract answers now, without a transaction.
  Result<Bytes> ask(const anchor::Address& contract, ByteView call) const;
  // Data of the contract's events of this kind about this log, from the first on. Many nodes refuse
  // to look so far back.
  Result<std::vector<Bytes>> events(const anchor::Address& contract, const anchor::Word& topic,
                                    const anchor::Word& log) const;
  // Sends a call from the account of `payer` and waits until a block holds it. What the contract
  // would refuse is not sent. Errors: "anchor.fee" (the node wants more than the limit),
  // "anchor.pending" (sent, but in no block yet), "anchor.reverted" (in a block, but refused).
  Result<anchor::TransactionReceipt> send(const anchor::Address& contract, Bytes call,
                                          const crypto::Secp256k1PrivateKey& payer,
                                          const SendLimits& limits) const;

 private:
  ChainNode(std::string url, std::uint64_t chain_id) : url_(std::move(url)), chain_id_(chain_id) {}

  Result<anchor::RpcAnswer> request(std::string_view method, std::string_view parameters) const;
  Result<std::uint64_t> number(std::string_view method, std::string_view parameters) const;
  Result<anchor::Transaction> prepare(const anchor::Address& contract, Bytes call,
                                      const anchor::Address& payer, std::uint64_t fee_max) const;
  Result<anchor::TransactionReceipt> wait_for(const crypto::Digest256& transaction,
                                              std::chrono::seconds wait) const;

  std::string url_;
  std::uint64_t chain_id_;
};

}  // namespace atoma::app
