#include <charconv>
#include <cstdio>
#include <filesystem>

#include "atoma/crypto/system_entropy.h"
#include "atoma/wire/json_writer.h"
#include "command.h"
#include "listen.h"
#include "registry_files.h"
#include "server/server.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

struct Options {
  std::string data;
  std::string listen = "127.0.0.1:8470";
  std::string policy;
  std::vector<std::string> tenants;
  std::string collateral;
  std::vector<std::string> collateral_urls, collateral_items, collateral_for;
  std::string collateral_ca;
  std::string ear_key_period = "24h";
  std::string index_interval = "1s";
  std::uint64_t evidence_bytes_max = registry::kEvidenceBytesDefault;
  bool open_evidence = false;
  std::string trace_file;
  std::string witness_policy;
  std::string genesis;
  server::ReferenceFiles references;
  server::ReplicationOptions replication;
  bool sample = false;
  bool allow_non_loopback = false;
};

// "acme=acme.yaml".
Status parse_tenants(const std::vector<std::string>& given, server::Options& out) {
  for (const auto& text : given) {
    const auto at = text.find('=');
    if (at == std::string::npos || at + 1 == text.size()) {
      return malformed("usage.tenant", "\"" + text + "\": expected NAME=FILE");
    }
    out.tenant_files.emplace_back(text.substr(0, at), text.substr(at + 1));
  }
  return {};
}

// "90m", "24h", "7d": a whole number of seconds, minutes, hours or days.
Result<Duration> parse_period(std::string_view option, std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, text.data() + text.size());
  constexpr std::string_view kUnits = "smhd";
  constexpr std::int64_t kSeconds[] = {1, 60, 3600, 86'400};
  const auto at = unit.size() == 1 ? kUnits.find(unit) : kUnits.npos;
  if (error != std::errc() || at == kUnits.npos) {
    return malformed("usage.period", "--" + std::string(option) + " \"" + std::string(text) +
                                         "\": expected a period like 90m, 24h or 7d");
  }
  return Duration{count * kSeconds[at]};
}

void print_ready(const Context& context, const server::Server& running) {
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object()
        .member("ready", true)
        .member("url", running.url())
        .member("log_key", running.log_key())
        .member("log_ml_dsa_key", running.log_ml_dsa_key())
        .member("sequencer", running.sequencer_key())
        .member("log_size", running.log_size())
        .member("token_file", running.token_file().string())
        .member("evidence_token_file", running.evidence_token_file().string())
        .member("sample", running.sample())
        .end_object();
    std::printf("%s\n", out.str().c_str());
  } else {
    if (running.sample()) {
      std::printf("%s\n", context
                              .warn("SAMPLE TEE: evidence of a software root is accepted here. "
                                    "It proves nothing.")
                              .c_str());
    }
    std::printf("%s\n", context.warn("Keys lie in files: for development only.").c_str());
    std::printf("listens on   %s\n", context.bold(running.url()).c_str());
    std::printf("log key      %s\n", running.log_key().c_str());
    if (const auto key = running.log_ml_dsa_key(); !key.empty()) {
      std::printf("             %s\n", key.c_str());
    }
    std::printf("sequencer    %s\n", running.sequencer_key().c_str());
    std::printf("log entries  %llu\n", static_cast<unsigned long long>(running.log_size()));
    std::printf("admin token  in %s\n", running.token_file().c_str());
    std::printf("evidence     to readers with %s\n", running.evidence_token_file().c_str());
    std::printf("%s\n", context.good("ready").c_str());
  }
  std::fflush(stdout);
}

void run(Context& context, const Options& options) {
  server::Options wanted{.data = options.data,
                         .policy_file = options.policy,
                         .collateral_directory = options.collateral,
                         .references = options.references,
                         .fetch = {.endpoints = {},
                                   .items = options.collateral_items,
                                   .wanted_for = options.collateral_for,
                                   .authorities_file = options.collateral_ca},
                         .sample = options.sample,
                         .witness_policy_file = options.witness_policy,
                         .build = "atoma " ATOMA_VERSION,
                         .replication = options.replication,
                         .evidence_bytes_max = options.evidence_bytes_max,
                         .open_evidence = options.open_evidence,
                         .trace_file = options.trace_file};
  wanted.http.allow_non_loopback = options.allow_non_loopback;
  for (const auto& url : options.collateral_urls) {
    if (const auto set = wanted.fetch.endpoints.set(url); !set) return context.report(set.error());
  }
  if (const auto good = parse_tenants(options.tenants, wanted); !good) {
    return context.report(good.error());
  }
  if (const auto good = parse_listen(options.listen, wanted.http); !good) {
    return context.report(good.error());
  }
  const auto period = parse_period("ear-key-period", options.ear_key_period);
  if (!period) return context.report(period.error());
  wanted.ear_key_period = *period;
  const auto interval = parse_period("index-interval", options.index_interval);
  if (!interval) return context.report(interval.error());
  wanted.index_interval = std::chrono::seconds(interval->s);
  if (!options.genesis.empty()) {
    auto genesis = load_genesis(options.genesis);
    if (!genesis) return context.report(genesis.error());
    wanted.genesis = *std::move(genesis);
  }
  const StopSignals stop_signals;
  const SystemClock clock;
  crypto::SystemEntropy entropy;
  if (options.sample && !context.json && !std::filesystem::exists(wanted.data / "sample")) {
    std::fprintf(stderr, "atoma: a new sample platform takes some seconds to make its keys\n");
  }
  auto running = server::Server::start(std::move(wanted), clock, entropy);
  if (!running) return context.report(start_error(running.error()));
  print_ready(context, **running);
  stop_signals.wait();
  (*running)->stop();
  if (!context.json) std::printf("stopped\n");
}

void add_replica_options(CLI::App& command, server::ReplicationOptions& options) {
  command.add_option("--etcd", options.etcd,
                     "Endpoints of etcd, where replicas of one log agree. Without, the log is this "
                     "server's alone");
  command.add_option("--etcd-ca", options.etcd_authorities,
                     "Authorities that are trusted for an etcd with https, PEM");
  command.add_option("--etcd-cert", options.etcd_certificate,
                     "This replica's certificate towards an etcd that asks for one, PEM");
  command.add_option("--etcd-key", options.etcd_key, "Its private key, PEM");
  command.add_option("--node", options.node, "This replica's name");
  command.add_option("--peer", options.peers, "Each other replica, like http://10.0.0.2:8470");
  command.add_option("--advertise", options.advertise,
                     "Where others reach this replica (default: where it listens)");
  command.add_option("--known", options.known_files,
                     "Checkpoints seen elsewhere: if the log does not contain them, don't start");
  command.add_flag("--found-log", options.found,
                   "This log begins the replicated one: on one replica, the first time alone");
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma up --data ./atoma-data --sample                 try it out, without hardware\n"
    "  atoma up --data /var/lib/atoma --policy policy.yaml --collateral collateral/\n"
    "  atoma up --data /var/lib/atoma --policy policy.yaml --tenant acme=acme.yaml\n"
    "  atoma up --data /var/lib/atoma --policy policy.yaml \\\n"
    "    --collateral-url intel=http://pccs:8081 --collateral-for quote.bin\n"
    "  atoma up --data /var/lib/atoma --policy policy.yaml --witness-policy witnesses.txt\n"
    "  atoma up --data /var/lib/atoma --policy policy.yaml --node a --etcd http://e1:2379 \\\n"
    "    --peer http://b:8470 --peer http://c:8470             one of three replicas of a log\n"
    "The data directory is made when it is not there. Its keys are files that only its owner can\n"
    "read: good for development, not against who owns the machine. DIR/address holds the URL "
    "while\n"
    "Atoma runs. SIGINT or SIGTERM stop it after the requests in flight.";

}  // namespace

void add_up(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("up", "Run verifier, ledger and key broker in one process");
  auto options = std::make_shared<Options>();
  command->add_option("--data", options->data, "Data directory")->required();
  command->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command->add_option("--policy", options->policy, "Appraisal policy, YAML or JSON");
  command
      ->add_option(
          "--tenant", options->tenants,
          "NAME=POLICY: a policy beside the default one, for requests that name its tenant")
      ->allow_extra_args(false);
  command->add_option("--collateral", options->collateral,
                      "Folder with Intel collateral and AMD certificates for requests without");
  command->add_option("--collateral-url", options->collateral_urls,
                      "NAME=URL of a source to fetch collateral from: intel, intel-root-crl, amd, "
                      "nvidia-rim, nvidia-ocsp. Without, nothing is fetched");
  command->add_option("--collateral-ca", options->collateral_ca,
                      "Authorities that are trusted for https, PEM (default: the system's)");
  command->add_option("--collateral-item", options->collateral_items,
                      "What to fetch, like intel/tcb_info/tdx/00806f050000");
  command->add_option("--collateral-for", options->collateral_for,
                      "Files with evidence whose collateral is to be fetched");
  command
      ->add_option("--ear-key-period", options->ear_key_period,
                   "How long each key signs results, like 90m, 24h, 7d; the same on replicas")
      ->capture_default_str();
  command
      ->add_option("--index-interval", options->index_interval,
                   "How far behind the ledger's index may be, like 1s, 5m; lookups are proved "
                   "against it")
      ->capture_default_str();
  command
      ->add_option("--evidence-bytes-max", options->evidence_bytes_max,
                   "Room for evidence that the ledger names, like 4GB (default: 1 GiB). Full, "
                   "attestations are refused")
      ->transform(CLI::AsSizeValue(false));
  command->add_flag("--open-evidence", options->open_evidence,
                    "Let who knows a digest read its evidence, without DIR/keys/evidence.token");
  command->add_option("--trace-file", options->trace_file,
                      "Append OpenTelemetry spans of requests to this file, as OTLP JSON lines");
  command->add_option("--witness-policy", options->witness_policy,
                      "Show checkpoints of the log only when these witnesses cosigned them: a "
                      "tlog-policy with their URLs");
  command->add_option("--genesis", options->genesis,
                      "Who governs a new ledger, YAML (default: DIR/keys/operator.key alone)");
  command->add_option("--reference-values", options->references.sets,
                      "Signed set: YAML with its signature in FILE.jws, or a signed CoRIM");
  command->add_option("--reference-keys", options->references.keys,
                      "JWK set with the keys of their signers");
  add_replica_options(*command, options->replication);
  command->add_flag("--sample", options->sample,
                    "Make a sample TEE in the data directory and accept its evidence");
  command->add_flag("--allow-non-loopback", options->allow_non_loopback,
                    "Listen on other than loopback addresses. There is no TLS yet");
  command->footer(kFooter);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
