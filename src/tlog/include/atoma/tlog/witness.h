// What a witness decides (c2sp.org/tlog-witness): whether a log's new checkpoint continues the tree
// that the witness knows. Pure: who calls keeps the trees, and between check_growth and the
// durable record of the new one lets no other request for that origin in.
//
//   ATOMA_TRY(const Checkpoint next, authenticate_checkpoint(logs, request.checkpoint));
//   ATOMA_TRY_VOID(check_growth(known, request, next));
//   …record next, durably; then cosign it…
#pragma once

#include <span>

#include "atoma/tlog/add_checkpoint.h"
#include "atoma/tlog/tlog_policy.h"

namespace atoma::tlog {

// The last tree that was cosigned for an origin; of size 0 when there is none.
struct KnownTree {
  std::uint64_t size = 0;
  Hash root = merkle::empty_root();

  friend bool operator==(const KnownTree&, const KnownTree&) = default;
};

// The checkpoint, signed by at least one of the keys that speak for its origin, and wrongly by none
// of them. Errors: "witness.origin" (none of the keys has its name), "witness.signature", those of
// parse_note and parse_checkpoint.
Result<Checkpoint> authenticate_checkpoint(std::span<const LogKey> logs, std::string_view note);

// Errors: "witness.old_size" (above the checkpoint's), "witness.stale" (not the known size),
// "witness.fork" (the known size with another root), "witness.proof".
Status check_growth(const KnownTree& known, const AddCheckpoint& request, const Checkpoint& next);

// The HTTP status for a refusal. 409 answers with the known size.
int witness_status(const Error& refusal);

}  // namespace atoma::tlog
