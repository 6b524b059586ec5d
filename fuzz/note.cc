// A note has one form; it verifies only with the text that the log signed; a checkpoint likewise.
#include "atoma/tlog/note.h"

#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

std::string encode(const tlog::Note& note) {
  std::string out = note.text + "\n";
  for (const auto& s : note.signatures) {
    Bytes signature;
    wire::append_be(signature, s.key_id, 4);
    append(signature, s.signature);
    out += "\u2014 " + s.name + " " + wire::base64_encode(signature) + "\n";
  }
  return out;
}

void check_checkpoint(std::string_view text) {
  const auto parsed = tlog::parse_checkpoint(text);
  if (!parsed) return;
  // Extension lines may follow.
  ATOMA_CHECK(text.starts_with(tlog::encode_checkpoint(*parsed)));
}

}  // namespace

void one_input(ByteView in) {
  static const LogWorld world;
  const auto& key = world.signer.verifier_key();
  const auto& expected = world.checkpoint.checkpoint;
  ATOMA_CHECK(tlog::verify_checkpoint(world.checkpoint.note, key)->checkpoint == expected);

  check_checkpoint(as_text(in));
  const auto checkpoint = tlog::verify_checkpoint(as_text(in), key);
  ATOMA_CHECK(!checkpoint || checkpoint->checkpoint == expected);
  const auto note = tlog::parse_note(as_text(in));
  ATOMA_CHECK(!checkpoint || note.has_value());
  if (!note) return;
  ATOMA_CHECK(encode(*note) == as_text(in));
  check_checkpoint(note->text);
  if (tlog::verify_note(*note, key)) {
    ATOMA_CHECK(note->text == tlog::encode_checkpoint(expected));
  }
}

}  // namespace atoma::fuzz
