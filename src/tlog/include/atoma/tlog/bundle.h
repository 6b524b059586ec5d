// A proof bundle: one JSON file with everything to check an entry offline. Format
// "atoma-proof-bundle/1":
//
//   {"format": "atoma-proof-bundle/1", "entry": <base64>, "index": 7, "inclusion_proof":
//   [<base64>…],
//    "checkpoint": <note text>, "log_key": <verifier key>,
//    "ear": <JWT, or CWT in base64>, "jwks": {…}, "evidence": <base64>}
//
// The last three are optional. `log_key` is the bundle's claim: an auditor brings his own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/merkle/proof.h"
#include "atoma/tlog/ledger.h"

namespace atoma::tlog {

inline constexpr std::string_view kBundleFormat = "atoma-proof-bundle/1";
// An entry and evidence of 64 KiB each in base64, two notes' worth of checkpoint, an EAR, keys.
inline constexpr std::size_t kBundleMax = 512 * 1024;

struct ProofBundle {
  Bytes entry;
  std::uint64_t index = 0;
  merkle::Proof inclusion;
  std::string checkpoint;  // note text, not yet verified
  std::string log_key;     // verifier key, as claimed
  std::optional<std::string> ear;
  std::optional<std::string> jwks;  // JSON object
  std::optional<Bytes> evidence;
};

// SHA-256 in lower-case hex, the form in which texts name what they vouch for.
std::string digest_hex(ByteView data);
// The bytes of a signed result that is carried as text: of a JWT its characters; what has no dot is
// a CWT in base64, or else counts as it stands.
Bytes token_bytes(std::string_view text);
// SHA-256 of the token's bytes, as entries and releases name it.
Hash token_digest(std::string_view text);
std::string token_digest_hex(std::string_view text);

ProofBundle make_bundle(Bytes entry, const Receipt& receipt, const VerifierKey& log_key);
// The bundle of an entry that is already in the log, against its latest checkpoint.
Result<ProofBundle> make_bundle(const Ledger& ledger, std::uint64_t index);

std::string encode_bundle(const ProofBundle& bundle);
// Structure only: every member known, present and of its type. Errors: "bundle.size",
// "bundle.format", "bundle.field", "bundle.base64", "bundle.proof", and those of
// wire::JsonDocument::parse.
Result<ProofBundle> parse_bundle(std::string_view json);

}  // namespace atoma::tlog
