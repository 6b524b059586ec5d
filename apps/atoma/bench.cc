#include "bench.h"

#include <sys/utsname.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <format>
#include <fstream>
#include <string_view>

#include "atoma/base/time.h"
#include "atoma/wire/json_writer.h"
#include "command.h"
#include "commit.h"

namespace atoma::app {
namespace {

constexpr double kRoundSeconds = 0.15;
constexpr int kRounds = 9;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// How often to repeat so that one round takes long enough to be timed well.
std::uint64_t calibrate(const Timed& side) {
  side(1);  // what is done once is not measured
  std::uint64_t n = 1;
  for (;;) {
    const double seconds = side(n);
    if (seconds > kRoundSeconds / 4) {
      const double wanted = static_cast<double>(n) * kRoundSeconds / seconds;
      return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    }
    n *= 2;
  }
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  utsname name{};
  return uname(&name) == 0 ? name.machine : "unknown";
}

constexpr std::string_view kCpuTime = "one core, CPU time";
constexpr std::string_view kWallClock = "wall-clock time";

void print_table(const Context& context, const std::vector<Measurement>& results,
                 std::string_view timed) {
  std::printf("%-26s %14s %14s %8s %8s\n", "", "per second", "reference", "ratio", "goal");
  for (const auto& m : results) {
    const std::string ratio = std::format("{:8.2f}", m.ratio);
    std::printf("%-26s %14.0f %14.0f %s %8s  %s\n", m.name.c_str(), m.value, m.reference,
                (m.met() ? context.good(ratio) : context.bad(ratio)).c_str(),
                m.goal == 0 ? "-" : std::format("{:.2f}", m.goal).c_str(),
                context.dim(m.note).c_str());
  }
  std::printf("%s, %s, commit %s; %s\n", processor().c_str(),
              format_time(Time{std::time(nullptr)}).c_str(), ATOMA_COMMIT,
              std::string(timed).c_str());
}

void print_json(const std::vector<Measurement>& results) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().key("results").begin_array();
  for (const auto& m : results) {
    out.begin_object().member("name", m.name).member("value", m.value).member("unit", m.unit);
    out.member("reference", m.reference).member("ratio", m.ratio).key("goal");
    if (m.goal == 0) {
      out.null();
    } else {
      out.value(m.goal);
    }
    out.member("met", m.met()).member("note", m.note).end_object();
  }
  out.end_array();
  out.member("machine", processor()).member("date", format_time(Time{std::time(nullptr)}));
  out.member("commit", ATOMA_COMMIT).end_object();
  std::printf("%s\n", out.str().c_str());
}

void run_benchmark(
    Context& context,
    const std::function<Result<std::vector<Measurement>>(const Progress&)>& benchmark,
    std::string_view timed = kCpuTime) {
  const auto results = benchmark([&](const std::string& what) {
    if (!context.json) std::fprintf(stderr, "%s\n", context.dim(what).c_str());
  });
  if (!results) return context.report(results.error());
  if (context.json) {
    print_json(*results);
  } else {
    print_table(context, *results, timed);
  }
  const bool met = std::ranges::all_of(*results, &Measurement::met);
  context.exit_code = met ? kExitOk : kExitRefused;
}

void add_bench_peers(CLI::App& bench, Context& context) {
  auto* command = bench.add_subcommand(
      "peers", "Beside other verifiers on the same evidence (bench/peers/run prepares it)");
  auto options = std::make_shared<PeersOptions>();
  command->add_option("FOLDER", options->folder, "quote.bin, collateral/, report.bin and its keys")
      ->required();
  command->add_option("--program", options->program, "bench/peers/peers.go, built")->required();
  command->add_option("--tdx-at", options->tdx_at, "Time of verification of the quote")->required();
  command->add_option("--snp-at", options->snp_at, "… of the report")->required();
  command->footer("Exit code 1 when a goal is missed. Example: bench/peers/run --json");
  command->callback([&context, options] {
    run_benchmark(context,
                  [&](const Progress& progress) { return bench_peers(*options, progress); });
  });
}

void add_bench_ledger(CLI::App& bench, Context& context) {
  auto* command = bench.add_subcommand(
      "ledger", "Durable appends beside a bare write-hash-sign-sync loop, and over HTTP");
  auto options = std::make_shared<LedgerOptions>();
  command->add_option("--folder", options->folder, "On the disk to measure")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  command->add_option("--entries", options->entries, "Of the large log")->capture_default_str();
  command->add_option("--labels", options->labels, "Of the ledger that is looked up in")
      ->capture_default_str();
  command->footer("Wall-clock time. Exit code 1 when a goal is missed.");
  command->callback([&context, options] {
    run_benchmark(
        context, [&](const Progress& progress) { return bench_ledger(*options, progress); },
        kWallClock);
  });
}

void add_bench_replica(CLI::App& bench, Context& context) {
  auto* command = bench.add_subcommand(
      "replica", "Appends to a replicated log, beside a bare compare-and-swap loop on its etcd");
  auto options = std::make_shared<ReplicaBenchOptions>();
  command->add_option("--etcd", options->etcd, "Endpoints")->required();
  command->add_option("--folder", options->folder, "On the disk of the replica's log")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  command->footer("Wall-clock time. Exit code 1 when the goal is missed.");
  command->callback([&context, options] {
    run_benchmark(
        context, [&](const Progress& progress) { return bench_replica(*options, progress); },
        kWallClock);
  });
}

}  // namespace

Timed on_this_thread(Loop loop) {
  return [loop = std::move(loop)](std::uint64_t n) {
    const double start = cpu_seconds();
    loop(n);
    return cpu_seconds() - start;
  };
}

Measurement compare(std::string name, const Loop& subject, const Loop& reference, double scale,
                    double goal, std::string note) {
  return compare_timed(std::move(name), on_this_thread(subject), on_this_thread(reference), scale,
                       goal, std::move(note));
}

Measurement compare_timed(std::string name, const Timed& subject, const Timed& reference,
                          double scale, double goal, std::string note) {
  const std::uint64_t subject_n = calibrate(subject);
  const std::uint64_t reference_n = calibrate(reference);
  std::vector<double> subject_rates, reference_rates, ratios;
  for (int round = 0; round < kRounds; ++round) {
    reference_rates.push_back(scale * static_cast<double>(reference_n) / reference(reference_n));
    subject_rates.push_back(static_cast<double>(subject_n) / subject(subject_n));
    ratios.push_back(subject_rates.back() / reference_rates.back());
  }
  return {.name = std::move(name),
          .value = median(subject_rates),
          .unit = "1/s",
          .reference = median(reference_rates),
          .ratio = median(ratios),
          .goal = goal,
          .note = std::move(note)};
}

double operations_per_second(const Loop& loop) {
  return operations_per_second_timed(on_this_thread(loop));
}

double operations_per_second_timed(const Timed& side) {
  const std::uint64_t n = calibrate(side);
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    rates.push_back(static_cast<double>(n) / side(n));
  }
  return median(rates);
}

void add_bench(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("bench", "Measure speeds beside a reference in the same run");
  command->require_subcommand(1);
  auto* verify = command->add_subcommand(
      "verify", "TDX, SGX, SNP and NVIDIA verification, cold and warm, beside OpenSSL's own rate");
  verify->footer("Exit code 1 when a goal is missed. Example: atoma bench verify --json");
  verify->callback([&context] { run_benchmark(context, bench_verify); });
  auto* kernel = command->add_subcommand(
      "kernel", "ECDSA in batches of eight, beside OpenSSL's own verify rate");
  kernel->footer("Exit code 1 when a goal is missed. Example: atoma bench kernel");
  kernel->callback([&context] { run_benchmark(context, bench_kernel); });
  auto* service = command->add_subcommand(
      "service", "A server process on one core under load from another, beside the library");
  service->footer("Exit code 1 when a goal is missed. Example: atoma bench service");
  service->callback([&context] { run_benchmark(context, bench_service); });
  add_bench_ledger(*command, context);
  add_bench_replica(*command, context);
  add_bench_peers(*command, context);
}

}  // namespace atoma::app
