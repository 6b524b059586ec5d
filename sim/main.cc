// Runs simulated worlds, one for each seed, and says which one broke.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <print>
#include <string_view>

#include "sanitized.h"
#include "world.h"

namespace atoma::sim {
namespace {

constexpr std::string_view kUsage =
    R"(atoma_sim: etcd, replicas, sequencers, publishers, witnesses and writers, under faults
that a seed draws

  --seed N           one world; replays it exactly
  --seeds N          N worlds, from seed 1
  --from M           the first seed of --seeds
  --within S         begin no further world after S seconds
  --steps N          end each world after N steps: what held until then, holds
  --trace            print what happens
  --twice            run each world twice and compare
  --canary           with an etcd that does not fence: must fail
)";

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1;
  std::uint64_t within_s = 0;
  bool twice = false;
  Options options;
};

char replay[256];

void say_replay(int signal) {
  (void)!::write(STDERR_FILENO, replay, std::strlen(replay));
  if (signal != SIGABRT) ::_exit(128 + signal);
}

// An assertion of production code that does not hold ends the program, and so does a stack that
// overflows, which leaves no room to say so.
void watch_for_the_end() {
  std::signal(SIGABRT, say_replay);
#ifdef ATOMA_SIM_SANITIZED
  __sanitizer_set_death_callback([] { say_replay(SIGABRT); });
#else
  static char stack[64 * 1024];
  const stack_t other{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof(stack)};
  (void)::sigaltstack(&other, nullptr);
  struct sigaction action{};
  action.sa_handler = say_replay;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS}) (void)::sigaction(signal, &action, nullptr);
#endif
}

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace") {
      out.options.trace = true;
      continue;
    }
    if (name == "--canary") {
      out.options.canary = true;
      continue;
    }
    if (name == "--twice") {
      out.twice = true;
      continue;
    }
    if (i + 1 == argc) return false;
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(argv[++i], &end, 10);
    if (*end != '\0') return false;
    if (name == "--seed") {
      out.from = value;
    } else if (name == "--seeds") {
      out.seeds = value;
    } else if (name == "--from") {
      out.from = value;
    } else if (name == "--within") {
      out.within_s = value;
    } else if (name == "--steps") {
      out.options.steps_max = value;
    } else {
      return false;
    }
  }
  return true;
}

struct Ran {
  std::string violation;
  std::uint64_t digest = 0;
  Statistics statistics;
};

Ran run(const Options& options) {
  World world(options);
  Ran out;
  out.violation = world.run();
  out.digest = world.digest();
  out.statistics = world.statistics();
  return out;
}

int run_all(const Arguments& arguments, const char* program) {
  const auto began = std::chrono::steady_clock::now();
  Statistics all;
  std::uint64_t done = 0;
  for (; done < arguments.seeds; ++done) {
    const auto taken = std::chrono::steady_clock::now() - began;
    if (arguments.within_s != 0 && taken >= std::chrono::seconds(arguments.within_s)) break;
    Options options = arguments.options;
    options.seed = arguments.from + done;
    const auto said = std::format_to_n(replay, sizeof(replay) - 1,
                                       "Seed {} failed. Replay: {} --seed {} --trace\n",
                                       options.seed, program, options.seed);
    *said.out = '\0';
    Ran first = run(options);
    if (arguments.twice && first.violation.empty() && run(options).digest != first.digest) {
      first.violation = "two runs of one seed differ";
    }
    if (!first.violation.empty()) {
      std::print("{}  {}\n", replay, first.violation);
      return 1;
    }
    all.add(first.statistics);
    if (arguments.seeds == 1) std::println("seed {}: digest {:016x}", options.seed, first.digest);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  std::println(
      "{} worlds from seed {} in {:.1f} s: {} steps, {} entries acknowledged, {} refused, {} "
      "unknown; {} terms, {} kills, {} stops, {} times put back, {} logs lost, {} checkpoints "
      "published. All held.",
      done, arguments.from, taken.count(), all.steps, all.acknowledged, all.refused, all.unknown,
      all.terms, all.kills, all.pauses, all.put_back, all.lost_logs, all.published);
  return 0;
}

}  // namespace
}  // namespace atoma::sim

int main(int argc, char** argv) {
  atoma::sim::Arguments arguments;
  if (!atoma::sim::parse(argc, argv, arguments)) {
    std::print(stderr, "{}", atoma::sim::kUsage);
    return 2;
  }
  (void)std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  atoma::sim::watch_for_the_end();
  return atoma::sim::run_all(arguments, argv[0]);
}
