#include <algorithm>
#include <format>

#include "atoma/ledger/lookup.h"

namespace atoma::ledger {

Result<MapCosigned> verify_map_cosigned(std::string_view note, const tlog::LogKey& log,
                                        const tlog::CosignerKey& cosigner) {
  ATOMA_TRY(auto checkpoint, tlog::verify_checkpoint(note, log));
  ATOMA_TRY(const tlog::Note parsed, tlog::parse_note(note));
  ATOMA_TRY(const std::uint64_t when, tlog::verify_cosignature(parsed, cosigner));
  return MapCosigned{std::move(checkpoint), Time{static_cast<std::int64_t>(when)}};
}

Status check_map_cosigned(const Lookup& lookup, const tlog::SignedCheckpoint& checkpoint,
                          const MapCosigned& cosigned, const merkle::Proof& growth,
                          std::uint64_t lag_max) {
  const tlog::Checkpoint& asked = checkpoint.checkpoint;
  const tlog::Checkpoint& seen = cosigned.checkpoint.checkpoint;
  if (lookup.map_head.index >= seen.size) {
    return fail(Code::kUnavailable, "lookup.uncosigned",
                std::format("the index root is entry {}, and the map cosigner has vouched for {} "
                            "entries",
                            lookup.map_head.index, seen.size));
  }
  if (seen.size - lookup.map_head.index > lag_max) {
    return fail(Code::kFailedPrecondition, "lookup.lag",
                std::format("the index covers {} entries of the {} that were cosigned; at most {} "
                            "may be missing",
                            lookup.map_head.index, seen.size, lag_max));
  }
  const bool same = seen.size == asked.size;
  const auto& [small, large] =
      std::minmax(seen, asked, [](const auto& a, const auto& b) { return a.size < b.size; });
  const bool grown =
      same ? seen.root == asked.root && growth.empty()
           : merkle::verify_consistency(small.size, large.size, growth, small.root, large.root)
                 .has_value();
  if (grown && seen.origin == asked.origin) return {};
  return fail(Code::kPermissionDenied, "lookup.fork",
              std::format("the tree of {} entries that was cosigned and the lookup's of {} are not "
                          "one",
                          seen.size, asked.size));
}

}  // namespace atoma::ledger
