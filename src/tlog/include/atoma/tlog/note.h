// Signed notes (c2sp.org/signed-note): UTF-8 text, an empty line, then "— <key name> <base64>"
// lines, each a 4-byte key id and a signature over the text. Keys here are Ed25519 (type 0x01), a
// log's first key; cosignatures and ML-DSA-44 are in cosignature.h.
//
//   ATOMA_TRY(const VerifierKey key, VerifierKey::parse("example.org/log+530d903a+AekyeR…"));
//   ATOMA_TRY(const Note note, parse_note(text));
//   ATOMA_TRY_VOID(verify_note(note, key));   // only now may note.text be believed
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/crypto/signature.h"

namespace atoma::tlog {

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  // without the key id
};

struct Note {
  std::string text;  // what is signed: ends in a newline
  std::vector<NoteSignature> signatures;
};

// Structure only. At most limits::kNoteMax bytes and limits::kNoteSignaturesMax signatures.
// Errors: "note.size", "note.utf8", "note.control", "note.format", "note.key_name",
// "note.signature_encoding", "note.signatures_max".
Result<Note> parse_note(std::string_view text);
// Signature lines alone, as witnesses answer them: none or more. Errors: those of parse_note but
// "note.size".
Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view text);
std::string encode_signature_line(const NoteSignature& signature);

// A name and an Ed25519 key, as a verifier writes them: "<name>+<hex key id>+<base64 key>".
class VerifierKey {
 public:
  // Errors: "vkey.format", "vkey.algorithm", "vkey.key_id" when the id is not that of name and key,
  // "note.key_name", "key.ed25519".
  static Result<VerifierKey> parse(std::string_view text);
  // Errors: "note.key_name": empty, or with a space, a control character or a plus sign.
  static Result<VerifierKey> create(std::string name, crypto::Ed25519PublicKey key);

  const std::string& name() const { return name_; }
  std::uint32_t key_id() const { return key_id_; }
  const crypto::Ed25519PublicKey& public_key() const { return key_; }
  std::string to_string() const;

 private:
  VerifierKey(std::string name, crypto::Ed25519PublicKey key);

  std::string name_;
  crypto::Ed25519PublicKey key_;
  std::uint32_t key_id_;
};

bool operator==(const VerifierKey& a, const VerifierKey& b);

// Signatures by other keys are ignored; each that claims to be by `key` must verify, and there must
// be one. Errors: "note.unsigned", "note.signature".
Status verify_note(const Note& note, const VerifierKey& key);

class NoteSigner {
 public:
  // Errors: "note.key_name".
  static Result<NoteSigner> create(std::string name, crypto::Ed25519PrivateKey key);

  const VerifierKey& verifier_key() const { return verifier_key_; }
  // `text` ends in a newline and follows the rules of parse_note. Returns the whole note.
  std::string sign(std::string_view text) const;

 private:
  NoteSigner(crypto::Ed25519PrivateKey key, VerifierKey verifier_key);

  crypto::Ed25519PrivateKey key_;
  VerifierKey verifier_key_;
};

}  // namespace atoma::tlog
