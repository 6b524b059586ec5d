#include "atoma/tlog/add_checkpoint.h"

#include <format>

#include "atoma/wire/text.h"
#include "note_parts.h"

namespace atoma::tlog {
namespace {

constexpr std::string_view kOld = "old ";

}  // namespace

std::string encode_add_checkpoint(const AddCheckpoint& request) {
  std::string out = std::format("{}{}\n", kOld, request.old_size);
  for (const merkle::Hash& hash : request.proof) out += wire::base64_encode(hash) + "\n";
  return out + "\n" + request.checkpoint;
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
  if (body.size() > kAddCheckpointMax) {
    return malformed("add_checkpoint.size",
                     std::format("{} bytes, at most {}", body.size(), kAddCheckpointMax));
  }
  AddCheckpoint out;
  auto line = take_line(body);
  if (!line || !line->starts_with(kOld)) {
    return malformed("add_checkpoint.format", "the first line is not \"old <size>\"");
  }
  const auto old_size = decimal_of(line->substr(kOld.size()));
  if (!old_size) return malformed("add_checkpoint.old", "the old size is no plain decimal number");
  out.old_size = *old_size;
  for (line = take_line(body); line && !line->empty(); line = take_line(body)) {
    if (out.proof.size() == limits::kMerkleProofMax) {
      return malformed("add_checkpoint.hashes_max",
                       std::format("more than {} hashes", limits::kMerkleProofMax));
    }
    const auto hash = hash_of(*line);
    if (!hash) return malformed("add_checkpoint.hash", "a hash is not the base64 of 32 bytes");
    out.proof.push_back(*hash);
  }
  if (!line || body.empty()) {
    return malformed("add_checkpoint.format", "no empty line followed by a checkpoint");
  }
  out.checkpoint = body;
  return out;
}

std::string encode_size_answer(std::uint64_t size) { return std::format("{}\n", size); }

std::optional<std::uint64_t> parse_size_answer(std::string_view body) {
  if (!body.ends_with('\n')) return std::nullopt;
  return decimal_of(body.substr(0, body.size() - 1));
}

}  // namespace atoma::tlog
