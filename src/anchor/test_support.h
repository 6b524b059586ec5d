// A log with three anchorers, whose keys are 1, 2 and 3. The values that tests expect of it were
// made by the contract's own tests' code, in JavaScript.
#pragma once

#include "atoma/anchor/contract.h"
#include "atoma/wire/text.h"

namespace atoma::anchor {

inline crypto::Secp256k1PrivateKey key_of(std::uint64_t number) {
  return crypto::Secp256k1PrivateKey::from_scalar(word_of(number)).value();
}

inline constexpr std::string_view kRulesText =
    "origin: example.org/log\n"
    "anchorers: ['0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf',\n"
    "  '0x2b5ad5c4795c026514f8317c7a215e218dccd6cf', "
    "'0x6813eb9362372eef6200f3b1dbc3f819671cba69']\n"
    "threshold: 2\n"
    "change_threshold: 3\n"
    "delay_s: 86400\n";

inline constexpr std::string_view kLogId =
    "0x948adf31063fc162aa8e1e2c5ffd3ea7d8b36ffe279e5732cafe53e216268d57";

template <std::size_t N>
ByteArray<N> filled(std::uint8_t byte) {
  ByteArray<N> out;
  out.fill(byte);
  return out;
}

}  // namespace atoma::anchor
