// Signature lines have one form, and below a checkpoint only the witness's own verify; a cosigner's
// key has one form but for the case of its id's digits.
#include "atoma/tlog/cosignature.h"

#include "fuzz.h"
#include "witness_world.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  static const WitnessWorld world;
  if (const auto key = tlog::CosignerKey::parse(as_text(in))) {
    const auto again = tlog::CosignerKey::parse(key->to_string());
    ATOMA_CHECK(again && again->to_string() == key->to_string());
    ATOMA_CHECK(key->to_string().size() == in.size());
  }
  auto lines = tlog::parse_signature_lines(as_text(in));
  if (!lines) return;
  std::string text;
  for (const auto& line : *lines) text += tlog::encode_signature_line(line);
  ATOMA_CHECK(text == as_text(in));
  tlog::Note note = *tlog::parse_note(world.checkpoint.note);
  note.signatures = *std::move(lines);
  for (const auto* witness : {&world.ed25519, &world.ml_dsa}) {
    const auto time = tlog::verify_cosignature(note, witness->key());
    if (!time) continue;
    // Who has no key can't say another time.
    ATOMA_CHECK(*time == WitnessWorld::kTime);
  }
}

}  // namespace atoma::fuzz
