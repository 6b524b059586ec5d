// Where a replica that is far behind gets entries from: another replica's reading API. A peer is
// not believed: whoever asks compares with a root that the commit queue has.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "atoma/http/client.h"
#include "atoma/merkle/proof.h"

namespace atoma::replica {

inline constexpr std::size_t kPeersMax = 16;
inline constexpr std::size_t kPageEntriesMax = 64;

class Peer {
 public:
  virtual ~Peer() = default;
  // From 1 to kPageEntriesMax entries, the first one is `from`. Errors: "peer.unavailable",
  // "peer.answer".
  virtual Result<std::vector<Bytes>> entries(std::uint64_t from) = 0;
  virtual Result<merkle::Proof> consistency(std::uint64_t old_size, std::uint64_t new_size) = 0;
};

// GET /v1/log/entries and /v1/log/consistency of atoma/registry/api.h. Safe from any thread.
class HttpPeer final : public Peer {
 public:
  // "http://127.0.0.1:8470", without a path. Errors: "http.client.url".
  static Result<std::unique_ptr<HttpPeer>> create(std::string_view url);

  Result<std::vector<Bytes>> entries(std::uint64_t from) override;
  Result<merkle::Proof> consistency(std::uint64_t old_size, std::uint64_t new_size) override;

 private:
  explicit HttpPeer(http::Url url);
  Result<Bytes> get(std::string target) const;

  const http::Url url_;
  const http::Client client_;
};

// Answers as values. Errors: "peer.answer", and those of wire::JsonDocument::parse.
Result<std::vector<Bytes>> parse_entries(ByteView json, std::uint64_t from);
Result<merkle::Proof> parse_consistency(ByteView json);

}  // namespace atoma::replica
