// The registers that a log's events would give.
#pragma once

#include <span>
#include <vector>

#include "atoma/evidence/eventlog/event_log.h"

namespace atoma::evidence::eventlog {

struct ReplayedRegister {
  Bytes value;
  std::size_t events = 0;  // 0: the logs say nothing of it
};

// Extends the events of all logs in order: new = H(old ‖ digest). Registers start with zeros, PCRs
// 17 to 22 with 0xFF (PC Client Platform TPM Profile §4.6.2), and PCR 0 ends with the startup
// locality. RTMRs are SHA-384. Events that extend nothing are left out. Errors:
// "eventlog.replay.registers" (no log, or logs of different registers), "eventlog.replay.algorithm"
// (SHA-1, or an event without a digest of it).
Result<std::vector<ReplayedRegister>> replay(std::span<const EventLog> logs,
                                             HashAlgorithm algorithm);

}  // namespace atoma::evidence::eventlog
