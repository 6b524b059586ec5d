// A typed entry of the ledger (api/entry.cddl): a COSE_Sign1 by its issuer over deterministic CBOR,
// at most kEntryMax bytes: evidence and other large things stay off the log, their digests are on
// it. Every entry belongs to a label and names the entry before it there, so that a label has a
// history of its own inside the log.
//
//   const Bytes bytes = sign_entry({.type = "key.register", .label = {"models", "llama"}, …}, key);
//   ATOMA_TRY(const Entry entry, parse_entry(bytes));   // structure; State says what it may
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "atoma/base/time.h"
#include "atoma/cose/key.h"
#include "atoma/merkle/hash.h"

namespace atoma::ledger {

using merkle::Hash;

// Two of them and their proofs are one lookup, which is CBOR of at most limits::kCborSizeMax.
inline constexpr std::size_t kEntryMax = 24 * 1024;
inline constexpr std::uint64_t kEntryVersion = 1;
inline constexpr std::string_view kEntryMediaType = "atoma-entry+cbor";  // RFC 9596 "typ"
inline constexpr std::size_t kNameMax = 256;  // of a namespace or a label, in bytes
inline constexpr std::size_t kNonceMin = 8, kNonceMax = 32;

// Whose key it is: SHA-256 of the deterministic CBOR [COSE algorithm, raw public key].
using KeyId = crypto::Digest256;
KeyId key_id(cose::Algorithm algorithm, ByteView raw_public_key);

struct LabelName {
  std::string space;
  std::string label;

  // The key in the verifiable index: SHA-256(space ‖ 0x00 ‖ label). Neither part has a zero byte.
  Hash key() const;
  friend bool operator==(const LabelName&, const LabelName&) = default;
};

// An entry's place and its leaf hash.
struct EntryRef {
  std::uint64_t index = 0;
  Hash leaf{};

  friend bool operator==(const EntryRef&, const EntryRef&) = default;
};

// What an issuer says.
struct Statement {
  std::string type;
  LabelName label;
  std::optional<EntryRef> previous;  // of this label; none: the first one
  Time time;
  std::optional<Time> expiry;
  Bytes nonce;  // the issuer's own: the same statement sent again is one entry
  Bytes body;   // deterministic CBOR, a map
};

struct Entry {
  Statement statement;
  cose::Algorithm algorithm = cose::Algorithm::kEs256;
  KeyId issuer{};
  Bytes signed_bytes;  // Sig_structure
  Bytes signature;
  Hash leaf{};

  bool signed_by(cose::PublicKey& key) const {
    return key.algorithm() == algorithm && key.verify(signed_bytes, signature);
  }
};

// The statement's parts are within the bounds above; a body that is no map stops the process.
Bytes sign_entry(const Statement& statement, const cose::SigningKey& key);

// Structure only: nobody's word yet. Errors: "entry.size", "entry.version", "entry.type",
// "entry.media_type", "entry.issuer", "entry.label" (empty, too long, control characters),
// "entry.previous", "entry.time", "entry.nonce", "entry.body", "entry.field" (a field of another
// version), and those of cose::parse_sign1 and wire::CborDocument::parse.
Result<Entry> parse_entry(ByteView bytes);

}  // namespace atoma::ledger
