// Hash algorithms by their TCG numbers (TCG Algorithm Registry, TPM_ALG_ID), for event logs and TPM
// quotes.
#pragma once

#include <initializer_list>
#include <string_view>

#include "atoma/base/bytes.h"

namespace atoma::evidence {

enum class HashAlgorithm : std::uint16_t {
  kNone = 0,
  kSha1 = 0x0004,  // known by name and size alone: what it hashed is believed by nobody
  kSha256 = 0x000B,
  kSha384 = 0x000C,
  kSha512 = 0x000D,
};

// 0 for an algorithm that is not named above.
std::size_t digest_size(HashAlgorithm algorithm);
std::string_view hash_name(HashAlgorithm algorithm);  // "sha256", …; "unknown"
// True for those that hash_of computes.
bool believed(HashAlgorithm algorithm);
// The digest of the concatenation of `parts`; empty for an algorithm that is not believed.
Bytes hash_of(HashAlgorithm algorithm, std::initializer_list<ByteView> parts);

}  // namespace atoma::evidence
