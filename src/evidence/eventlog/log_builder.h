// What the parsers of event logs share. Private to evidence/eventlog.
#pragma once

#include "atoma/base/limits.h"
#include "atoma/evidence/eventlog/event_log.h"

namespace atoma::evidence::eventlog {

// Fills an EventLog; the one way to make one.
struct LogBuilder {
  EventLog log;

  LogBuilder(Registers registers, Source source) {
    log.registers_ = registers;
    log.source_ = source;
  }
  // Keeps a copy and gives a view that lives as long as the log.
  ByteView own(Bytes bytes) { return log.owned_.emplace_back(std::move(bytes)); }
  ByteView own_all(ByteView bytes) {
    log.bytes_ = to_bytes(bytes);
    return log.bytes_;
  }
  Status add(Event event) {
    if (log.events_.size() >= limits::kLogEventsMax) {
      return malformed("eventlog.too_many", "more events than are read");
    }
    if (event.extended && event.index >= register_count(log.registers_)) {
      return malformed("eventlog.index", "an event extends register " +
                                             std::to_string(event.index) + ", which there is not");
    }
    log.events_.push_back(std::move(event));
    return {};
  }
  void set_startup_locality(std::uint8_t locality) { log.startup_locality_ = locality; }
};

inline Status check_log_size(ByteView bytes) {
  if (bytes.size() <= limits::kEventLogMax) return {};
  return malformed("eventlog.too_large", std::to_string(bytes.size()) + " bytes");
}

inline std::unexpected<Error> event_too_large(std::size_t size) {
  return malformed("eventlog.event_too_large", std::to_string(size) + " bytes in one event");
}

}  // namespace atoma::evidence::eventlog
