// What a log sends to a witness, and the short answers (c2sp.org/tlog-witness):
//
//   old 20852014
//   <base64 of a hash>          of the consistency proof, as many as it has
//
//   <checkpoint>
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "atoma/base/limits.h"
#include "atoma/merkle/proof.h"

namespace atoma::tlog {

inline constexpr std::string_view kAddCheckpointPath = "/add-checkpoint";
// Of an answer 409: the size that the witness has, and a newline.
inline constexpr std::string_view kSizeContentType = "text/x.tlog.size";
// A note and 63 hashes.
inline constexpr std::size_t kAddCheckpointMax = limits::kNoteMax + 4 * 1024;

struct AddCheckpoint {
  std::uint64_t old_size = 0;
  merkle::Proof proof;
  std::string checkpoint;  // note text, not yet verified
};

std::string encode_add_checkpoint(const AddCheckpoint& request);
// Structure only. Errors: "add_checkpoint.size", "add_checkpoint.format", "add_checkpoint.old",
// "add_checkpoint.hash", "add_checkpoint.hashes_max".
Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

std::string encode_size_answer(std::uint64_t size);
std::optional<std::uint64_t> parse_size_answer(std::string_view body);

}  // namespace atoma::tlog
