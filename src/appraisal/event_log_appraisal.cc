#include <format>
#include <optional>

#include "atoma/appraisal/event_log_policy.h"
#include "atoma/evidence/eventlog/boot_state.h"
#include "atoma/evidence/eventlog/replay.h"
#include "rules.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::CheckClass;
using evidence::Findings;
using evidence::HashAlgorithm;
using namespace evidence::eventlog;

bool parse_all(std::span<const ByteView> files, const SignedRegisters& registers,
               std::vector<EventLog>& out, Findings& findings) {
  bool good = true;
  for (const ByteView file : files) {
    auto log = parse_event_log(file);
    if (!log) {
      findings.add_error(log.error(), CheckClass::kParse);
      good = false;
      continue;
    }
    good &= findings.check(
        Check::kEventLogRegisters, log->registers() == registers.kind,
        [&] { return "a log of " + register_name(registers.kind, 0) + " and so on"; },
        [&] { return "a log of " + register_name(log->registers(), 0) + " and so on"; });
    out.push_back(std::move(*log));
  }
  return good;
}

bool check_digests(const std::vector<EventLog>& logs, Findings& findings) {
  std::size_t differ = 0;
  for (const auto& log : logs) {
    for (const auto& event : log.events()) differ += event.supplied_digest_differs ? 1 : 0;
  }
  return findings.check(Check::kEventLogDigest, differ == 0,
                        "digests that are the hashes of their contents",
                        [&] { return std::format("{} are not", differ); });
}

bool check_replay(const std::vector<EventLog>& logs, const SignedRegisters& registers,
                  Findings& findings) {
  const auto replayed = replay(logs, registers.algorithm);
  if (!replayed) {
    findings.add_error(replayed.error(), CheckClass::kMeasurement);
    return false;
  }
  bool good = true;
  for (std::size_t i = 0; i < replayed->size(); ++i) {
    const auto& computed = (*replayed)[i];
    if (computed.events == 0 && registers.kind == Registers::kPcr) continue;
    const ByteView value = i < registers.values.size() ? registers.values[i] : ByteView();
    good &= findings.check(
        Check::kEventLogReplay, equal(value, computed.value),
        [&] {
          return register_name(registers.kind, static_cast<std::uint32_t>(i)) + " = " +
                 (value.empty() ? "not signed" : wire::hex_encode(value));
        },
        [&] { return wire::hex_encode(computed.value) + " by the events"; });
  }
  return good;
}

bool matches(const ExpectedEvent& expected, const EventLog& log, const Event& event,
             HashAlgorithm algorithm) {
  if (!event.extended || register_name(log.registers(), event.index) != expected.register_name) {
    return false;
  }
  switch (expected.form) {
    case ExpectedEvent::Form::kDigest:
      return equal(event.digest(algorithm), expected.digest);
    case ExpectedEvent::Form::kText: {
      const auto part = measured_part(event, algorithm);
      if (!part) return false;
      std::string_view text = as_text(*part);
      if (text.ends_with('\0')) text.remove_suffix(1);
      return text == expected.text;
    }
    case ExpectedEvent::Form::kPayload:
      return event.source == Source::kDstack && event.name == expected.name &&
             equal(event.payload, expected.payload);
  }
  return false;
}

std::string text_of(const ExpectedEvent& expected) {
  switch (expected.form) {
    case ExpectedEvent::Form::kDigest:
      return expected.register_name + ": " + wire::hex_encode(expected.digest);
    case ExpectedEvent::Form::kText:
      return expected.register_name + ": " + expected.text;
    case ExpectedEvent::Form::kPayload:
      return expected.register_name + ": " + expected.name + " = " +
             wire::hex_encode(expected.payload);
  }
  return expected.register_name;
}

void check_events(const std::vector<EventLog>& logs, const EventLogPolicy& policy,
                  HashAlgorithm algorithm, Findings& findings) {
  for (const auto& expected : policy.events) {
    bool found = false;
    for (const auto& log : logs) {
      for (const auto& event : log.events()) found |= matches(expected, log, event, algorithm);
    }
    findings.check(
        Check::kPolicyEvents, found, [&] { return text_of(expected); },
        found ? "measured" : "no such event");
  }
}

void check_command_line(const BootState& state, const AnyOf<std::string>& rule,
                        HashAlgorithm algorithm, Findings& findings) {
  std::string refused;
  const auto refuse = [&](std::string_view text) {
    refused += (refused.empty() ? "" : ", ") + std::string(text);
  };
  for (const auto& line : state.command_lines) {
    if (!rule.admits(line)) refuse(printable(as_bytes(line)));
  }
  for (const auto& digest : state.load_option_digests) {
    const bool known = rule.accept_any || std::ranges::any_of(rule.values, [&](const auto& line) {
                         return is_load_options(line, digest, algorithm);
                       });
    if (!known) refuse("load options " + wire::hex_encode(digest));
  }
  const bool any = !state.command_lines.empty() || !state.load_option_digests.empty();
  findings.check(
      Check::kPolicyCommandLine, rule.accept_any || (any && refused.empty()),
      [&] {
        return rule.accept_any ? "any (" + rule.accept_any_reason + ")"
                               : std::string("a measured command line, and only accepted ones");
      },
      [&] { return !any              ? "none measured"
                   : refused.empty() ? "as accepted"
                                     : refused; });
}

void check_boot(const std::vector<EventLog>& logs, const EventLogPolicy& policy,
                HashAlgorithm algorithm, Findings& findings) {
  const auto state = extract_boot_state(logs, algorithm);
  const std::string found = state ? "told without doubt" : state.error().to_string();
  apply(policy.boot_state, state.has_value(), Check::kEventLogState,
        "a log that tells without doubt what booted", found, findings);
  const BootState known = state.value_or(BootState{});
  const bool on = known.secure_boot == SecureBoot::kOn;
  apply(policy.secure_boot, on, Check::kPolicySecureBoot, "Secure Boot on",
        on                                      ? "on"
        : known.secure_boot == SecureBoot::kOff ? "off"
                                                : "not told",
        findings);
  check_command_line(known, policy.command_line, algorithm, findings);
}

}  // namespace

void appraise_event_logs(std::span<const ByteView> files, const SignedRegisters& registers,
                         const EventLogPolicy& policy, Findings& findings,
                         std::vector<TypedEvent>& described) {
  if (files.empty()) {
    if (!policy.presence.accept_any) findings.missing(Check::kEventLogPresent, "an event log");
    return;
  }
  std::vector<EventLog> logs;
  if (!parse_all(files, registers, logs, findings)) return;
  bool good = check_digests(logs, findings);
  good &= check_replay(logs, registers, findings);
  if (findings.detail() != evidence::Detail::kFailures) {
    for (const auto& log : logs) {
      for (const auto& event : log.events()) {
        described.push_back(describe(log, event, registers.algorithm));
        described.back().measured &= good;  // else the whole log is a claim
      }
    }
  }
  if (!good) return;
  check_boot(logs, policy, registers.algorithm, findings);
  check_events(logs, policy, registers.algorithm, findings);
}

}  // namespace atoma::appraisal
