// Follows a log and says what is wrong with it.
#include "atoma/monitor/monitor.h"

#include <cstdio>

#include "atoma/base/limits.h"
#include "command.h"
#include "conformance/files.h"
#include "listen.h"
#include "log_key.h"
#include "monitor_report.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

struct Options {
  std::string url, log_key, state, policy;
  std::vector<std::string> peers, notes;
  std::uint64_t interval_s = 10;
  bool once = false;
  bool opaque = false;
  std::uint64_t lag_max = 1024;
  std::int64_t cosignature_age_max_s = 3600;
};

Result<monitor::FollowerOptions> follower_options(const Options& options) {
  ATOMA_TRY(auto key, load_any_log_key(options.log_key));
  monitor::FollowerOptions out{.log = std::move(key), .policy = {}};
  if (options.opaque) out.entries = monitor::EntryKind::kOpaque;
  out.map_lag_max = options.lag_max;
  out.cosignature_age_max = {options.cosignature_age_max_s};
  if (!options.policy.empty()) {
    ATOMA_TRY(const Bytes text, conformance::read_file(options.policy, tlog::kTlogPolicyMax));
    ATOMA_TRY(out.policy, tlog::TlogPolicy::parse(as_text(text)));
  }
  return out;
}

Result<monitor::MonitorOptions> monitor_options(const Options& options) {
  ATOMA_TRY(auto follower, follower_options(options));
  monitor::MonitorOptions out{.follower = std::move(follower),
                              .url = options.url,
                              .peers = options.peers,
                              .notes = {},
                              .state = options.state,
                              .on_page = {}};
  for (const std::string& file : options.notes) {
    ATOMA_TRY(const Bytes note, conformance::read_file(file, limits::kNoteMax));
    out.notes.push_back({file, std::string(as_text(note))});
  }
  return out;
}

void run(Context& context, const Options& options) {
  const StopSignals signals;
  const SystemClock clock;
  auto wanted = monitor_options(options);
  if (!wanted) return context.report(wanted.error());
  MonitorReport report(context);
  bool stopped = false;
  wanted->on_page = [&](std::uint64_t taken, std::uint64_t size) {
    report.progress(taken, size);
    stopped = signals.wait_for(std::chrono::milliseconds(0));
    return !stopped;
  };
  auto monitor = monitor::Monitor::open(*std::move(wanted), clock);
  if (!monitor) return context.report(monitor.error());
  while (!stopped) {
    const auto round = (*monitor)->round();
    if (!round) return context.report(round.error());
    report.tell(round->findings);
    if (options.once) {
      report.conclude(*round, (*monitor)->follower());
      context.exit_code = round->findings.empty() && !stopped ? kExitOk : kExitRefused;
      return;
    }
    if (!stopped) stopped = signals.wait_for(std::chrono::seconds(options.interval_s));
  }
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma monitor http://127.0.0.1:8473 --log-key log.vkey --state ./monitor --once\n"
    "  atoma monitor https://log.example --log-key log.vkey --state ./monitor \\\n"
    "      --policy witnesses.txt --peer https://mirror.example --json\n"
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
  command->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it")
      ->required();
  command->add_option("--state", options->state, "Directory of what was seen, made if not there")
      ->required();
  command->add_option("--policy", options->policy,
                      "A tlog-policy: witnesses that must have cosigned");
  command->add_option("--peer", options->peers, "Another URL of the same log, to compare; repeat")
      ->allow_extra_args(false);
  command->add_option("--note", options->notes, "A checkpoint that somebody kept; repeat")
      ->allow_extra_args(false);
  command->add_option("--interval", options->interval_s, "Seconds between rounds")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command->add_flag("--once", options->once, "One round, then end");
  command->add_flag("--opaque", options->opaque, "A log of anybody's bytes: no rules to replay");
  command->add_option("--max-lag", options->lag_max, "Entries that the index may be behind")
      ->capture_default_str();
  command
      ->add_option("--max-cosignature-age", options->cosignature_age_max_s,
                   "Seconds after which a cosignature counts no more")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->footer(kFooter);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
