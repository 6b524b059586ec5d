// What a relying party asks of an event log beside evidence with registers (TDX, vTPM).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "atoma/appraisal/rule.h"
#include "atoma/evidence/eventlog/event_log.h"
#include "atoma/evidence/eventlog/typed.h"
#include "atoma/evidence/finding.h"

namespace atoma::appraisal {

class PolicyReader;

// An event that must have been measured, in one of three forms.
struct ExpectedEvent {
  enum class Form : std::uint8_t { kDigest, kText, kPayload };
  std::string register_name;  // "rtmr3", "pcr8"
  Form form = Form::kDigest;
  Bytes digest;
  std::string text;  // what was hashed, without label and closing NUL
  std::string name;  // dstack
  Bytes payload;     // dstack
};

struct EventLogPolicy {
  Require presence;
  // The log must tell what booted without doubt (eventlog/boot_state.h).
  Require boot_state;
  Require secure_boot;
  // Every command line that was measured must be one of these, and one must have been.
  AnyOf<std::string> command_line;
  // All of these; or none are asked for, for a stated reason.
  Require events_named;
  std::vector<ExpectedEvent> events;

  // A log may come; if it does it must replay. Nothing else is asked.
  static EventLogPolicy strict();
};

// The section accept.event_log. Errors come out of the reader's finish().
EventLogPolicy read_event_log_policy(PolicyReader& in);

// The registers that hardware signed, by number; empty where it signed none.
struct SignedRegisters {
  evidence::eventlog::Registers kind = evidence::eventlog::Registers::kRtmr;
  evidence::HashAlgorithm algorithm = evidence::HashAlgorithm::kSha384;
  std::vector<ByteView> values;
};

// Adds eventlog.* and policy.event_log.* findings: digests, replay against the registers, and only
// when that holds the policy's rules. Of RTMRs all must come out; of PCRs those that the log speaks
// of. `described` gets the events when the findings keep details.
void appraise_event_logs(std::span<const ByteView> logs, const SignedRegisters& registers,
                         const EventLogPolicy& policy, evidence::Findings& findings,
                         std::vector<evidence::eventlog::TypedEvent>& described);

}  // namespace atoma::appraisal
