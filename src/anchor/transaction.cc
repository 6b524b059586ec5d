#include "atoma/anchor/transaction.h"

#include <algorithm>

namespace atoma::anchor {
namespace {

// RLP (Ethereum yellow paper, appendix B): numbers and lengths big-endian without leading zeros.
ByteView minimal(ByteView number) {
  const auto first = std::ranges::find_if(number, [](std::uint8_t byte) { return byte != 0; });
  return {first, number.end()};
}

// `offset` is 0x80 for strings and 0xC0 for lists.
void append_header(Bytes& out, std::size_t size, std::uint8_t offset) {
  if (size <= 55) return out.push_back(static_cast<std::uint8_t>(offset + size));
  const Word word = word_of(size);
  const ByteView length = minimal(word);
  out.push_back(static_cast<std::uint8_t>(offset + 55 + length.size()));
  append(out, length);
}

void append_string(Bytes& out, ByteView bytes) {
  if (bytes.size() != 1 || bytes[0] >= 0x80) append_header(out, bytes.size(), 0x80);
  append(out, bytes);
}

void append_number(Bytes& out, std::uint64_t number) {
  append_string(out, minimal(word_of(number)));
}

Bytes fields(const Transaction& transaction) {
  Bytes out;
  append_number(out, transaction.chain_id);
  append_number(out, transaction.nonce);
  append_number(out, transaction.priority_fee);
  append_number(out, transaction.fee_max);
  append_number(out, transaction.gas);
  append_string(out, transaction.to ? ByteView(*transaction.to) : ByteView());
  append_number(out, 0);  // no ether goes along
  append_string(out, transaction.data);
  append_header(out, 0, 0xC0);  // no access list
  return out;
}

// The type of EIP-1559, then the list.
Bytes typed_list(ByteView list) {
  Bytes out{0x02};
  append_header(out, list.size(), 0xC0);
  append(out, list);
  return out;
}

}  // namespace

SignedTransaction sign_transaction(const Transaction& transaction,
                                   const crypto::Secp256k1PrivateKey& key) {
  Bytes list = fields(transaction);
  const auto signature = key.sign_digest(crypto::keccak256(typed_list(list)));
  append_number(list, signature.y_parity);
  append_string(list, minimal(signature.r));
  append_string(list, minimal(signature.s));
  SignedTransaction out{.bytes = typed_list(list)};
  out.hash = crypto::keccak256(out.bytes);
  return out;
}

}  // namespace atoma::anchor
