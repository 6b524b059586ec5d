#include "atoma/tlog/checkpoint.h"

#include <charconv>
#include <format>

#include "atoma/wire/text.h"

namespace atoma::tlog {
namespace {

// The next line without its newline; `text` is shortened. Nothing when no newline is left.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<std::uint64_t> parse_size(std::string_view line) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size);
  const bool canonical = line == "0" || !line.starts_with('0');
  if (error == std::errc{} && end == line.data() + line.size() && canonical &&
      size <= merkle::kSizeMax) {
    return size;
  }
  return malformed("checkpoint.size",
                   "the size is not a decimal number below 2^63 without zeros "
                   "in front");
}

}  // namespace

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
  ATOMA_TRY(out.size, parse_size(*size));
  const auto bytes = wire::base64_decode(*root);
  if (!bytes || bytes->size() != out.root.size()) {
    return malformed("checkpoint.root", "the root is not the base64 of 32 bytes");
  }
  std::ranges::copy(*bytes, out.root.begin());
  return out;
}

SignedCheckpoint sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer) {
  return {checkpoint, signer.sign(encode_checkpoint(checkpoint))};
}

Result<SignedCheckpoint> verify_checkpoint(std::string_view note_text, const VerifierKey& key) {
  ATOMA_TRY(const Note note, parse_note(note_text));
  ATOMA_TRY_VOID(verify_note(note, key));
  ATOMA_TRY(Checkpoint checkpoint, parse_checkpoint(note.text));
  if (checkpoint.origin != key.name()) {
    return fail(
        Code::kUnauthenticated, "checkpoint.origin",
        std::format("origin \"{}\", but the key speaks for \"{}\"", checkpoint.origin, key.name()));
  }
  return SignedCheckpoint{std::move(checkpoint), std::string(note_text)};
}

}  // namespace atoma::tlog
