#include "atoma/evidence/eventlog/replay.h"

#include <format>

namespace atoma::evidence::eventlog {
namespace {

constexpr std::size_t kDynamicFirst = 17;
constexpr std::size_t kDynamicLast = 22;

std::vector<ReplayedRegister> reset(Registers registers, std::size_t size) {
  std::vector<ReplayedRegister> out(register_count(registers));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool dynamic = i >= kDynamicFirst && i <= kDynamicLast;
    out[i].value.assign(size, dynamic ? 0xFF : 0x00);
  }
  return out;
}

}  // namespace

Result<std::vector<ReplayedRegister>> replay(std::span<const EventLog> logs,
                                             HashAlgorithm algorithm) {
  if (logs.empty()) return malformed("eventlog.replay.registers", "there is no log");
  const Registers registers = logs.front().registers();
  const bool fits = registers == Registers::kPcr || algorithm == HashAlgorithm::kSha384;
  if (!believed(algorithm) || !fits) {
    return malformed("eventlog.replay.algorithm",
                     std::format("{} proves nothing here", hash_name(algorithm)));
  }
  auto out = reset(registers, digest_size(algorithm));
  for (const auto& log : logs) {
    if (log.registers() != registers) {
      return malformed("eventlog.replay.registers", "one log is of PCRs, another of RTMRs");
    }
    if (log.startup_locality() != 0) out[0].value.back() = log.startup_locality();
    for (const auto& event : log.events()) {
      if (!event.extended) continue;
      const ByteView digest = event.digest(algorithm);
      if (digest.empty()) {
        return malformed("eventlog.replay.algorithm",
                         std::format("an event of register {} has no {} digest", event.index,
                                     hash_name(algorithm)));
      }
      auto& target = out[event.index];
      target.value = hash_of(algorithm, {target.value, digest});
      ++target.events;
    }
  }
  return out;
}

}  // namespace atoma::evidence::eventlog
