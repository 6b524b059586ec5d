// Of an event nothing is believed but bytes whose hash is its digest, and a log replays or is
// refused.
#include "atoma/base/limits.h"
#include "atoma/evidence/eventlog/boot_state.h"
#include "atoma/evidence/eventlog/replay.h"
#include "atoma/evidence/eventlog/typed.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::eventlog;

void check_event(const EventLog& log, const Event& event, HashAlgorithm algorithm) {
  ATOMA_CHECK(!event.extended || event.index < register_count(log.registers()));
  ATOMA_CHECK(describe(log, event, algorithm).text.size() <= kEventTextMax);
  const auto part = measured_part(event, algorithm);
  if (!part) return;
  const Bytes zeros(event.cut_zeros);
  ATOMA_CHECK(equal(hash_of(algorithm, {*part, zeros}), event.digest(algorithm)));
}

}  // namespace

void one_input(ByteView in) {
  const auto log = parse_event_log(in);
  if (!log) return;
  ATOMA_CHECK(log->events().size() <= limits::kLogEventsMax);
  for (const auto algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha384}) {
    const auto registers = replay({&*log, 1}, algorithm);
    if (registers) ATOMA_CHECK(registers->size() == register_count(log->registers()));
    const auto state = extract_boot_state({&*log, 1}, algorithm);
    for (const auto& event : log->events()) check_event(*log, event, algorithm);
  }
}

}  // namespace atoma::fuzz
