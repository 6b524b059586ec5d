// Evidence that another replica of the log took: asked of each, believed by its digest alone.
#pragma once

#include <string>
#include <vector>

#include "atoma/base/secret.h"
#include "atoma/http/client.h"
#include "atoma/registry/evidence_store.h"

namespace atoma::server {

class PeerEvidence {
 public:
  // `peers` as ReplicationOptions has them; `token` opens their evidence. Errors:
  // "http.client.url".
  static Result<PeerEvidence> create(const std::vector<std::string>& peers, SecretBytes token);

  // Waits some seconds for each peer at most; safe from any thread. Errors: "evidence.unknown" (no
  // peer gave bytes of this digest).
  Result<registry::Evidence> fetch(const crypto::Digest256& sha256) const;

 private:
  std::vector<http::Url> peers_;
  SecretBytes token_;
};

}  // namespace atoma::server
