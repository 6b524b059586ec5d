// What a boot's event log says of the boot, as far as it was measured.
//
// Types and labels are not measured, so this refuses a log rather than believe it where one event
// could pass for another: a separator twice in a register, a separator under another type, a
// variable, action or separator whose data is not what was hashed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "atoma/evidence/eventlog/event_log.h"

namespace atoma::evidence::eventlog {

enum class SecureBoot : std::uint8_t { kUnknown = 0, kOff, kOn };

struct BootState {
  SecureBoot secure_boot = SecureBoot::kUnknown;
  bool exit_boot_services = false;  // "Exit Boot Services Returned with Success" was measured
  // Every measured text that may be a kernel command line: what a boot loader labels so, and the
  // arguments of commands that load a kernel, whatever their label. Without a closing NUL.
  std::vector<std::string> command_lines;
  // Linux's EFI stub measures its command line as UTF-16 and logs only that it did.
  std::vector<Bytes> load_option_digests;
};

// Call it for logs whose replay gives the registers: else all of this is a claim.
// Errors: "eventlog.separator.duplicate", "eventlog.separator.data", "eventlog.separator.type",
// "eventlog.variable.data", "eventlog.secure_boot.duplicate", "eventlog.secure_boot.late",
// "eventlog.action.data".
Result<BootState> extract_boot_state(std::span<const EventLog> logs, HashAlgorithm algorithm);

// True when `digest` is that of `text` in UTF-16 with or without a closing NUL.
bool is_load_options(std::string_view text, ByteView digest, HashAlgorithm algorithm);

}  // namespace atoma::evidence::eventlog
