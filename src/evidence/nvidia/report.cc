#include "atoma/evidence/nvidia/report.h"

#include <format>

#include "atoma/wire/reader.h"

namespace atoma::evidence::nvidia {
namespace {

using wire::Reader;

constexpr std::uint8_t kSpdm11 = 0x11;
constexpr std::uint8_t kGetMeasurements = 0xE0;
constexpr std::uint8_t kMeasurements = 0x60;
constexpr std::uint8_t kSignatureRequested = 0x01;
constexpr std::uint8_t kAllBlocks = 0xFF;
constexpr std::uint8_t kDmtf = 0x01;
constexpr std::size_t kBlockHeader = 3;  // value type and value size
constexpr std::uint8_t kOnByte = 0xAA;
constexpr std::uint8_t kOffByte = 0x55;
constexpr std::size_t kGpuVbiosSize = 8;
constexpr std::size_t kGpuVbiosUsed = 5;
constexpr std::size_t kVbiosTextSize = 14;  // "96.10.55.00.01"
constexpr std::size_t kTextMax = 64;

// GET_MEASUREMENTS (DSP0274 §10.11.1): all blocks, signed, by the key in this slot.
bool read_request(Reader& in, ReportFields& out, std::uint8_t& slot) {
  const ByteArray<4> header = in.take_array<4>();
  out.nonce = in.take(kNonceSize);
  slot = in.u8();
  return header == ByteArray<4>{kSpdm11, kGetMeasurements, kSignatureRequested, kAllBlocks} &&
         slot <= 0x0F;
}

Status read_blocks(Reader record, std::size_t count, ReportFields& out) {
  const auto refuse = [](std::size_t at, const char* what) {
    return malformed("spdm.block", std::format("block {}: {}", at + 1, what));
  };
  if (count == 0 || count > kBlocksMax) {
    return malformed("spdm.block", std::format("{} blocks; 1 to {} are read", count, kBlocksMax));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t index = record.u8();
    const std::uint8_t specification = record.u8();
    const std::size_t size = record.u16_le();
    const std::uint8_t type = record.u8();
    const std::size_t value_size = record.u16_le();
    const ByteView value = record.take(value_size);
    if (!record.ok()) return refuse(i, "longer than the record");
    // 1, 2, 3, …: neither a gap nor a duplicate.
    if (index != i + 1) return refuse(i, "another index");
    if (specification != kDmtf) return refuse(i, "not the DMTF's specification");
    if (size != value_size + kBlockHeader) return refuse(i, "sizes that do not fit");
    out.block_storage[i] = {type, value};
  }
  out.block_count = count;
  return record.finish() ? Status() : refuse(count - 1, "bytes after the last block");
}

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

// Text up to its first NUL; what follows is padding and must be NUL.
bool read_text(ByteView data, std::string_view& out) {
  const std::string_view whole = as_text(data);
  out = whole.substr(0, std::min(whole.find('\0'), whole.size()));
  return whole.size() <= kTextMax && !out.empty() && printable(out) &&
         all_zero(data.subspan(out.size()));
}

bool is_vbios_text(ByteView data) {
  const std::string_view text = as_text(data);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hex = std::string_view("0123456789abcdefABCDEF").contains(text[i]);
    if (i % 3 == 2 ? text[i] != '.' : !hex) return false;
  }
  return text.size() == kVbiosTextSize;
}

bool read_vbios(ByteView data, ByteView& out) {
  out = data;
  if (data.size() == kGpuVbiosSize) return all_zero(data.subspan(kGpuVbiosUsed));
  return is_vbios_text(data);
}

bool read_toggle(ByteView data, std::optional<Toggle>& out) {
  if (data.size() != 1) return false;
  out = data[0] == kOnByte ? Toggle::kOn : data[0] == kOffByte ? Toggle::kOff : Toggle::kUnknown;
  return true;
}

bool read_u16(ByteView data, std::optional<std::uint16_t>& out) {
  if (data.size() != 2) return false;
  out = static_cast<std::uint16_t>(wire::load_le(data));
  return true;
}

// False when the data has not the form of its type.
bool read_opaque_value(const OpaqueField& field, ReportFields& out) {
  const ByteView data = field.data;
  switch (static_cast<OpaqueType>(field.type)) {
    case OpaqueType::kDriverVersion:
      return read_text(data, out.driver_version);
    case OpaqueType::kVbiosVersion:
      return read_vbios(data, out.vbios);
    case OpaqueType::kNvdec0Status:
      return read_toggle(data, out.nvdec0);
    case OpaqueType::kMeasurementCounts:
    case OpaqueType::kBoardId:
      return data.size() % 4 == 0;
    case OpaqueType::kChipSku:
      return read_text(data, out.chip_sku);
    case OpaqueType::kProject:
      return read_text(data, out.project);
    case OpaqueType::kProjectSku:
      return read_text(data, out.project_sku);
    case OpaqueType::kFwid:
      out.fwid = data;
      return data.size() == kFwidSize;
    case OpaqueType::kProtectedPcie:
      return read_toggle(data, out.protected_pcie);
    case OpaqueType::kSwitchPdis:
      out.pdis = data;
      return data.size() % kPdiSize == 0;
    case OpaqueType::kOpaqueVersion:
      return read_u16(data, out.opaque_version);
    case OpaqueType::kFeatureFlag:
      return read_u16(data, out.feature_flag);
  }
  return true;
}

Status read_opaque(Reader in, ReportFields& out) {
  const auto refuse = [](const char* what) { return malformed("spdm.opaque", what); };
  while (in.ok() && in.remaining() != 0) {
    const std::uint16_t type = in.u16_le();
    const OpaqueField field{type, in.take(in.u16_le())};
    if (!in.ok()) return refuse("a field is longer than the opaque data");
    if (std::ranges::contains(out.opaque(), type, &OpaqueField::type)) {
      return refuse("a type of field stands twice");
    }
    if (out.opaque_count == kOpaqueFieldsMax) return refuse("too many fields");
    out.opaque_storage[out.opaque_count++] = field;
    if (!read_opaque_value(field, out)) {
      return malformed("spdm.opaque_value", std::format("field {} of {} bytes has not its form",
                                                        type, field.data.size()));
    }
  }
  return {};
}

}  // namespace

std::string ReportFields::vbios_version() const {
  if (vbios.empty()) return "";
  if (vbios.size() != kGpuVbiosSize) return std::string(as_text(vbios));
  return std::format("{:02X}.{:02X}.{:02X}.{:02X}.{:02X}", vbios[3], vbios[2], vbios[1], vbios[0],
                     vbios[4]);
}

Result<Report> parse_report(ByteView bytes) {
  Reader in(bytes);
  ReportFields out;
  std::uint8_t slot = 0;
  const bool request = read_request(in, out, slot);
  const ByteArray<4> header = in.take_array<4>();
  const std::size_t count = in.u8();
  const std::size_t record_size = wire::load_le(in.take(3));
  const Reader record = in.child(record_size);
  out.responder_nonce = in.take(kNonceSize);
  const Reader opaque = in.child(in.u16_le());
  const std::size_t signed_size = in.position();
  out.signature = in.take(kReportSignatureSize);
  if (!in.ok()) {
    return malformed("spdm.truncated",
                     std::format("{} bytes are too few for what the lengths say", bytes.size()));
  }
  if (!in.finish()) {
    return malformed("spdm.leftover", std::format("{} bytes after the signature", in.remaining()));
  }
  if (!request) {
    return malformed("spdm.request", "not SPDM 1.1 GET_MEASUREMENTS of all blocks, signed");
  }
  if (header != ByteArray<4>{kSpdm11, kMeasurements, 0, slot}) {
    return malformed("spdm.response", "not SPDM 1.1 MEASUREMENTS from the requested slot");
  }
  ATOMA_TRY_VOID(read_blocks(record, count, out));
  ATOMA_TRY_VOID(read_opaque(opaque, out));
  out.signed_range = bytes.first(signed_size);
  return Report(out);
}

}  // namespace atoma::evidence::nvidia
