// What can be fetched, by name. A name says everything that a source must be asked:
//
//   intel/tcb_info/tdx/00806f050000          FMSPC
//   intel/qe_identity/sgx
//   intel/pck_crl/platform                   or processor
//   intel/root_crl
//   amd/cert_chain/milan                     ASK and ARK; amd/vlek_cert_chain: ASVK and ARK
//   amd/crl/genoa
//   amd/vcek/milan/<chip id>-4.0.24.217      bootloader, TEE, SNP, microcode; Turin: FMC before
//   nvidia/rim/NV_GPU_DRIVER_GH100_550.144.03
//   nvidia/ocsp/<SHA-256 of a certificate>
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/result.h"
#include "atoma/evidence/amd/tcb.h"
#include "atoma/evidence/tee.h"

namespace atoma::collateral {

// In the order of fetching: what is needed to judge another kind comes before it.
enum class Kind : std::uint8_t {
  kTcbInfo = 0,
  kQeIdentity,
  kPckCrl,
  kRootCrl,
  kAmdChain,
  kAmdVlekChain,
  kAmdCrl,
  kVcek,
  kRim,
  kOcsp,
};

// Who is asked; each is waited for on its own.
enum class Source : std::uint8_t { kIntel = 0, kAmd, kNvidiaRim, kNvidiaOcsp };
inline constexpr std::size_t kSources = 4;
std::string_view source_name(Source source);  // "intel", "amd", "nvidia-rim", "nvidia-ocsp"

inline constexpr std::size_t kItemNameMax = 240;

class Item {
 public:
  // Errors: "collateral.item".
  static Result<Item> parse(std::string_view name);

  const std::string& name() const { return name_; }
  Kind kind() const { return kind_; }
  Source source() const;
  // What the kind's name is followed by: "tdx", "platform", "milan"; empty for others.
  std::string_view scope() const { return scope_; }
  // The rest: FMSPC, chip id and TCB, manifest or digest; empty for others.
  std::string_view key() const { return key_; }

  evidence::Tee tee() const;               // of TCB infos and QE identities
  evidence::amd::Product product() const;  // of AMD's
  std::string_view chip_id() const;        // of a VCEK, in hexadecimal
  evidence::amd::TcbVersion tcb() const;   // of a VCEK

  friend bool operator==(const Item& a, const Item& b) { return a.name_ == b.name_; }
  friend auto operator<=>(const Item& a, const Item& b) {
    return a.kind_ != b.kind_ ? a.kind_ <=> b.kind_ : a.name_ <=> b.name_;
  }

 private:
  Item() = default;

  std::string name_, scope_, key_;
  Kind kind_ = Kind::kTcbInfo;
};

// Errors: "collateral.item" (a product without a name, a chip id of another size).
Result<Item> vcek_item(evidence::amd::Product product, ByteView chip_id,
                       const evidence::amd::TcbVersion& tcb);
// "milan"; "" for kUnknown.
std::string product_scope(evidence::amd::Product product);

}  // namespace atoma::collateral
