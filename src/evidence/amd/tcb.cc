#include "atoma/evidence/amd/tcb.h"

#include <format>

namespace atoma::evidence::amd {
namespace {

constexpr std::uint8_t kNowhere = 0xFF;

// Index of each component in the eight bytes.
struct Layout {
  std::uint8_t fmc, bootloader, tee, snp, microcode;
};

constexpr Layout kMilanGenoa{kNowhere, 0, 1, 6, 7};
constexpr Layout kTurin{0, 1, 2, 3, 7};

const Layout& layout_of(Product product) {
  return product == Product::kTurin ? kTurin : kMilanGenoa;
}

}  // namespace

std::string_view product_name(Product product) {
  switch (product) {
    case Product::kUnknown:
      return "unknown";
    case Product::kMilan:
      return "Milan";
    case Product::kGenoa:
      return "Genoa";
    case Product::kTurin:
      return "Turin";
  }
  return "unknown";
}

Product product_of_cpuid(std::uint8_t family, std::uint8_t model) {
  if (family == 0x19) {
    if (model <= 0x0F) return Product::kMilan;
    const bool genoa = (model >= 0x10 && model <= 0x1F) || (model >= 0xA0 && model <= 0xAF);
    return genoa ? Product::kGenoa : Product::kUnknown;
  }
  return family == 0x1A && model <= 0x11 ? Product::kTurin : Product::kUnknown;
}

Product product_of_name(std::string_view name) {
  const std::string_view line = name.substr(0, name.find('-'));
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    if (line == product_name(product)) return product;
  }
  return Product::kUnknown;
}

bool TcbVersion::at_least(const TcbVersion& minimum) const {
  return fmc >= minimum.fmc && bootloader >= minimum.bootloader && tee >= minimum.tee &&
         snp >= minimum.snp && microcode >= minimum.microcode;
}

std::string TcbVersion::to_string() const {
  return (fmc == 0 ? "" : std::format("fmc {}, ", fmc)) +
         std::format("bootloader {}, tee {}, snp {}, microcode {}", bootloader, tee, snp,
                     microcode);
}

TcbVersion decode_tcb(const RawTcb& raw, Product product) {
  const Layout& at = layout_of(product);
  const std::uint8_t fmc = at.fmc == kNowhere ? std::uint8_t{0} : raw[at.fmc];
  return {fmc, raw[at.bootloader], raw[at.tee], raw[at.snp], raw[at.microcode]};
}

RawTcb encode_tcb(const TcbVersion& tcb, Product product) {
  const Layout& at = layout_of(product);
  RawTcb raw{};
  if (at.fmc != kNowhere) raw[at.fmc] = tcb.fmc;
  raw[at.bootloader] = tcb.bootloader;
  raw[at.tee] = tcb.tee;
  raw[at.snp] = tcb.snp;
  raw[at.microcode] = tcb.microcode;
  return raw;
}

bool tcb_reserved_zero(const RawTcb& raw, Product product) {
  return product != Product::kUnknown && encode_tcb(decode_tcb(raw, product), product) == raw;
}

}  // namespace atoma::evidence::amd
