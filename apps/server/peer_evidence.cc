#include "peer_evidence.h"

#include "atoma/wire/text.h"

namespace atoma::server {
namespace {

constexpr std::chrono::milliseconds kConnectDeadline{500};
constexpr std::chrono::milliseconds kDeadline{3'000};

}  // namespace

Result<PeerEvidence> PeerEvidence::create(const std::vector<std::string>& peers,
                                          SecretBytes token) {
  PeerEvidence out;
  out.token_ = std::move(token);
  for (const auto& peer : peers) {
    ATOMA_TRY(out.peers_.emplace_back(), http::parse_url(peer));
  }
  return out;
}

Result<registry::Evidence> PeerEvidence::fetch(const crypto::Digest256& sha256) const {
  const http::Client client(
      {.connect_timeout = kConnectDeadline, .body_max = registry::kEvidenceMax, .authorities = ""});
  const std::string token(as_text(token_.expose("asking a peer for evidence")));
  const http::Field fields[] = {{"Authorization", "Bearer " + token}};
  for (http::Url url : peers_) {
    url.target = "/v1/evidence/" + wire::hex_encode(sha256) + "?local=true";
    auto answer = client.request(url, http::Method::kGet, fields, {}, kDeadline);
    if (!answer || answer->status != 200 || crypto::sha256(answer->body) != sha256) continue;
    const auto type = http::media_type(answer->header("Content-Type").value_or(""));
    if (!ledger::is_media_type(type)) continue;
    std::string media_type(type);
    return registry::Evidence{std::move(answer->body), std::move(media_type)};
  }
  return fail(Code::kNotFound, "evidence.unknown",
              "no replica gave evidence with the digest " + wire::hex_encode(sha256));
}

}  // namespace atoma::server
