#include "atoma/evidence/eventlog/typed.h"

#include <format>

#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::eventlog {
namespace {

using wire::Reader;

// Names of variables are short; the longest standard one has 30 characters.
constexpr std::size_t kVariableNameMax = 1024;
constexpr std::size_t kTaggedHeader = 8;
// td-shim: a table's signature of 16 bytes and its size stand before what was measured.
constexpr std::size_t kNamedTableHeader = 20;

struct TypeName {
  std::uint32_t type;
  std::string_view name;
};

constexpr TypeName kTcgNames[] = {
    {0x00, "EV_PREBOOT_CERT"},
    {kEvPostCode, "EV_POST_CODE"},
    {0x02, "EV_UNUSED"},
    {kEvNoAction, "EV_NO_ACTION"},
    {kEvSeparator, "EV_SEPARATOR"},
    {kEvAction, "EV_ACTION"},
    {kEvEventTag, "EV_EVENT_TAG"},
    {kEvSCrtmContents, "EV_S_CRTM_CONTENTS"},
    {kEvSCrtmVersion, "EV_S_CRTM_VERSION"},
    {0x09, "EV_CPU_MICROCODE"},
    {kEvPlatformConfigFlags, "EV_PLATFORM_CONFIG_FLAGS"},
    {0x0B, "EV_TABLE_OF_DEVICES"},
    {kEvCompactHash, "EV_COMPACT_HASH"},
    {kEvIpl, "EV_IPL"},
    {0x0E, "EV_IPL_PARTITION_DATA"},
    {0x0F, "EV_NONHOST_CODE"},
    {0x10, "EV_NONHOST_CONFIG"},
    {0x11, "EV_NONHOST_INFO"},
    {0x12, "EV_OMIT_BOOT_DEVICE_EVENTS"},
    {0x13, "EV_POST_CODE2"},
    {kEvEfiVariableDriverConfig, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    {kEvEfiVariableBoot, "EV_EFI_VARIABLE_BOOT"},
    {kEvEfiBootServicesApplication, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    {kEvEfiBootServicesDriver, "EV_EFI_BOOT_SERVICES_DRIVER"},
    {kEvEfiRuntimeServicesDriver, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    {kEvEfiGptEvent, "EV_EFI_GPT_EVENT"},
    {kEvEfiAction, "EV_EFI_ACTION"},
    {kEvEfiPlatformFirmwareBlob, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    {0x80000009, "EV_EFI_HANDOFF_TABLES"},
    {kEvEfiPlatformFirmwareBlob2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
    {kEvEfiHandoffTables2, "EV_EFI_HANDOFF_TABLES2"},
    {kEvEfiVariableBoot2, "EV_EFI_VARIABLE_BOOT2"},
    {0x8000000D, "EV_EFI_GPT_EVENT2"},
    {0x80000010, "EV_EFI_HCRTM_EVENT"},
    {kEvEfiVariableAuthority, "EV_EFI_VARIABLE_AUTHORITY"},
    {0x800000E1, "EV_EFI_SPDM_FIRMWARE_BLOB"},
    {0x800000E2, "EV_EFI_SPDM_FIRMWARE_CONFIG"}};

// go-tpm-tools, COS content.
constexpr std::uint8_t kCosContent = 80;
constexpr std::string_view kCosNames[] = {
    "image_reference",  "image_digest",  "restart_policy",    "image_id",
    "argument",         "environment",   "override_argument", "override_environment",
    "launch_separator", "memory_monitor"};

std::string cel_type_name(const Event& event) {
  Reader in(event.payload);
  const std::uint8_t type = in.u8();
  if (event.type == kCosContent && in.ok() && type < std::size(kCosNames)) {
    return "cel/" + std::string(kCosNames[type]);
  }
  return std::format("cel/{}", event.type);
}

// COS: the nested type and length stand before what a person wants to read.
ByteView cel_text(const Event& event) {
  constexpr std::size_t kNestedHeader = 5;
  const bool nested = event.type == kCosContent && event.payload.size() >= kNestedHeader;
  return nested ? event.payload.subspan(kNestedHeader) : event.payload;
}

ByteView without_nul(ByteView data) {
  return !data.empty() && data.back() == 0 ? data.first(data.size() - 1) : data;
}

// Boot loaders put a label before a text and hash the text: "grub_cmd: ", "kernel_cmdline: ".
ByteView after_label(ByteView data) {
  constexpr std::size_t kLabelMax = 32;
  const auto at = as_text(data).substr(0, kLabelMax).find(": ");
  return at == std::string_view::npos ? ByteView() : data.subspan(at + 2);
}

ByteView from(ByteView data, std::size_t offset) {
  return data.size() > offset ? data.subspan(offset) : ByteView();
}

// The wide text of UTF-16 with Latin letters; others become '.'.
bool looks_wide(ByteView bytes) {
  return bytes.size() >= 4 && bytes.size() % 2 == 0 && bytes[1] == 0 && bytes[0] != 0;
}

std::string variable_text(const Variable& variable) {
  if (variable.value.size() == 1) return std::format("{} = {}", variable.name, variable.value[0]);
  return std::format("{} ({} bytes)", variable.name, variable.value.size());
}

std::string text_of(const Event& event, ByteView shown, bool all_measured) {
  switch (event.type) {
    case kEvEfiVariableDriverConfig:
    case kEvEfiVariableBoot:
    case kEvEfiVariableBoot2:
    case kEvEfiVariableAuthority:
      if (!all_measured) break;
      if (const auto variable = parse_variable(shown)) return variable_text(*variable);
      break;
    case kEvEfiGptEvent:
    case kEvEfiBootServicesApplication:
    case kEvEfiBootServicesDriver:
    case kEvEfiRuntimeServicesDriver:
      return std::format("{} bytes", event.data.size());
    default:
      break;
  }
  return printable(shown);
}

}  // namespace

std::string event_type_name(const Event& event) {
  if (event.source == Source::kDstack) return "dstack";
  if (event.source == Source::kCel) return cel_type_name(event);
  const auto found = std::ranges::find(kTcgNames, event.type, &TypeName::type);
  return found != std::end(kTcgNames) ? std::string(found->name) : std::format("{:#x}", event.type);
}

std::string register_name(Registers registers, std::uint32_t index) {
  return std::format("{}{}", registers == Registers::kPcr ? "pcr" : "rtmr", index);
}

std::optional<Variable> parse_variable(ByteView data) {
  Reader in(data);
  Variable out;
  out.vendor = in.take(16);
  const std::uint64_t name_size = in.u64_le();
  const std::uint64_t value_size = in.u64_le();
  if (!in.ok() || name_size > kVariableNameMax || value_size > in.remaining()) return std::nullopt;
  for (std::uint64_t i = 0; i < name_size; ++i) {
    const std::uint16_t unit = in.u16_le();
    out.name += unit >= 0x20 && unit < 0x7F ? static_cast<char>(unit) : '.';
  }
  out.value = in.take(value_size);
  return in.finish() ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<ByteView> measured_part(const Event& event, HashAlgorithm algorithm) {
  const ByteView digest = event.digest(algorithm);
  if (digest.empty() || !believed(algorithm)) return std::nullopt;
  const Bytes zeros(event.cut_zeros);
  const auto variable = event.cut_zeros == 0 ? parse_variable(event.data) : std::nullopt;
  const ByteView labelled = after_label(event.data);
  const ByteView parts[] = {event.data, from(event.data, kTaggedHeader),
                            from(event.data, kNamedTableHeader),
                            variable ? variable->value : ByteView(), labelled};
  for (const ByteView part : parts) {
    if (part.empty() && part.data() != event.data.data()) continue;
    if (equal(hash_of(algorithm, {part, zeros}), digest)) return part;
    if (event.cut_zeros > 0 || part.empty() || part.back() != 0) continue;
    if (equal(hash_of(algorithm, {without_nul(part)}), digest)) return without_nul(part);
  }
  return std::nullopt;
}

bool has_separator_digest(const Event& event, HashAlgorithm algorithm) {
  constexpr ByteArray<4> kValues[] = {{0, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}};
  const ByteView digest = event.digest(algorithm);
  return !digest.empty() && std::ranges::any_of(kValues, [&](const auto& value) {
    return equal(hash_of(algorithm, {value}), digest);
  });
}

std::string printable(ByteView bytes) {
  const std::size_t step = looks_wide(bytes) ? 2 : 1;
  std::string out;
  for (std::size_t i = 0; i < bytes.size() && out.size() < kEventTextMax; i += step) {
    const bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7F && (step == 1 || bytes[i + 1] == 0);
    out += plain ? static_cast<char>(bytes[i]) : '.';
  }
  while (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

TypedEvent describe(const EventLog& log, const Event& event, HashAlgorithm algorithm) {
  TypedEvent out;
  out.type = event_type_name(event);
  out.register_name = register_name(log.registers(), event.index);
  out.digest = to_bytes(event.digest(algorithm));
  if (event.source != Source::kTcg) {
    // The digest was computed from just this.
    out.measured = event.extended;
    out.text = event.source == Source::kDstack
                   ? printable(as_bytes(event.name)) + " = " + wire::hex_encode(event.payload)
                   : printable(cel_text(event));
    out.text.resize(std::min(out.text.size(), kEventTextMax));
    return out;
  }
  const auto part = event.extended ? measured_part(event, algorithm) : std::nullopt;
  out.measured = part.has_value();
  const ByteView shown = part.value_or(event.data);
  out.text = text_of(event, shown, shown.size() == event.data.size());
  return out;
}

}  // namespace atoma::evidence::eventlog
