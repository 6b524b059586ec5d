// A proof that data is on a log and witnesses saw it, for whoever is offline
// (c2sp.org/tlog-proof@v1). Text: an index, a Merkle path and a cosigned checkpoint.
//
//   ATOMA_TRY(const TlogProof proof, parse_tlog_proof(text));
//   ATOMA_TRY(const Witnessed seen, verify_tlog_proof(proof, merkle::leaf_hash(entry), policy));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "atoma/base/limits.h"
#include "atoma/merkle/proof.h"
#include "atoma/tlog/tlog_policy.h"

namespace atoma::tlog {

// A note, 63 hashes, and extra data as long as evidence in base64.
inline constexpr std::size_t kTlogProofMax = 256 * 1024;

struct TlogProof {
  std::optional<Bytes> extra;  // nobody vouches for it
  std::uint64_t index = 0;
  merkle::Proof inclusion;
  std::string checkpoint;  // note text, not yet verified
};

std::string encode_tlog_proof(const TlogProof& proof);
// Structure only. Errors: "tlog_proof.size", "tlog_proof.format", "tlog_proof.extra",
// "tlog_proof.index", "tlog_proof.hash", "tlog_proof.hashes_max".
Result<TlogProof> parse_tlog_proof(std::string_view text);

// That the entry of this leaf hash stands where the proof says, in a tree that the policy accepts.
// Errors: those of TlogPolicy::verify and merkle::verify_inclusion.
Result<Witnessed> verify_tlog_proof(const TlogProof& proof, const Hash& leaf,
                                    const TlogPolicy& policy);

}  // namespace atoma::tlog
