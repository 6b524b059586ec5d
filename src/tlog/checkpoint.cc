#include "atoma/tlog/checkpoint.h"

#include <format>

#include "atoma/wire/text.h"
#include "believed_checkpoint.h"
#include "note_parts.h"

namespace atoma::tlog {
std::string encode_checkpoint(const Checkpoint& checkpoint) {
  return std::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                     wire::base64_encode(checkpoint.root));
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root || origin->empty()) {
    return malformed("checkpoint.format", "a checkpoint has an origin, a size and a root line");
  }
  while (!text.empty()) {
    const auto extension = take_line(text);
    if (!extension || extension->empty()) {
      return malformed("checkpoint.format", "an extension line is empty or without its newline");
    }
  }
  Checkpoint out;
  out.origin = *origin;
  const auto number = decimal_of(*size);
  if (!number) {
    return malformed("checkpoint.size",
                     "the size is not a decimal number below 2^63 without zeros in front");
  }
  out.size = *number;
  const auto hash = hash_of(*root);
  if (!hash) return malformed("checkpoint.root", "the root is not the base64 of 32 bytes");
  out.root = *hash;
  return out;
}

SignedCheckpoint sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer) {
  return {checkpoint, signer.sign(encode_checkpoint(checkpoint))};
}

Result<SignedCheckpoint> believed_checkpoint(const Note& verified, std::string_view note_text,
                                             std::string_view key_name) {
  ATOMA_TRY(Checkpoint checkpoint, parse_checkpoint(verified.text));
  if (checkpoint.origin != key_name) {
    return fail(
        Code::kUnauthenticated, "checkpoint.origin",
        std::format("origin \"{}\", but the key speaks for \"{}\"", checkpoint.origin, key_name));
  }
  return SignedCheckpoint{std::move(checkpoint), std::string(note_text)};
}

Result<SignedCheckpoint> verify_checkpoint(std::string_view note_text, const VerifierKey& key) {
  ATOMA_TRY(const Note note, parse_note(note_text));
  ATOMA_TRY_VOID(verify_note(note, key));
  return believed_checkpoint(note, note_text, key.name());
}

}  // namespace atoma::tlog
