// One witness as a log sees it (c2sp.org/tlog-witness): asks it to cosign, and finds out what it
// knows. For one thread at a time.
#pragma once

#include <string>
#include <vector>

#include "atoma/registry/publisher.h"

namespace atoma::registry {

// Asks over the network; each request has this time.
WitnessPost http_witness_post(std::chrono::milliseconds timeout);

// A note's signature line by this key as it stands there, not verified; "" when there is none.
std::string line_by(const tlog::Note& note, std::string_view name, std::uint32_t key_id);

class WitnessClient {
 public:
  // `prefix` is its submission prefix, `keys` are those it has at this address; `committed` may be
  // empty (PublisherOptions). Errors: those of http::parse_url.
  static Result<WitnessClient> create(std::string_view prefix, std::vector<tlog::CosignerKey> keys,
                                      WitnessPost post, CommittedSize committed);

  // A cosignature line by each key, in their order, all verified. Errors:
  //   "publisher.witness_ahead"   it knows more entries than the log ever committed
  //   "publisher.witness_fork"    it knows another tree
  //   "publisher.witness_newer"   it knows more than `checkpoint` has: ask for a newer one
  //   "publisher.witness_answer"  an answer of another form or status
  // and those of WitnessPost, CommittedSize, verify_cosignature and prove_consistency.
  Result<std::vector<std::string>> cosign(const tlog::SignedCheckpoint& checkpoint,
                                          const tlog::Ledger& ledger);

 private:
  WitnessClient(http::Url url, std::vector<tlog::CosignerKey> keys, WitnessPost post,
                CommittedSize committed);
  Status learn(const http::ClientResponse& conflict, std::uint64_t size,
               const tlog::Ledger& ledger);
  Result<std::vector<std::string>> read_lines(const tlog::SignedCheckpoint& checkpoint,
                                              std::string_view body) const;

  http::Url url_;
  std::vector<tlog::CosignerKey> keys_;
  WitnessPost post_;
  CommittedSize committed_;
  std::uint64_t known_ = 0;  // what it said last; 0 before
};

}  // namespace atoma::registry
