// The rules of an anchored log: who may sign its heads, and how many must. The log's id on the
// chain is their hash, so that a client which has the rules needs to believe nobody about the id.
//
//   origin: example.org/log
//   anchorers: ["0x…", "0x…", "0x…"]     # in any order
//   threshold: 2
//   change_threshold: 3
//   delay_s: 86400
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/crypto/keccak.h"
#include "atoma/crypto/secp256k1.h"

namespace atoma::anchor {

using Word = ByteArray<32>;
using Address = ByteArray<20>;

inline constexpr std::size_t kRulesMax = 8 * 1024;
// The contract's own bounds.
inline constexpr std::size_t kAnchorersMax = 32;
inline constexpr std::size_t kOriginMax = 255;

struct Rules {
  std::string origin;
  std::vector<Address> anchorers;  // ascending, as the contract wants them
  std::uint8_t threshold = 0;
  std::uint8_t change_threshold = 0;
  std::uint32_t delay_s = 0;
};

// JSON, or YAML for people. What the contract itself would refuse is left to it, but for
// duplicates. Errors: "anchor.rules", those of wire::JsonDocument::parse and wire::parse_yaml.
Result<Rules> parse_rules(std::string_view text);

// What the contract calls this log: the EIP-712 hash of the rules.
Word log_id(const Rules& rules);

// "0x" and 40 hex digits of either case. Errors: "anchor.address".
Result<Address> parse_address(std::string_view text);
// "0x" and lower-case hex.
std::string to_hex(ByteView bytes);

// The account of a public key: the end of its Keccak-256.
Address address_of(const ByteArray<64>& public_xy);
Address address_of(const crypto::Secp256k1PrivateKey& key);

// 32 bytes, big-endian, as EVM words are.
Word word_of(std::uint64_t number);
Word word_of(const Address& address);

}  // namespace atoma::anchor
