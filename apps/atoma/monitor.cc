// Follows a log and says what is wrong with it.
#include "atoma/monitor/monitor.h"

#include <cstdio>

#include "atoma/crypto/system_entropy.h"
#include "atoma/monitor/board.h"
#include "atoma/wire/json_writer.h"
#include "command.h"
#include "follow_options.h"
#include "listen.h"
#include "monitor_report.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

struct Options {
  FollowOptions follow;
  std::string url, state;
  std::uint64_t interval_s = 10;
  std::string cosign_as, listen;
  bool allow_non_loopback = false;
  bool once = false;
};

void print_ready(const Context& context, const std::string& url,
                 const std::vector<tlog::CosignerKey>& keys) {
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("ready", true);
    if (!url.empty()) out.member("url", url);
    out.key("keys").begin_array();
    for (const auto& key : keys) out.value(key.to_string());
    std::printf("%s\n", out.end_array().end_object().take().c_str());
  } else {
    if (!url.empty()) std::printf("listens on    %s\n", context.bold(url).c_str());
    for (const auto& key : keys) std::printf("map cosigner  %s\n", key.to_string().c_str());
  }
  std::fflush(stdout);
}

// Rounds until a signal comes, or one.
void follow(Context& context, const Options& options, monitor::Monitor& monitor,
            MonitorReport& report, monitor::Board& board, const StopSignals& signals,
            const bool& stopped) {
  while (!stopped) {
    auto round = monitor.round();
    if (!round) return context.report(round.error());
    // Whoever is told of a finding and asks finds it there.
    board.show(*round);
    report.tell(round->findings);
    if (options.once) {
      report.conclude(*round, monitor.follower());
      context.exit_code = round->findings.empty() && !stopped ? kExitOk : kExitRefused;
      return;
    }
    if (stopped || signals.wait_for(std::chrono::seconds(options.interval_s))) return;
  }
}

void run(Context& context, const Options& options) {
  http::ServerOptions edge;
  if (!options.listen.empty()) {
    const auto good = parse_listen(options.listen, options.allow_non_loopback, edge);
    if (!good) return context.report(good.error());
  }
  const StopSignals signals;
  const SystemClock clock;
  crypto::SystemEntropy entropy;
  auto wanted = monitor_options(options.url, options.follow);
  if (!wanted) return context.report(wanted.error());
  wanted->state = options.state;
  wanted->cosign_as = options.cosign_as;
  MonitorReport report(context);
  bool stopped = false;
  wanted->on_page = [&](std::uint64_t taken, std::uint64_t size) {
    report.progress(taken, size);
    stopped = signals.wait_for(std::chrono::milliseconds(0));
    return !stopped;
  };
  auto monitor = monitor::Monitor::open(*std::move(wanted), clock, entropy);
  if (!monitor) return context.report(monitor.error());
  monitor::Board board(clock, Duration{static_cast<std::int64_t>(3 * options.interval_s + 60)});
  board.show((*monitor)->before());
  std::unique_ptr<http::Server> server;
  if (!options.listen.empty()) {
    http::Router router;
    board.mount(router);
    auto started = http::Server::start(std::move(router), edge);
    if (!started) return context.report(start_error(started.error()));
    server = *std::move(started);
  }
  if (!options.once || server != nullptr) {
    print_ready(context, server != nullptr ? url_of(edge, server->port()) : "",
                (*monitor)->cosigner_keys());
  }
  follow(context, options, **monitor, report, board, signals, stopped);
  if (server != nullptr) server->stop();
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma monitor http://127.0.0.1:8470 --log-key log.vkey --state ./monitor --once\n"
    "  atoma monitor https://log.example --log-key log.vkey --state ./monitor \\\n"
    "      --policy witnesses.txt --peer https://mirror.example --json\n"
    "  atoma monitor https://log.example --log-key log.vkey --state ./monitor \\\n"
    "      --cosign-as monitor.example/m1 --listen 127.0.0.1:8474\n"
    "Every entry is read and replayed under the ledger's rules; nothing is taken on the log's "
    "word.\n"
    "Exit code with --once: 0 when nothing was found, 1 otherwise. Findings: monitor.checkpoint,\n"
    "rollback, equivocation, data, unreachable, rule, map_stale, witness_stale, time.";

}  // namespace

void add_monitor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("monitor", "Follow a log and report what is wrong with it");
  auto options = std::make_shared<Options>();
  command->add_option("URL", options->url, "The log: prefix of /checkpoint and /tile/…")
      ->required();
  command
      ->add_option("--log-key", options->follow.log_key,
                   "The log's verifier key, or a file with it")
      ->required();
  command->add_option("--state", options->state, "Directory of what was seen, made if not there")
      ->required();
  command->add_option("--policy", options->follow.policy,
                      "A tlog-policy: witnesses that must have cosigned");
  command
      ->add_option("--peer", options->follow.peers,
                   "Another URL of the same log, to compare; repeat")
      ->allow_extra_args(false);
  command->add_option("--note", options->follow.notes, "A checkpoint that somebody kept; repeat")
      ->allow_extra_args(false);
  command->add_option("--cosign-as", options->cosign_as,
                      "Cosign what was replayed, under this name; keys are made in the state");
  command->add_option("--listen", options->listen,
                      "ADDRESS:PORT for /checkpoint, /healthz, /metrics; port 0 takes a free one");
  command->add_flag("--allow-non-loopback", options->allow_non_loopback,
                    "Listen on other than loopback addresses. There is no TLS yet");
  command->add_option("--interval", options->interval_s, "Seconds between rounds")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command->add_flag("--once", options->once, "One round, then end");
  auto* opaque = command->add_flag("--opaque", options->follow.opaque,
                                   "A log of anybody's bytes: no rules to replay");
  command->get_option("--cosign-as")->excludes(opaque);  // it vouches for the index
  command->add_option("--max-lag", options->follow.lag_max, "Entries that the index may be behind")
      ->capture_default_str();
  command
      ->add_option("--max-cosignature-age", options->follow.cosignature_age_max_s,
                   "Seconds after which a cosignature counts no more")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->footer(kFooter);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
