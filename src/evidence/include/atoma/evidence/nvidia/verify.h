// Authenticity of reports by NVIDIA GPUs and switches: whose key, certified by whom, for which
// firmware, not revoked. Says nothing of policy and nothing of measurements (rim.h).
//
//   nvidia::Verifier verifier({});                   // NVIDIA's pinned roots; one per thread
//   ATOMA_TRY(const auto report, nvidia::parse_report(bytes));
//   ATOMA_TRY(const auto chain, verifier.chain(pem));
//   Findings findings(Detail::kFailures);
//   const auto result = verifier.verify(report, *chain, now, findings);
//   if (result.report) …
#pragma once

#include <memory>
#include <optional>

#include "atoma/base/time.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/nvidia/chain.h"
#include "atoma/evidence/nvidia/dice.h"
#include "atoma/evidence/nvidia/report.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::nvidia {

// By the name of the attestation certificate.
enum class Architecture : std::uint8_t { kUnknown = 0, kHopper, kBlackwell, kLs10 };
std::string_view architecture_name(Architecture architecture);  // "hopper", …, "unknown"
constexpr bool is_switch(Architecture architecture) { return architecture == Architecture::kLs10; }

// Which device a chain stands for.
struct DeviceIdentity {
  Architecture architecture = Architecture::kUnknown;
  std::string chip;  // "GH100", "GB100", "LS10"
  // Of the chip's own certificate, which signs the key of each firmware: both stay when it changes.
  Bytes serial;
  Bytes point;
  Bytes fwid;  // firmware that the attestation key is for; empty when the extension is malformed
  std::optional<OperationalFlags> flags;

  // The serial's last eight bytes, by which switches and GPUs name one another.
  ByteView pdi() const { return ByteView(serial).last(std::min(serial.size(), kPdiSize)); }
};

// A report that a trusted chain vouches for. Only Verifier makes one. Views point into the bytes
// that were parsed.
class AuthenticReport {
 public:
  const ReportFields& fields() const { return report_.fields(); }
  const ReportFields* operator->() const { return &report_.fields(); }
  const DeviceIdentity& device() const { return *device_; }
  RootKind root() const { return root_; }
  // The report names the firmware that the key's certificate names. Old drivers name none.
  bool fwid_bound() const { return !report_->fwid.empty(); }

 private:
  friend class Verifier;
  AuthenticReport(const Report& report, std::shared_ptr<const DeviceIdentity> device, RootKind root)
      : report_(report), device_(std::move(device)), root_(root) {}

  Report report_;
  std::shared_ptr<const DeviceIdentity> device_;
  RootKind root_;
};

struct DeviceVerification {
  Authenticity authenticity = Authenticity::kNo;
  RootKind root = RootKind::kUnknown;
  std::shared_ptr<const DeviceIdentity> device;  // what the chain says, believed or not
  ValidityWindow valid;                          // when every certificate used is good
  std::optional<AuthenticReport> report;         // exactly when it is authentic
};

// Remembers good chains by their exact bytes, so that a report under a known chain costs one P-384
// verification and, with Detail::kFailures, no allocation of ours; clocks are compared each time.
// Failures are not remembered, and good chains need a trusted root's signature, so hostile input
// can't fill the memory. One thread at a time.
class Verifier {
 public:
  static constexpr std::size_t kChainsMax = 1024;  // about 17 KiB each

  explicit Verifier(TrustAnchors anchors, std::size_t chains_max = kChainsMax);
  Verifier(Verifier&&) noexcept;
  ~Verifier();

  // Every check of the chain and of the report is made and recorded, whatever failed before it.
  DeviceVerification verify(const Report& report, const DeviceChain& chain, Time at,
                            Findings& findings);

  // DeviceChain::parse; when the chain is good, remembered by the exact bytes of the file.
  Result<std::shared_ptr<const DeviceChain>> chain(ByteView pem);

  // Drops everything remembered.
  void forget();
  // Chains and parsed files remembered.
  std::size_t facts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::evidence::nvidia
