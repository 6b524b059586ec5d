// The bodies that a sequencer writes, as api/entry.cddl has them. The rules read them.
#pragma once

#include <string>
#include <vector>

#include "atoma/ledger/state.h"

namespace atoma::ledger {

struct GenesisBody {
  std::string origin;
  std::vector<std::string> log_keys;  // verifier keys of the log's notes
  std::vector<Issuer> issuers;
  Thresholds thresholds;
};
Bytes encode_genesis(const GenesisBody& genesis);

struct MapHeadBody {
  std::uint64_t size = 0;  // of the input
  Hash root{};             // of the index
};
Bytes encode_map_head(const MapHeadBody& head);

}  // namespace atoma::ledger
