// EIP-1559 transactions, signed here, so that the key stays here and any node can carry them.
#pragma once

#include <optional>

#include "atoma/anchor/rules.h"

namespace atoma::anchor {

// Fees are in wei for a unit of gas: 64 bits are 18 ether.
struct Transaction {
  std::uint64_t chain_id = 0;
  std::uint64_t nonce = 0;
  std::uint64_t priority_fee = 0;
  std::uint64_t fee_max = 0;
  std::uint64_t gas = 0;
  std::optional<Address> to;  // none: makes a contract of `data`
  Bytes data;
};

struct SignedTransaction {
  Bytes bytes;  // for eth_sendRawTransaction
  crypto::Digest256 hash{};
};

SignedTransaction sign_transaction(const Transaction& transaction,
                                   const crypto::Secp256k1PrivateKey& key);

}  // namespace atoma::anchor
