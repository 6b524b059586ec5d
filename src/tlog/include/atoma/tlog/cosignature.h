// Cosignatures (c2sp.org/tlog-cosignature): what a witness says about a checkpoint, and when. Two
// kinds: Ed25519 (type 0x04) over the note's text and the time, ML-DSA-44 (type 0x06) over name,
// time, origin, size and root. A log itself may sign by ML-DSA-44 too, under its origin as name and
// with time 0: it says nothing about being the latest.
//
//   ATOMA_TRY(const CosignerKey key, CosignerKey::parse("witness.example/w1+8d66cf3f+BA…"));
//   ATOMA_TRY(const auto when, verify_cosignature(note, key));
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "atoma/base/time.h"
#include "atoma/crypto/mldsa.h"
#include "atoma/tlog/checkpoint.h"

namespace atoma::tlog {

// Also the types of their keys.
enum class CosignatureKind : std::uint8_t { kEd25519 = 0x04, kMlDsa44 = 0x06 };

// Names and origins in what ML-DSA-44 signs have their length in one byte.
inline constexpr std::size_t kCosignedNameMax = 255;

// Cheap to copy; safe from any thread.
class CosignerKey {
 public:
  // Errors: "vkey.format", "vkey.algorithm", "vkey.key_id", "note.key_name", "cosignature.name"
  // (longer than kCosignedNameMax), "key.ed25519", "key.ml_dsa".
  static Result<CosignerKey> parse(std::string_view text);
  static Result<CosignerKey> create(std::string name, CosignatureKind kind, ByteView key);

  const std::string& name() const { return name_; }
  CosignatureKind kind() const { return kind_; }
  std::uint32_t key_id() const { return key_id_; }
  ByteView raw() const;  // points into this key
  bool verify(ByteView message, ByteView signature) const;
  std::string to_string() const;

 private:
  using Key =
      std::variant<crypto::Ed25519PublicKey, std::shared_ptr<const crypto::MlDsa44PublicKey>>;
  CosignerKey(std::string name, CosignatureKind kind, Key key);

  std::string name_;
  CosignatureKind kind_;
  Key key_;
  std::uint32_t key_id_ = 0;
};

// The bytes that are signed. `text` is the note's, `checkpoint` what it says.
Bytes cosigned_message(CosignatureKind kind, std::string_view cosigner, std::string_view text,
                       const Checkpoint& checkpoint, std::uint64_t time);

// The newest time among the cosignatures by `key`: each that claims to be must verify, and there
// must be one. `time` 0 is ML-DSA-44 alone. Errors: "cosignature.missing", "cosignature.format"
// (length, or a time that none may have), "cosignature.signature", "cosignature.name" (an origin
// longer than kCosignedNameMax), and those of parse_checkpoint.
Result<std::uint64_t> verify_cosignature(const Note& note, const CosignerKey& key);

// A checkpoint by a log whose key is of ML-DSA-44. Errors: those of parse_note, verify_cosignature,
// and "checkpoint.origin".
Result<SignedCheckpoint> verify_checkpoint(std::string_view note, const CosignerKey& key);

class Cosigner {
 public:
  // Errors: those of CosignerKey::create.
  static Result<Cosigner> create(std::string name, crypto::Ed25519PrivateKey key);
  static Result<Cosigner> create(std::string name, crypto::MlDsa44PrivateKey key);

  const CosignerKey& key() const { return public_; }
  // The line that goes below the note of this text. Time 0 only where the kind is ML-DSA-44.
  // Errors: those of parse_checkpoint, and "cosignature.name".
  Result<std::string> sign(std::string_view text, std::uint64_t time) const;

 private:
  using Key = std::variant<crypto::Ed25519PrivateKey, crypto::MlDsa44PrivateKey>;
  Cosigner(Key key, CosignerKey pub) : key_(std::move(key)), public_(std::move(pub)) {}

  Key key_;
  CosignerKey public_;
};

}  // namespace atoma::tlog
