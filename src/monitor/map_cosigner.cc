#include "atoma/monitor/map_cosigner.h"

namespace atoma::monitor {

Result<MapCosigner> MapCosigner::open(const store::Path& directory, std::string name,
                                      tlog::LogKey log, const Clock& clock, Entropy& entropy) {
  std::string origin = tlog::name_of(log);
  witness::Config config{.name = std::move(name), .logs = {}};
  config.logs.push_back(std::move(log));
  ATOMA_TRY(auto witness, witness::Witness::open(directory, std::move(config), clock, entropy));
  return MapCosigner(std::move(witness), std::move(origin));
}

Result<std::string> MapCosigner::cosign(const Follower& follower) {
  if (!follower.verified()) return std::string();
  const auto& [checkpoint, note] = *follower.verified();
  ATOMA_TRY(const tlog::KnownTree known, witness_->known(origin_));
  if (checkpoint.size < known.size) return std::string();
  tlog::AddCheckpoint request{.old_size = known.size, .proof = {}, .checkpoint = note};
  if (known.size != 0 && known.size != checkpoint.size) {
    ATOMA_TRY(request.proof,
              merkle::prove_consistency(follower.tree(), known.size, checkpoint.size));
  }
  ATOMA_TRY(const std::string lines,
            witness_->add_checkpoint(tlog::encode_add_checkpoint(request)));
  return note + lines;
}

}  // namespace atoma::monitor
