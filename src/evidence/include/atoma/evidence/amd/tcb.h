// AMD product lines and the TCB_VERSION of each (56860, "TCB_VERSION").
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/bytes.h"

namespace atoma::evidence::amd {

// A product line: what one ARK stands for. Genoa covers Bergamo and Siena.
enum class Product : std::uint8_t { kUnknown = 0, kMilan, kGenoa, kTurin };

std::string_view product_name(Product product);  // "Milan", …, "unknown"
// By CPUID family and model as a version 3 report carries them (extended parts added).
Product product_of_cpuid(std::uint8_t family, std::uint8_t model);
// By the productName of a VCEK ("Milan-B0") or VLEK ("Milan").
Product product_of_name(std::string_view name);

// TCB_VERSION as it stands in a report. Which byte means what depends on the product line.
using RawTcb = ByteArray<8>;

// Security patch levels. A line without FMC has zero there.
struct TcbVersion {
  std::uint8_t fmc = 0;
  std::uint8_t bootloader = 0;
  std::uint8_t tee = 0;
  std::uint8_t snp = 0;
  std::uint8_t microcode = 0;

  friend bool operator==(const TcbVersion&, const TcbVersion&) = default;
  // Every component; never as one number.
  bool at_least(const TcbVersion& minimum) const;
  std::string to_string() const;  // "bootloader 4, tee 0, snp 24, microcode 217"
};

TcbVersion decode_tcb(const RawTcb& raw, Product product);
RawTcb encode_tcb(const TcbVersion& tcb, Product product);
// False when a byte is set that the line's layout reserves; for kUnknown always false.
bool tcb_reserved_zero(const RawTcb& raw, Product product);

}  // namespace atoma::evidence::amd
