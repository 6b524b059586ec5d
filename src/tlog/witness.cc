#include "atoma/tlog/witness.h"

#include <array>
#include <format>
#include <utility>

namespace atoma::tlog {

Result<Checkpoint> authenticate_checkpoint(std::span<const LogKey> logs,
                                           std::string_view note_text) {
  const auto note = parse_note(note_text);
  // What can't be read as a signature does not verify: 403, as for one that is wrong.
  if (!note && note.error().reason == "note.signature_encoding") {
    return fail(Code::kPermissionDenied, "witness.signature", note.error().message);
  }
  if (!note) return std::unexpected(note.error());
  ATOMA_TRY(Checkpoint next, parse_checkpoint(note->text));
  bool known = false;
  bool is_signed = false;
  for (const LogKey& key : logs) {
    if (name_of(key) != next.origin) continue;
    known = true;
    const auto verified = verify_checkpoint(note_text, key);
    if (verified) {
      is_signed = true;
    } else if (const std::string_view reason = verified.error().reason;
               reason != "note.unsigned" && reason != "cosignature.missing") {
      return fail(Code::kPermissionDenied, "witness.signature", verified.error().message);
    }
  }
  if (is_signed) return next;
  if (known) {
    return fail(Code::kPermissionDenied, "witness.signature", "signed by none of the log's keys");
  }
  return fail(Code::kNotFound, "witness.origin",
              std::format("\"{}\" is no log that this witness follows", next.origin));
}

Status check_growth(const KnownTree& known, const AddCheckpoint& request, const Checkpoint& next) {
  if (request.old_size > next.size) {
    return malformed("witness.old_size", std::format("old size {}, but the checkpoint has {}",
                                                     request.old_size, next.size));
  }
  if (request.old_size != known.size) {
    return fail(Code::kAborted, "witness.stale",
                std::format("old size {}, known is {}", request.old_size, known.size));
  }
  if (next.size == known.size && next.root != known.root) {
    return fail(Code::kAborted, "witness.fork",
                std::format("another root is known for size {}: the log has forked", known.size));
  }
  // RFC 6962 §2.1.2 has no proof from the empty tree: nothing to show.
  const Status grown =
      known.size == 0
          ? (request.proof.empty()
                 ? Status()
                 : Status(malformed("witness.proof", "a proof from the empty tree")))
          : merkle::verify_consistency(known.size, next.size, request.proof, known.root, next.root);
  if (grown) return {};
  return malformed("witness.proof", "the consistency proof: " + grown.error().message);
}

int witness_status(const Error& refusal) {
  constexpr std::array<std::pair<std::string_view, int>, 5> kStatuses{{{"witness.origin", 404},
                                                                       {"witness.signature", 403},
                                                                       {"witness.stale", 409},
                                                                       {"witness.fork", 409},
                                                                       {"witness.proof", 422}}};
  for (const auto& [reason, status] : kStatuses) {
    if (refusal.reason == reason) return status;
  }
  return 400;
}

}  // namespace atoma::tlog
