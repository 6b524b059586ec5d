#include "bench.h"

#include <sys/utsname.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <format>
#include <fstream>

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

double seconds_of(const Loop& loop, std::uint64_t n) {
  const double start = cpu_seconds();
  loop(n);
  return cpu_seconds() - start;
}

// How often to repeat so that one round takes long enough to be timed well.
std::uint64_t calibrate(const Loop& loop) {
  std::uint64_t n = 1;
  for (;;) {
    const double seconds = seconds_of(loop, n);
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

void print_table(const Context& context, const std::vector<Measurement>& results) {
  std::printf("%-22s %14s %14s %8s %8s\n", "", "per second", "reference", "ratio", "goal");
  for (const auto& m : results) {
    const std::string ratio = std::format("{:8.2f}", m.ratio);
    std::printf("%-22s %14.0f %14.0f %s %8s  %s\n", m.name.c_str(), m.value, m.reference,
                (m.met() ? context.good(ratio) : context.bad(ratio)).c_str(),
                m.goal == 0 ? "-" : std::format("{:.2f}", m.goal).c_str(),
                context.dim(m.note).c_str());
  }
  std::printf("%s, %s, commit %s; one core, CPU time\n", processor().c_str(),
              format_time(Time{std::time(nullptr)}).c_str(), ATOMA_COMMIT);
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

using Benchmark = std::vector<Measurement> (*)(const std::function<void(const std::string&)>&);

void run_benchmark(Context& context, Benchmark benchmark) {
  const auto results = benchmark([&](const std::string& what) {
    if (!context.json) std::fprintf(stderr, "%s\n", context.dim(what).c_str());
  });
  if (context.json) {
    print_json(results);
  } else {
    print_table(context, results);
  }
  const bool met = std::ranges::all_of(results, &Measurement::met);
  context.exit_code = met ? kExitOk : kExitRefused;
}

}  // namespace

Measurement compare(std::string name, const Loop& subject, const Loop& reference, double scale,
                    double goal, std::string note) {
  const std::uint64_t subject_n = calibrate(subject);
  const std::uint64_t reference_n = calibrate(reference);
  std::vector<double> subject_rates, reference_rates, ratios;
  for (int round = 0; round < kRounds; ++round) {
    reference_rates.push_back(scale * static_cast<double>(reference_n) /
                              seconds_of(reference, reference_n));
    subject_rates.push_back(static_cast<double>(subject_n) / seconds_of(subject, subject_n));
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
  const std::uint64_t n = calibrate(loop);
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    rates.push_back(static_cast<double>(n) / seconds_of(loop, n));
  }
  return median(rates);
}

void add_bench(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("bench", "Measure speeds beside a reference in the same run");
  command->require_subcommand(1);
  auto* verify = command->add_subcommand(
      "verify", "TDX and SNP verification, cold and warm, beside OpenSSL's own verify rate");
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
}

}  // namespace atoma::app
