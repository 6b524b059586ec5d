// Checkpoints (c2sp.org/tlog-checkpoint): a signed note which says how many entries a log has and
// the root of the tree over them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"
#include "atoma/tlog/note.h"

namespace atoma::tlog {

using merkle::Hash;

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A checkpoint and the note it came from. Made by sign_checkpoint and verify_checkpoint only, so
// whoever holds one knows that the signature was good.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string note;
};

// The note's text: origin, size, root. `origin` is a valid key name.
std::string encode_checkpoint(const Checkpoint& checkpoint);
// Reads a note's text, which is not yet believed. Extension lines must not be empty and are
// otherwise ignored. Errors: "checkpoint.format", "checkpoint.size", "checkpoint.root".
Result<Checkpoint> parse_checkpoint(std::string_view text);

SignedCheckpoint sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& signer);
// Errors: those of parse_note, verify_note and parse_checkpoint, and "checkpoint.origin" when the
// origin is not the key's name: one key then can't speak for two logs.
Result<SignedCheckpoint> verify_checkpoint(std::string_view note, const VerifierKey& key);

}  // namespace atoma::tlog
