#include "atoma/collateral/item.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>
#include <span>
#include <vector>

#include "atoma/base/check.h"
#include "atoma/wire/text.h"

namespace atoma::collateral {
namespace {

using evidence::amd::Product;
using evidence::amd::TcbVersion;

constexpr std::string_view kTees[] = {"sgx", "tdx"};
constexpr std::string_view kPckCas[] = {"platform", "processor"};
constexpr std::string_view kProducts[] = {"genoa", "milan", "turin"};
constexpr std::size_t kFmspcDigits = 12;
constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kChipIdDigits = 128;
constexpr std::size_t kTurinChipIdDigits = 16;
constexpr std::size_t kRimIdMax = 128;

enum class KeyForm : std::uint8_t { kNone, kFmspc, kVcek, kRim, kDigest };

struct Form {
  Kind kind;
  std::string_view prefix;
  std::span<const std::string_view> scopes;
  KeyForm key;
};
constexpr std::array kForms{
    Form{Kind::kTcbInfo, "intel/tcb_info", kTees, KeyForm::kFmspc},
    Form{Kind::kQeIdentity, "intel/qe_identity", kTees, KeyForm::kNone},
    Form{Kind::kPckCrl, "intel/pck_crl", kPckCas, KeyForm::kNone},
    Form{Kind::kRootCrl, "intel/root_crl", {}, KeyForm::kNone},
    Form{Kind::kAmdChain, "amd/cert_chain", kProducts, KeyForm::kNone},
    Form{Kind::kAmdVlekChain, "amd/vlek_cert_chain", kProducts, KeyForm::kNone},
    Form{Kind::kAmdCrl, "amd/crl", kProducts, KeyForm::kNone},
    Form{Kind::kVcek, "amd/vcek", kProducts, KeyForm::kVcek},
    Form{Kind::kRim, "nvidia/rim", {}, KeyForm::kRim},
    Form{Kind::kOcsp, "nvidia/ocsp", {}, KeyForm::kDigest},
};

bool lower_hex(std::string_view text, std::size_t size) {
  return text.size() == size && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// "4.0.24.217": each 0 to 255 without leading zeros.
std::optional<std::vector<std::uint8_t>> parse_numbers(std::string_view text) {
  std::vector<std::uint8_t> out;
  for (;;) {
    const std::size_t end = std::min(text.find('.'), text.size());
    std::uint8_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, value);
    const bool good = error == std::errc() && stop == text.data() + end && out.size() < 5 &&
                      (text[0] != '0' || end == 1);
    if (!good) return std::nullopt;
    out.push_back(value);
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

bool vcek_key(std::string_view key, bool turin) {
  const std::size_t digits = turin ? kTurinChipIdDigits : kChipIdDigits;
  if (key.size() <= digits || !lower_hex(key.substr(0, digits), digits)) return false;
  if (key[digits] != '-' || key.size() == digits + 1) return false;
  const auto numbers = parse_numbers(key.substr(digits + 1));
  return numbers && numbers->size() == (turin ? 5 : 4);
}

// A path segment and a file's name: nothing that either could read in another way.
bool rim_key(std::string_view key) {
  return !key.empty() && key.size() <= kRimIdMax && key.front() != '.' &&
         std::ranges::all_of(key, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '_' || c == '.' || c == '-';
         });
}

bool key_fits(KeyForm form, std::string_view key, std::string_view scope) {
  switch (form) {
    case KeyForm::kNone:
      return key.empty();
    case KeyForm::kFmspc:
      return lower_hex(key, kFmspcDigits);
    case KeyForm::kVcek:
      return vcek_key(key, scope == "turin");
    case KeyForm::kRim:
      return rim_key(key);
    case KeyForm::kDigest:
      return lower_hex(key, kDigestDigits);
  }
  return false;
}

// Cuts the next segment off `rest`, which begins with its slash.
std::string_view take_segment(std::string_view& rest) {
  if (!rest.starts_with('/')) return {};
  rest.remove_prefix(1);
  const std::string_view out = rest.substr(0, rest.find('/'));
  rest.remove_prefix(out.size());
  return out;
}

}  // namespace

std::string_view source_name(Source source) {
  static constexpr std::array<std::string_view, kSources> kNames{"intel", "amd", "nvidia-rim",
                                                                 "nvidia-ocsp"};
  return kNames[static_cast<std::size_t>(source)];
}

Result<Item> Item::parse(std::string_view name) {
  for (const auto& form : kForms) {
    std::string_view rest = name;
    if (name.size() > kItemNameMax || !rest.starts_with(form.prefix)) continue;
    rest.remove_prefix(form.prefix.size());
    const std::string_view scope = form.scopes.empty() ? "" : take_segment(rest);
    if (!form.scopes.empty() && !std::ranges::contains(form.scopes, scope)) continue;
    const std::string_view key = form.key == KeyForm::kNone ? "" : take_segment(rest);
    if (!rest.empty() || !key_fits(form.key, key, scope)) continue;
    Item out;
    out.name_ = name;
    out.scope_ = scope;
    out.key_ = key;
    out.kind_ = form.kind;
    return out;
  }
  return malformed("collateral.item",
                   "\"" + std::string(name.substr(0, kItemNameMax)) +
                       "\" names nothing that can be fetched; like intel/tcb_info/tdx/"
                       "00806f050000, intel/root_crl, amd/crl/milan");
}

Source Item::source() const {
  switch (kind_) {
    case Kind::kTcbInfo:
    case Kind::kQeIdentity:
    case Kind::kPckCrl:
    case Kind::kRootCrl:
      return Source::kIntel;
    case Kind::kAmdChain:
    case Kind::kAmdVlekChain:
    case Kind::kAmdCrl:
    case Kind::kVcek:
      return Source::kAmd;
    case Kind::kRim:
      return Source::kNvidiaRim;
    case Kind::kOcsp:
      return Source::kNvidiaOcsp;
  }
  return Source::kIntel;
}

evidence::Tee Item::tee() const {
  if (scope_ == "tdx") return evidence::Tee::kTdx;
  return scope_ == "sgx" ? evidence::Tee::kSgx : evidence::Tee::kUnknown;
}

Product Item::product() const {
  for (const auto product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    if (scope_ == product_scope(product)) return product;
  }
  return Product::kUnknown;
}

std::string_view Item::chip_id() const {
  return kind_ == Kind::kVcek ? std::string_view(key_).substr(0, key_.find('-')) : "";
}

TcbVersion Item::tcb() const {
  if (kind_ != Kind::kVcek) return {};
  const auto numbers = parse_numbers(std::string_view(key_).substr(key_.find('-') + 1));
  ATOMA_CHECK(numbers && numbers->size() >= 4);
  const std::size_t first = numbers->size() - 4;
  return {.fmc = first == 1 ? numbers->front() : std::uint8_t{0},
          .bootloader = (*numbers)[first],
          .tee = (*numbers)[first + 1],
          .snp = (*numbers)[first + 2],
          .microcode = (*numbers)[first + 3]};
}

std::string product_scope(Product product) {
  if (product == Product::kUnknown) return "";
  std::string out(evidence::amd::product_name(product));
  out.front() = static_cast<char>(out.front() - 'A' + 'a');
  return out;
}

Result<Item> vcek_item(Product product, ByteView chip_id, const TcbVersion& tcb) {
  const std::string fmc = product == Product::kTurin ? std::format("{}.", tcb.fmc) : "";
  return Item::parse(std::format("amd/vcek/{}/{}-{}{}.{}.{}.{}", product_scope(product),
                                 wire::hex_encode(chip_id), fmc, tcb.bootloader, tcb.tee, tcb.snp,
                                 tcb.microcode));
}

}  // namespace atoma::collateral
