#include "replication.h"

#include "atoma/base/limits.h"
#include "atoma/replica/etcd_queue.h"
#include "atoma/wire/json_writer.h"

namespace atoma::server {
namespace {

constexpr std::size_t kPemMax = 1024 * 1024;
constexpr std::chrono::milliseconds kNoteDeadline{500};

Result<std::string> read_pem(const std::string& path) {
  ATOMA_TRY(const Bytes pem, store::read_file(store::posix_file_system(), path, kPemMax));
  return std::string(as_text(pem));
}

Result<std::unique_ptr<replica::CommitQueue>> open_queue(const ReplicationOptions& options,
                                                         const std::string& origin) {
  etcd::Client::Options how{.deadline = std::chrono::milliseconds(1'000),
                            .connect_timeout = std::chrono::milliseconds(300),
                            .authorities = "",
                            .identity = std::nullopt};
  if (!options.etcd_authorities.empty()) {
    ATOMA_TRY(how.authorities, read_pem(options.etcd_authorities));
  }
  if (!options.etcd_certificate.empty()) {
    ATOMA_TRY(const std::string certificate, read_pem(options.etcd_certificate));
    ATOMA_TRY(const std::string key, read_pem(options.etcd_key));
    ATOMA_TRY(how.identity, crypto::TlsIdentity::parse(certificate, key));
  }
  ATOMA_TRY(auto client, etcd::Client::create(options.etcd, std::move(how)));
  return std::make_unique<replica::EtcdQueue>(
      std::make_unique<etcd::Client>(std::move(client)),
      replica::EtcdQueue::Options{.prefix = "atoma/" + origin});
}

Result<std::vector<tlog::Checkpoint>> load_known(const ReplicationOptions& options,
                                                 const tlog::VerifierKey& key) {
  std::vector<tlog::Checkpoint> out;
  for (const auto& file : options.known_files) {
    ATOMA_TRY(const Bytes note,
              store::read_file(store::posix_file_system(), file, limits::kNoteMax));
    ATOMA_TRY(auto known, tlog::verify_checkpoint(as_text(note), key));
    out.push_back(std::move(known.checkpoint));
  }
  return out;
}

}  // namespace

Status check_replication(const ReplicationOptions& options) {
  const bool other = !options.node.empty() || !options.peers.empty() || options.found ||
                     !options.known_files.empty() || !options.advertise.empty() ||
                     !options.etcd_authorities.empty() || !options.etcd_certificate.empty() ||
                     !options.etcd_key.empty();
  if (!options.any() && other) {
    return malformed("up.replica", "replicas meet in etcd: name its endpoints with --etcd");
  }
  if (options.any() && options.node.empty()) {
    return malformed("up.replica", "a replica needs a name of its own: --node");
  }
  if (options.etcd_certificate.empty() != options.etcd_key.empty()) {
    return malformed("up.replica",
                     "a certificate towards etcd needs its key: --etcd-cert, --etcd-key");
  }
  if (options.peers.size() > replica::kPeersMax) {
    return malformed("up.replica", "too many peers");
  }
  return {};
}

Result<std::unique_ptr<Replication>> Replication::start(const ReplicationOptions& options,
                                                        tlog::Ledger& local,
                                                        const store::Path& data) {
  ATOMA_TRY_VOID(check_replication(options));
  ATOMA_TRY(auto queue, open_queue(options, local.verifier_key().name()));
  std::vector<std::unique_ptr<replica::Peer>> peers;
  for (const auto& url : options.peers) {
    ATOMA_TRY(auto peer, replica::HttpPeer::create(url));
    peers.push_back(std::move(peer));
  }
  ATOMA_TRY(const auto known, load_known(options, local.verifier_key()));
  ATOMA_TRY(auto guard,
            replica::Guard::open(store::posix_file_system(), data / std::string(kSignerFile)));
  ATOMA_TRY(auto applier, replica::Applier::open(local, std::move(guard), std::move(peers), known));
  auto out = std::unique_ptr<Replication>(new Replication(std::move(queue)));
  for (const auto& peer : options.peers) {
    ATOMA_TRY(http::Url url, http::parse_url(peer));
    url.target = "/checkpoint";
    out->shown_at_.push_back(std::move(url));
  }
  ATOMA_TRY(out->ledger_,
            replica::ReplicatedLedger::start(
                *out->queue_, local, std::move(applier),
                {.node = options.node, .nodes = options.peers.size() + 1}, options.found));
  return out;
}

Result<std::uint64_t> Replication::committed() const {
  ATOMA_TRY(const auto view, queue_->view(merkle::kSizeMax));
  return view.head ? view.head->size : 0;
}

std::vector<std::string> Replication::shown_elsewhere() const {
  const http::Client client(
      {.connect_timeout = kNoteDeadline, .body_max = limits::kNoteMax, .authorities = ""});
  std::vector<std::string> out;
  for (const http::Url& url : shown_at_) {
    const auto answer = client.request(url, http::Method::kGet, {}, {}, kNoteDeadline);
    if (answer && answer->status == 200) out.emplace_back(as_text(answer->body));
  }
  return out;
}

http::Response leader_answer(const replica::Standing& standing) {
  wire::JsonWriter out;
  out.begin_object().member("leads", standing.leads);
  if (standing.leader) {
    out.member("leader", standing.leader->node).member("url", standing.leader->url);
  }
  out.member("applied", standing.applied)
      .member("head", standing.head)
      .member("caught_up", standing.caught_up);
  if (!standing.failure.empty()) out.member("failure", standing.failure);
  if (!standing.why.empty()) out.member("why", standing.why);
  out.end_object();
  return http::json(standing.leads ? 200 : 503, out.str());
}

}  // namespace atoma::server
