#include "server.h"

#include <sched.h>

#include <algorithm>
#include <format>
#include <iterator>
#include <optional>
#include <thread>

#include "atoma/appraisal/appraiser.h"
#include "atoma/base/limits.h"
#include "atoma/batch_ecdsa/decider.h"
#include "atoma/broker/service.h"
#include "atoma/crypto/digest.h"
#include "atoma/registry/api.h"
#include "atoma/registry/evidence_api.h"
#include "atoma/registry/registry.h"
#include "atoma/registry/tile_api.h"
#include "atoma/registry/typed_api.h"
#include "atoma/telemetry/metrics.h"
#include "atoma/verifier/service.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "collateral_directory.h"
#include "collateral_keeper.h"
#include "data_directory.h"
#include "freshness.h"
#include "peer_evidence.h"
#include "replication.h"
#include "sample_platform.h"
#include "trace_file.h"
#include "watched_ledger.h"
#include "witnessed_log.h"

namespace atoma::server {
namespace {

using evidence::Tee;

constexpr std::string_view kSamplePolicyFile = "sample-policy.yaml";
constexpr std::string_view kSampleRuleFile = "sample-rule.json";
// The sample's collateral is made anew at each start; clocks may differ a little.
constexpr Duration kSampleBackdated{3600};
constexpr Duration kSampleLifetime{365ll * 24 * 3600};

constexpr std::chrono::seconds kIndexIntervalMin{1}, kIndexIntervalMax{86'400};

constexpr std::string_view kAbout =
    "Atoma verifies hardware evidence, records every verdict in a transparent log, and releases\n"
    "secrets only to what it verified.\n\n"
    "GET /openapi.json        what this server answers\n"
    "GET /healthz             whether it can\n"
    "GET /metrics             what it counts, for Prometheus\n"
    "GET /v1/log/checkpoint   the head of its log\n";
constexpr std::string_view kSampleBanner =
    "\nSAMPLE TEE: this server accepts evidence of a software root. It proves nothing.\n";

// Those that this process may run on: fewer than the machine has where somebody pinned it.
std::size_t cores_at_hand() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) {
    return std::max(1u, std::thread::hardware_concurrency());
  }
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

// One log, one name, also where replicas sign with the same keys.
std::string origin_of(const DataDirectory& data) {
  const auto digest =
      crypto::sha256({as_bytes("atoma-log-origin/1"), data.log_id.expose("the log's name")});
  return "atoma.local/log-" + wire::hex_encode(ByteView(digest).first(6));
}

Result<SamplePlatform> open_sample(const DataDirectory& data, Entropy& entropy) {
  auto loaded = SamplePlatform::load(data.sample());
  if (loaded || loaded.error().reason != "store.missing") return loaded;
  return SamplePlatform::create(data.sample(), entropy);
}

// Written once, so that a person can change them.
Status write_sample_files(const DataDirectory& data, const SamplePlatform& platform) {
  auto& files = store::posix_file_system();
  const auto write = [&](const store::Path& path, std::string_view text) -> Status {
    ATOMA_TRY(const bool there, files.exists(path));
    return there ? Status() : store::replace_file(files, path, as_bytes(text));
  };
  ATOMA_TRY_VOID(write(data.path / kSamplePolicyFile, platform.policy_yaml()));
  return write(data.path / kSampleRuleFile, SamplePlatform::rule_json());
}

Result<verifier::NamedPolicy> load_policy(const std::string& tenant, const store::Path& file) {
  ATOMA_TRY(const auto text,
            store::read_file(store::posix_file_system(), file, limits::kPolicyMax));
  auto policy = appraisal::parse_policy(as_text(text));
  if (!policy) {
    Error error = policy.error();
    error.message = file.string() + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  return verifier::NamedPolicy{tenant,
                               std::make_shared<const appraisal::Policy>(*std::move(policy)),
                               std::string(as_text(text))};
}

Status check_period(Duration period) {
  if (period >= verifier::kKeyPeriodMin && period <= verifier::kKeyPeriodMax) return {};
  return malformed("up.ear_key_period", "a signing key signs for 10 minutes to 366 days");
}

Status check_interval(std::chrono::seconds interval) {
  if (interval >= kIndexIntervalMin && interval <= kIndexIntervalMax) return {};
  return malformed("up.index_interval", "the index is behind by 1 second to 1 day");
}

Status check_evidence_bytes(std::uint64_t bytes) {
  if (bytes >= registry::kEvidenceBytesMin) return {};
  return malformed("up.evidence_bytes", "room for evidence: at least 16 MiB");
}

std::string url_of(const http::ServerOptions& options, std::uint16_t port) {
  const bool v6 = options.address.contains(':');
  return std::format("http://{}{}{}:{}", v6 ? "[" : "", options.address, v6 ? "]" : "", port);
}

}  // namespace

// Destroyed from the last to the first: the edge, the services, what they stand on.
struct Server::Impl {
  Options options;
  telemetry::Metrics metrics;
  std::unique_ptr<TraceFile> traces;  // null: nothing is traced
  std::optional<DataDirectory> data;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<Replication> replication;  // null: the log is this server's alone
  std::unique_ptr<WatchedLedger> ledger;
  std::unique_ptr<WitnessedLog> witnessed;  // null: every checkpoint is shown
  std::unique_ptr<registry::Sequencer> sequencer;
  std::unique_ptr<registry::EvidenceStore> evidence;
  std::optional<store::Kv> kv;
  std::unique_ptr<verifier::Service> verifier;
  std::unique_ptr<broker::Service> broker;
  std::unique_ptr<CollateralKeeper> keeper;  // null: nothing is fetched
  std::unique_ptr<http::Server> http;
  verifier::AtHand at_hand;  // since the start
  const Clock* time = nullptr;
  std::string url, log_key;
  std::vector<std::string> routes;

  registry::FirstEntry first_entry(const Clock& clock, Entropy& entropy) const;
  Status open_ledger(const Clock& clock, Entropy& entropy);
  Status open_sequencer(const Clock& clock, Entropy& entropy);
  registry::Published published() const;
  Status open_stores(const Clock& clock, Entropy& entropy);
  Result<verifier::Config> verifier_config(const Clock& clock, Entropy& entropy);
  Status start_services(const Clock& clock, Entropy& entropy);
  Status mount_evidence(http::Router& router);
  Status listen();
  std::vector<Kept> kept() const;
  std::string_view failure() const;
  http::Response health() const;
  http::Response leader() const;
  void mount_own(http::Router& router) const;
  void count();
};

// Used when the log is made, if it is.
registry::FirstEntry Server::Impl::first_entry(const Clock& clock, Entropy& entropy) const {
  return [this, &clock, &entropy](const tlog::VerifierKey& log_verifier) {
    using enum ledger::Role;
    const auto issuer = [](std::string name, const Secret<32>& seed, std::uint64_t weight,
                           std::set<ledger::Role> roles) {
      const auto key = issuer_key(seed);
      return ledger::Issuer{.name = std::move(name),
                            .algorithm = key.algorithm(),
                            .public_key = to_bytes(key.public_key().raw()),
                            .weight = weight,
                            .roles = std::move(roles)};
    };
    registry::Genesis genesis = options.genesis.value_or(registry::Genesis{
        .issuers = {issuer("operator", data->operator_, 1, {kMember, kRegistrar, kService})},
        .thresholds = {.add = 1, .remove = 1, .delay = Duration{0}}});
    genesis.issuers.push_back(issuer("verifier", data->verifier, 0, {kVerifier}));
    genesis.issuers.push_back(issuer("broker", data->broker, 0, {kService}));
    return registry::sign_genesis(std::move(genesis), log_verifier, issuer_key(data->sequencer),
                                  clock.now(), entropy);
  };
}

Status Server::Impl::open_ledger(const Clock& clock, Entropy& entropy) {
  ATOMA_TRY_VOID(check_replication(options.replication));
  const std::string origin = origin_of(*data);
  // Whoever founds a replicated log brings its first entries; the others get them from it.
  const bool alone = !options.replication.any() || options.replication.found;
  ATOMA_TRY(registry, alone ? registry::Registry::open(data->registry(), origin, entropy,
                                                       first_entry(clock, entropy))
                            : registry::Registry::open_replica(data->registry(), origin));
  if (!options.replication.any()) {
    ledger = std::make_unique<WatchedLedger>(*registry);
    return {};
  }
  ATOMA_TRY(replication, Replication::start(options.replication, *registry, data->path));
  ledger = std::make_unique<WatchedLedger>(replication->ledger());
  return {};
}

Status Server::Impl::open_sequencer(const Clock& clock, Entropy& entropy) {
  ATOMA_TRY(sequencer, registry::Sequencer::open(*ledger,
                                                 {.key = issuer_key(data->sequencer),
                                                  .map_head_interval = options.index_interval,
                                                  .shared = options.replication.any(),
                                                  .published = published(),
                                                  .files = &store::posix_file_system(),
                                                  .mark = data->verified_mark()},
                                                 clock, entropy));
  return {};
}

// Null: every checkpoint is shown.
registry::Published Server::Impl::published() const {
  if (!witnessed) return nullptr;
  return [this] { return witnessed->published(); };
}

std::string_view Server::Impl::failure() const {
  // A replica settles by itself what a log alone settles when it is opened again; a halt nobody.
  const bool settles = replication && !ledger->halted();
  const auto reason = settles ? replication->ledger().standing().failure : ledger->failure();
  return reason.empty() ? sequencer->failure() : reason;
}

http::Response Server::Impl::leader() const {
  if (replication) {
    auto standing = replication->ledger().standing();
    if (ledger->halted()) {
      standing.leads = false;
      standing.failure = ledger->failure();
    }
    return leader_answer(standing);
  }
  const std::uint64_t size = ledger->latest_checkpoint().checkpoint.size;
  return leader_answer({.leads = failure().empty(),
                        .leader = std::nullopt,
                        .applied = size,
                        .head = size,
                        .caught_up = true,
                        .failure = failure(),
                        .why = ""});
}

Status Server::Impl::open_stores(const Clock& clock, Entropy& entropy) {
  if (!options.trace_file.empty()) {
    ATOMA_TRY(traces, TraceFile::open(options.trace_file, options.build, entropy));
  }
  ATOMA_TRY(data, DataDirectory::open(options.data, entropy));
  ATOMA_TRY_VOID(open_ledger(clock, entropy));
  if (!options.witness_policy_file.empty()) {
    ATOMA_TRY(witnessed, WitnessedLog::start(options.witness_policy_file, *data, *ledger,
                                             replication.get(), clock));
  }
  ATOMA_TRY_VOID(open_sequencer(clock, entropy));
  ATOMA_TRY(evidence, registry::EvidenceStore::open(data->evidence(),
                                                    {.bytes_max = options.evidence_bytes_max}));
  ATOMA_TRY(kv, store::Kv::open(data->kv(), {.tables = {std::string(broker::kSecretsTable),
                                                        std::string(broker::kVersionsTable),
                                                        std::string(verifier::kUsedSetsTable)}}));
  return {};
}

Result<verifier::Config> Server::Impl::verifier_config(const Clock& clock, Entropy& entropy) {
  verifier::Config config{
      .signing_seed = std::move(data->ear_seed),
      .key_period = options.ear_key_period,
      .nonce_key = SecretBytes::copy_of(data->nonce_key.expose("the verifier's nonces")),
      .entry_key = issuer_key(data->verifier),
      .build = options.build,
      .threads = cores_at_hand(),
      .make_decider = [] { return std::make_unique<batch_ecdsa::BatchDecider>(); },
      .kv = &*kv,
      .metrics = &metrics,
      .tracer = traces ? &traces->tracer() : nullptr};
  store::Path policy_file = options.policy_file;
  if (options.sample) {
    ATOMA_TRY(const auto platform, open_sample(*data, entropy));
    ATOMA_TRY_VOID(write_sample_files(*data, platform));
    const ValidityWindow window{clock.now() - kSampleBackdated, clock.now() + kSampleLifetime};
    config.at_hand.collateral = {platform.collateral(Tee::kTdx, window),
                                 platform.collateral(Tee::kSgx, window)};
    config.at_hand.endorsements = {platform.endorsements(window)};
    if (policy_file.empty()) policy_file = data->path / kSamplePolicyFile;
  }
  if (policy_file.empty()) {
    return malformed("up.policy",
                     "say what to accept with --policy FILE (see examples/), or try --sample");
  }
  ATOMA_TRY(const auto by_default, load_policy("", policy_file));
  config.policy = by_default.policy;
  config.policy_text = by_default.text;
  for (const auto& [tenant, file] : options.tenant_files) {
    ATOMA_TRY(auto policy, load_policy(tenant, file));
    config.tenants.push_back(std::move(policy));
  }
  if (const auto good = verifier::Policies::create(by_default, config.tenants); !good) {
    return std::unexpected(good.error());
  }
  ATOMA_TRY(auto references, load_reference_sets(options.references));
  config.at_hand.references =
      std::make_shared<const std::vector<appraisal::ReferenceSet>>(std::move(references));
  if (!options.collateral_directory.empty()) {
    ATOMA_TRY(auto loaded, load_at_hand(options.collateral_directory));
    config.at_hand.append(std::move(loaded));
    if (!config.at_hand.within_bounds()) {
      return malformed("collateral.directory", "too many sets");
    }
  }
  return config;
}

Status Server::Impl::start_services(const Clock& clock, Entropy& entropy) {
  ATOMA_TRY(auto config, verifier_config(clock, entropy));
  const auto default_policy = config.policy->digest;
  evidence::TrustAnchors anchors = appraisal::anchors_of(*config.policy);
  for (const auto& tenant : config.tenants) {
    std::ranges::copy(appraisal::anchors_of(*tenant.policy).sample_roots,
                      std::back_inserter(anchors.sample_roots));
  }
  at_hand = config.at_hand;
  verifier = std::make_unique<verifier::Service>(std::move(config), *sequencer, *evidence, *ledger,
                                                 clock, entropy);
  broker = std::make_unique<broker::Service>(
      broker::Config{.verifier_jwks = [this] { return verifier->jwks(); },
                     .default_policy = default_policy,
                     .root_key = std::move(data->root_key),
                     .admin_token = SecretBytes::copy_of(data->admin_token.expose("the broker's")),
                     .entry_key = issuer_key(data->broker)},
      *kv, *sequencer, *ledger, clock, entropy);
  // What was fetched or imported before is of use without a source, too.
  ATOMA_TRY(const bool there, store::posix_file_system().exists(data->path / "collateral"));
  if (!there && !options.fetch.any()) return {};
  ATOMA_TRY(keeper,
            CollateralKeeper::start(data->path / "collateral", options.fetch, std::move(anchors),
                                    at_hand, *verifier, clock, entropy));
  return {};
}

std::vector<Kept> Server::Impl::kept() const {
  auto out = kept_of(at_hand, time->now());
  if (keeper) std::ranges::move(kept_of(keeper->status()), std::back_inserter(out));
  return out;
}

// Evidence that needs what is not fresh may be refused soon or now; all else is answered as ever.
http::Response Server::Impl::health() const {
  const auto failure = this->failure();
  auto not_fresh = kept();
  const bool degraded = !all_fresh(not_fresh);
  wire::JsonWriter out;
  out.begin_object()
      .member("status", !failure.empty() ? "failing"
                        : degraded       ? "degraded"
                                         : "ok")
      .member("log_size", ledger->latest_checkpoint().checkpoint.size)
      .member("sample", options.sample)
      .member("root_key", "file, for development only")
      .member("next_key_rotation", format_time(verifier->next_rotation()));
  if (!failure.empty()) {
    out.member("reason", failure)
        .member("remedy", failure == "ledger.halted"
                              ? "compare this log with its witnesses (docs/OPERATIONS.md)"
                          : failure.starts_with("sequencer.")
                              ? "another replica wrote what breaks the rules: atoma audit --url"
                              : "restart: opening the log settles it");
  }
  if (witnessed) witnessed->write_health(out);
  if (degraded) {
    out.key("collateral");
    write_not_fresh(out, std::move(not_fresh));
  }
  out.end_object();
  return http::json(failure.empty() ? 200 : 503, out.str());
}

void Server::Impl::mount_own(http::Router& router) const {
  router.add(http::Method::kGet, "/healthz",
             [this](http::Request, http::Respond respond) { respond(health()); });
  router.add(http::Method::kGet, "/v1/log/leader",
             [this](http::Request, http::Respond respond) { respond(leader()); });
  router.add(http::Method::kGet, "/metrics", [this](http::Request, http::Respond respond) {
    respond({.status = 200,
             .content_type = std::string(telemetry::kPrometheusType),
             .body = to_bytes(metrics.to_prometheus()),
             .headers = {}});
  });
  router.add(http::Method::kGet, "/v1/collateral", [this](http::Request, http::Respond respond) {
    respond(http::json(200, keeper ? keeper->status_json() : R"({"items":[]})"));
  });
  router.add(http::Method::kGet, "/openapi.json", [](http::Request, http::Respond respond) {
    respond(http::json(200, openapi_json()));
  });
  router.add(http::Method::kGet, "/", [this](http::Request, http::Respond respond) {
    std::string text(kAbout);
    if (options.sample) text += kSampleBanner;
    respond({.status = 200, .content_type = "text/plain", .body = to_bytes(text), .headers = {}});
  });
}

void Server::Impl::count() {
  options.http.observe = [this](int status, std::chrono::nanoseconds took) {
    metrics.http_answers.add({telemetry::kStatuses[static_cast<std::size_t>(status / 100 - 1)]});
    metrics.http_latency.observe(std::chrono::duration<double>(took).count());
  };
  metrics.registry_entries.read_from(
      [this] { return static_cast<double>(ledger->latest_checkpoint().checkpoint.size); });
  metrics.registry_published.read_from([this] {
    return witnessed ? witnessed->published_size()
                     : static_cast<double>(ledger->latest_checkpoint().checkpoint.size);
  });
  metrics.registry_evidence.read_from([this] { return static_cast<double>(evidence->bytes()); });
  metrics.registry_evidence_max.read_from(
      [this] { return static_cast<double>(options.evidence_bytes_max); });
  if (witnessed) {
    metrics.witness_lag.read_from([this] { return witnessed->lags(); });
    metrics.witness_success.read_from([this] { return witnessed->successes(); });
  }
  metrics.collateral_age.read_from([this] { return ages(kept(), time->now()); });
  metrics.collateral_time_left.read_from([this] { return times_left(kept(), time->now()); });
  metrics.collateral_failing.read_from([this] { return failing(kept()); });
  metrics.collateral_unusable.read_from([this] { return unusable(kept()); });
  metrics.registry_failing.read_from([this] { return failure().empty() ? 0.0 : 1.0; });
}

Status Server::Impl::mount_evidence(http::Router& router) {
  registry::Elsewhere elsewhere;
  if (replication) {
    const auto token = data->evidence_token.expose("asking other replicas");
    ATOMA_TRY(auto peers,
              PeerEvidence::create(options.replication.peers, SecretBytes::copy_of(token)));
    elsewhere = [asked = std::make_shared<const PeerEvidence>(std::move(peers))](
                    const crypto::Digest256& sha256) { return asked->fetch(sha256); };
  }
  registry::mount_evidence_api(router, *evidence,
                               {.reader_token = std::move(data->evidence_token),
                                .admin_token = std::move(data->admin_token),
                                .open = options.open_evidence},
                               std::move(elsewhere));
  return {};
}

Status Server::Impl::listen() {
  http::Router router;
  mount_own(router);
  verifier->mount(router);
  broker->mount(router);
  registry::mount_log_api(router, *ledger, published());
  registry::mount_tile_api(router, *registry, published());
  registry::mount_typed_api(router, *sequencer, evidence.get());
  ATOMA_TRY_VOID(mount_evidence(router));
  routes = router.list();
  if (options.http.allow_non_loopback) options.http.hosts.push_back(options.http.address);
  count();
  ATOMA_TRY(http, http::Server::start(std::move(router), options.http));
  url = url_of(options.http, http->port());
  log_key = ledger->verifier_key().to_string();
  if (replication) {
    const auto& given = options.replication.advertise;
    replication->ledger().announce(given.empty() ? url : given);
  }
  return store::replace_file(store::posix_file_system(), data->address_file(),
                             as_bytes(url + "\n"));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(Options options, const Clock& clock,
                                              Entropy& entropy) {
  auto impl = std::make_unique<Impl>();
  impl->time = &clock;
  impl->options = std::move(options);
  ATOMA_TRY_VOID(check_period(impl->options.ear_key_period));
  ATOMA_TRY_VOID(check_interval(impl->options.index_interval));
  ATOMA_TRY_VOID(check_evidence_bytes(impl->options.evidence_bytes_max));
  ATOMA_TRY_VOID(impl->open_stores(clock, entropy));
  ATOMA_TRY_VOID(impl->start_services(clock, entropy));
  ATOMA_TRY_VOID(impl->listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() { stop(); }

const std::string& Server::url() const { return impl_->url; }
const std::string& Server::log_key() const { return impl_->log_key; }
std::string Server::log_ml_dsa_key() const {
  return impl_->witnessed ? impl_->witnessed->ml_dsa_key() : "";
}
std::string Server::sequencer_key() const {
  return wire::base64_encode(issuer_key(impl_->data->sequencer).public_key().raw());
}
bool Server::sample() const { return impl_->options.sample; }
const std::vector<std::string>& Server::routes() const { return impl_->routes; }

std::uint64_t Server::log_size() const {
  return impl_->ledger->latest_checkpoint().checkpoint.size;
}

store::Path Server::token_file() const { return impl_->data->token_file(); }
store::Path Server::evidence_token_file() const { return impl_->data->evidence_token_file(); }

void Server::stop() {
  if (!impl_->http) return;
  impl_->http.reset();
  impl_->keeper.reset();
  if (impl_->witnessed) impl_->witnessed->stop();
  if (impl_->replication) impl_->replication->ledger().close();
  impl_->registry->close();
  std::error_code gone;
  std::filesystem::remove(impl_->data->address_file(), gone);
}

}  // namespace atoma::server
