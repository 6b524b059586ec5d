// What an NVIDIA GPU or NVSwitch signs about itself: an SPDM 1.1 GET_MEASUREMENTS request and the
// MEASUREMENTS response to it (DMTF DSP0274 1.1.2 §10.11), with NVIDIA's opaque data. Parsed and
// believed by nobody yet: nvidia::Verifier makes an AuthenticReport of it.
//
//   request   37  11 E0 01 FF, nonce 32, slot id
//   response   8  11 60 00 slot, number of blocks, size of the record in three bytes
//   record     n  blocks: index, 1, size 2, value type, value size 2, value
//   nonce     32  the responder's own
//   opaque     n  size 2, then fields: type 2, size 2, data
//   signature 96  r ‖ s, big-endian, over all before it
//
// Integers are little-endian.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::evidence::nvidia {

inline constexpr std::size_t kNonceSize = 32;
inline constexpr std::size_t kReportSignatureSize = 96;
inline constexpr std::size_t kFwidSize = 48;
inline constexpr std::size_t kPdiSize = 8;
// GPUs have 64 blocks, switches 31; their opaque data has 4 to 20 fields.
inline constexpr std::size_t kBlocksMax = 128;
inline constexpr std::size_t kOpaqueFieldsMax = 64;

struct MeasurementBlock {
  std::uint8_t value_type = 0;  // DMTFSpecMeasurementValueType
  ByteView value;
};

struct OpaqueField {
  std::uint16_t type = 0;
  ByteView data;
};

// Types of opaque fields that have a meaning here. Others are kept as they are.
enum class OpaqueType : std::uint16_t {
  kDriverVersion = 3,
  kVbiosVersion = 6,
  kNvdec0Status = 11,
  kMeasurementCounts = 12,
  kBoardId = 14,
  kChipSku = 15,
  kProject = 17,
  kProjectSku = 18,
  kFwid = 20,
  kProtectedPcie = 21,
  kSwitchPdis = 22,
  kOpaqueVersion = 34,
  kFeatureFlag = 36,
};

// What one byte says that is either 0xAA or 0x55. The zero value is the least trusted.
enum class Toggle : std::uint8_t { kUnknown = 0, kOff, kOn };

// Views point into the bytes that were parsed.
struct ReportFields {
  ByteView signed_range;  // request and response without the signature
  ByteView signature;
  ByteView nonce;            // the requester's: what the challenge must be
  ByteView responder_nonce;  // the device's own

  std::array<MeasurementBlock, kBlocksMax> block_storage{};
  std::size_t block_count = 0;
  std::array<OpaqueField, kOpaqueFieldsMax> opaque_storage{};
  std::size_t opaque_count = 0;

  // Empty where the report has no such field.
  std::string_view driver_version, chip_sku, project, project_sku;
  ByteView vbios;  // 8 bytes, or a switch's text
  ByteView fwid;   // 48
  ByteView pdis;   // of the switches that a GPU is linked to; a switch's own
  std::optional<Toggle> nvdec0, protected_pcie;
  std::optional<std::uint16_t> opaque_version, feature_flag;

  // By 0-based index, as reference values count: block 1 is [0].
  std::span<const MeasurementBlock> blocks() const {
    return std::span(block_storage).first(block_count);
  }
  std::span<const OpaqueField> opaque() const {
    return std::span(opaque_storage).first(opaque_count);
  }
  // "96.00.5E.00.01"; "" without one.
  std::string vbios_version() const;
};

class Report;
// Allocates nothing unless it refuses. The result points into `bytes`.
// Errors: "spdm.truncated", "spdm.leftover", "spdm.request", "spdm.response", "spdm.block" (index,
// specification or sizes), "spdm.opaque" (sizes, count or a type that stands twice),
// "spdm.opaque_value" (a field that does not have its type's form).
Result<Report> parse_report(ByteView bytes);

// Proof that bytes had the shape of a report; made by parse_report alone.
class Report {
 public:
  const ReportFields& fields() const { return fields_; }
  const ReportFields* operator->() const { return &fields_; }

 private:
  friend Result<Report> parse_report(ByteView bytes);
  explicit Report(const ReportFields& fields) : fields_(fields) {}
  ReportFields fields_;
};

}  // namespace atoma::evidence::nvidia
