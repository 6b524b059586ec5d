// What notes, verifier keys and the messages around them share: names, ids, lines, numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"

namespace atoma::tlog {

// The types of c2sp.org/signed-note and c2sp.org/tlog-cosignature.
inline constexpr std::uint8_t kEd25519Type = 0x01;
inline constexpr std::uint8_t kEd25519CosignatureType = 0x04;
inline constexpr std::uint8_t kMlDsa44CosignatureType = 0x06;

// Errors: "note.key_name".
Status check_key_name(std::string_view name);
std::uint32_t key_id_of(std::string_view name, std::uint8_t type, ByteView key);
// "— <name> <base64>\n".
std::string signature_line(std::string_view name, std::uint32_t key_id, ByteView signature);

struct VerifierKeyParts {
  std::string name;
  std::uint32_t key_id = 0;  // as claimed
  std::uint8_t type = 0;
  Bytes key;
};

// Errors: "vkey.format".
Result<VerifierKeyParts> split_verifier_key(std::string_view text);
std::string join_verifier_key(std::string_view name, std::uint8_t type, ByteView key);
// Errors: "vkey.key_id".
Status check_key_id(std::uint32_t claimed, std::uint32_t computed);

// The next line without its newline; `text` is shortened. Nothing when no newline is left.
std::optional<std::string_view> take_line(std::string_view& text);
// A plain decimal up to merkle::kSizeMax, without zeros in front.
std::optional<std::uint64_t> decimal_of(std::string_view text);
// The base64 of 32 bytes.
std::optional<merkle::Hash> hash_of(std::string_view text);

}  // namespace atoma::tlog
