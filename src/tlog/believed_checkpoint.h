// What remains once a note's signature is verified, whatever kind of key made it. Private to this
// module.
#pragma once

#include "atoma/tlog/checkpoint.h"

namespace atoma::tlog {

// Of the note that `note_text` is. Errors: those of parse_checkpoint, and "checkpoint.origin" when
// the origin is not the key's name.
Result<SignedCheckpoint> believed_checkpoint(const Note& verified, std::string_view note_text,
                                             std::string_view key_name);

}  // namespace atoma::tlog
