// A head with signatures of some of its log's anchorers, as they hand it to one another: each signs
// where his own key is, whoever posts joins what he was given. A file of JSON; it comes from
// anybody:
//
//   {"format": "atoma-anchor-signatures/1",
//    "chain_id": 8453, "contract": "0x…", "log": "0x…",            where the signatures count
//    "size": 42, "root": "<base64>",                               the head that is signed
//    "signatures": [{"signer": "0x…", "signature": "0x…"}, …],     r ‖ s ‖ v, by ascending signer
//    "checkpoint": "<the log's note of this head>"}
//
//   ATOMA_TRY(const SignedHead part, parse_signed_head(text));       // structure alone
//   ATOMA_TRY_VOID(verify_signatures(part, place));                  // each is by its signer
//   ATOMA_TRY(const SignedHead all, join(parts));                    // one head
//   ATOMA_TRY(const Bytes signatures, quorum_of(all, office));       // as the contract takes them
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/anchor/contract.h"
#include "atoma/base/limits.h"

namespace atoma::anchor {

// A note of the largest size whose every byte is escaped once, and as many signatures as may be.
inline constexpr std::size_t kSignedHeadMax = 2 * limits::kNoteMax + 16 * 1024;

struct SignedHead {
  Place place;
  Head head;
  std::vector<HeadSignature> signatures;  // strictly ascending by signer, at most kAnchorersMax
  std::string checkpoint;                 // the log's own note of it, which is not looked at here
};

// Who may sign now and how many must, as the contract says: a change of anchorers changes it.
struct Office {
  std::vector<Address> anchorers;  // those of the signers who are
  std::size_t threshold = 0;
};

std::string encode_signed_head(const SignedHead& head);
// Structure only. Errors: "anchor.signature_file", those of wire::JsonDocument::parse and
// parse_address.
Result<SignedHead> parse_signed_head(std::string_view text);

// That each signature is its signer's, of this head at this place, in the one form that the
// contract takes. Errors: "anchor.place" (for another chain, contract or log), "anchor.signature".
Status verify_signatures(const SignedHead& head, const Place& place);

// All signatures of parts of one head and place, each signer's once; with the longest of the
// checkpoints, which has most cosignatures. Errors: "anchor.heads" (or no parts at all).
Result<SignedHead> join(std::span<const SignedHead> parts);

// As many as must sign, one after another, as calls of the contract take them. Errors:
// "anchor.stranger" (a signer who is not in office), "anchor.too_few".
Result<Bytes> quorum_of(const SignedHead& head, const Office& office);

}  // namespace atoma::anchor
