#include "atoma/evidence/eventlog/boot_state.h"

#include <array>
#include <format>

#include "atoma/evidence/eventlog/typed.h"

namespace atoma::evidence::eventlog {
namespace {

// PCRs 0 to 7 belong to the firmware and get one separator each (PFP §3.3.4); so does each RTMR.
constexpr std::uint32_t kFirmwarePcrs = 8;
constexpr std::string_view kExitSuccess = "Exit Boot Services Returned with Success";
constexpr std::string_view kKernelLabel = "kernel_cmdline: ";
// Linux, efistub: tagged event 0x8F3B22ED.
constexpr ByteArray<4> kLoadOptions{0xED, 0x22, 0x3B, 0x8F};
constexpr std::string_view kLoadCommands[] = {"linux ", "linuxefi ", "linux16 "};
// EFI_GLOBAL_VARIABLE 8be4df61-93ca-11d2-aa0d-00e098032b8c, in memory order.
constexpr ByteArray<16> kGlobalVariable{0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11,
                                        0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C};

class Extraction {
 public:
  explicit Extraction(HashAlgorithm algorithm) : algorithm_(algorithm) {}

  Status add(const EventLog& log, const Event& event) {
    if (!event.extended || event.source != Source::kTcg) return {};
    where_ = register_name(log.registers(), event.index);
    firmware_ = log.registers() == Registers::kRtmr || event.index < kFirmwarePcrs;
    measured_ = measured_part(event, algorithm_);
    if (has_separator_digest(event, algorithm_) || event.type == kEvSeparator) {
      return add_separator(event);
    }
    switch (event.type) {
      case kEvEfiVariableDriverConfig:
      case kEvEfiVariableAuthority:
        return add_variable(event);
      case kEvEfiAction:
        return add_action(event);
      default:
        add_texts(event);
        if (event.type == kEvEventTag) add_load_options(event);
        return {};
    }
  }

  BootState state;

 private:
  bool whole_measured(const Event& event) const {
    return measured_ && measured_->size() == event.data.size() && event.cut_zeros == 0;
  }

  Status add_separator(const Event& event) {
    if (!firmware_) return {};
    if (event.type != kEvSeparator) {
      return malformed("eventlog.separator.type",
                       where_ + ": a separator's digest under " + event_type_name(event));
    }
    if (!has_separator_digest(event, algorithm_) || !whole_measured(event)) {
      return malformed("eventlog.separator.data",
                       where_ + ": a separator that did not measure its own four bytes");
    }
    if (separated_[event.index]) {
      return malformed("eventlog.separator.duplicate", where_ + " has two separators");
    }
    separated_[event.index] = true;
    return {};
  }

  Status add_variable(const Event& event) {
    const auto variable = whole_measured(event) ? parse_variable(event.data) : std::nullopt;
    if (!variable) {
      return malformed("eventlog.variable.data",
                       where_ + ": a variable's event that is not what was measured");
    }
    const bool secure_boot = event.type == kEvEfiVariableDriverConfig &&
                             variable->name == "SecureBoot" &&
                             equal(variable->vendor, kGlobalVariable);
    if (!secure_boot) return {};
    if (state.secure_boot != SecureBoot::kUnknown) {
      return malformed("eventlog.secure_boot.duplicate", where_ + ": SecureBoot measured twice");
    }
    if (separated_[event.index]) {
      return malformed("eventlog.secure_boot.late", where_ + ": SecureBoot after the separator");
    }
    const bool on = variable->value.size() == 1 && variable->value[0] == 1;
    state.secure_boot = on ? SecureBoot::kOn : SecureBoot::kOff;
    return {};
  }

  Status add_action(const Event& event) {
    if (!whole_measured(event)) {
      return malformed("eventlog.action.data",
                       where_ + ": an action's event that is not what was measured");
    }
    state.exit_boot_services |= as_text(event.data) == kExitSuccess;
    return {};
  }

  void add_load_options(const Event& event) {
    if (event.data.size() < kLoadOptions.size()) return;
    if (!equal(event.data.first(kLoadOptions.size()), kLoadOptions)) return;
    state.load_option_digests.push_back(to_bytes(event.digest(algorithm_)));
  }

  // Whatever the type says: a text that loads a kernel counts wherever it stands.
  void add_texts(const Event& event) {
    if (!measured_ || measured_->empty()) return;
    std::string_view text = as_text(*measured_);
    if (text.back() == '\0') text.remove_suffix(1);
    const bool labelled = as_text(event.data).starts_with(kKernelLabel);
    for (const auto command : kLoadCommands) {
      if (!text.starts_with(command)) continue;
      text.remove_prefix(command.size());
      state.command_lines.emplace_back(text);
      return;
    }
    if (labelled) state.command_lines.emplace_back(text);
  }

  HashAlgorithm algorithm_;
  std::array<bool, kPcrs> separated_{};
  // Of the event at hand.
  std::string where_;
  bool firmware_ = false;
  std::optional<ByteView> measured_;
};

}  // namespace

bool is_load_options(std::string_view text, ByteView digest, HashAlgorithm algorithm) {
  Bytes wide;
  for (const char c : text) {
    wide.push_back(static_cast<std::uint8_t>(c));
    wide.push_back(0);
  }
  const ByteArray<2> nul{};
  return equal(hash_of(algorithm, {wide, nul}), digest) ||
         equal(hash_of(algorithm, {wide}), digest);
}

Result<BootState> extract_boot_state(std::span<const EventLog> logs, HashAlgorithm algorithm) {
  Extraction extraction(algorithm);
  for (const auto& log : logs) {
    for (const auto& event : log.events()) ATOMA_TRY_VOID(extraction.add(log, event));
  }
  return std::move(extraction.state);
}

}  // namespace atoma::evidence::eventlog
