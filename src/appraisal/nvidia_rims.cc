#include "nvidia_rims.h"

#include <algorithm>
#include <format>

#include "rules.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::RootKind;
using evidence::nvidia::Architecture;
using evidence::nvidia::AuthenticReport;
using evidence::nvidia::Rim;
using evidence::nvidia::RimVerifier;

// Manifests of drivers name one chip for a whole generation.
bool same_architecture(std::string_view product, Architecture architecture) {
  switch (architecture) {
    case Architecture::kHopper:
      return product.starts_with("GH");
    case Architecture::kBlackwell:
      return product.starts_with("GB");
    case Architecture::kLs10:
      return product == "LS10" || product == "LS_10";
    case Architecture::kUnknown:
      break;
  }
  return false;
}

bool speaks_for(const Rim& rim, std::string_view version, Architecture architecture) {
  return evidence::nvidia::same_version(rim.version(), version) &&
         same_architecture(rim.product(), architecture);
}

std::string list_of(const std::vector<std::size_t>& indices) {
  std::string out;
  for (const std::size_t i : indices) out += (out.empty() ? "" : ", ") + std::to_string(i);
  return out;
}

std::string differences(const std::vector<std::size_t>& indices) {
  return indices.empty() ? "equal" : "differs at index " + list_of(indices);
}

bool has_index(const Rim& rim, std::size_t index) {
  return std::ranges::contains(rim.golden(), index, &evidence::nvidia::GoldenMeasurement::index);
}

void check_conflict(const Rim& driver, const Rim& vbios, Findings& findings) {
  std::vector<std::size_t> both;
  for (const auto& golden : driver.golden()) {
    if (has_index(vbios, golden.index)) both.push_back(golden.index);
  }
  findings.check(Check::kNvidiaRimConflict, both.empty(), "each index in one manifest",
                 [&] { return both.empty() ? "so it is" : "both speak of " + list_of(both); });
}

}  // namespace

NvidiaRims::NvidiaRims(const NvidiaEvidence& given, RimVerifier& verifier,
                       const NvidiaRevocation& revocation, const NvidiaPolicy& policy, Time at,
                       Findings& findings)
    : at_hand_(given.rims_at_hand),
      verifier_(verifier),
      revocation_(revocation),
      policy_(policy),
      at_(at) {
  for (const ByteView file : given.rims) {
    auto judged = verifier.rim(file);
    if (judged) {
      entries_.push_back({.judged = *std::move(judged)});
    } else {
      findings.add_error(judged.error(), evidence::CheckClass::kRim);
    }
  }
}

NvidiaRims::Entry* NvidiaRims::find(std::string_view version, Architecture architecture) {
  for (auto& entry : entries_) {
    if (!speaks_for(entry.rim(), version, architecture)) continue;
    entry.used = true;
    return &entry;
  }
  return find_at_hand(version, architecture);
}

// Of several the first whose certificates are good now: manifests are signed anew.
NvidiaRims::Entry* NvidiaRims::find_at_hand(std::string_view version, Architecture architecture) {
  Entry found;
  for (const auto& file : at_hand_) {
    if (!speaks_for(file->rim, version, architecture)) continue;
    auto judged = verifier_.rim(file->xml);
    if (!judged) continue;  // it has parsed before
    const bool current = (*judged)->verification.window.contains(at_);
    if (found.judged == nullptr || current) {
      found = {.judged = *std::move(judged), .at_hand = file, .used = true};
    }
    if (current) break;
  }
  if (found.judged == nullptr) return nullptr;
  return &entries_.emplace_back(std::move(found));
}

// Whether the policy lets its content count. NVIDIA's devices need NVIDIA's manifests.
bool NvidiaRims::usable(const Entry& entry, RootKind device_root, Findings& findings) {
  const auto& seen = entry.judged->verification;
  const bool root = seen.root == device_root;
  const std::string& chain = seen.chain_fault;
  bool good = apply(policy_.rim_signature, seen.signature_fault.empty(), Check::kNvidiaRimSignature,
                    "signed by its signer",
                    seen.signature_fault.empty() ? "signed" : seen.signature_fault, findings);
  good &= apply(policy_.rim_signature, chain.empty() && root, Check::kNvidiaRimChain,
                "a signer of the RIM root that goes with the device's",
                !chain.empty() ? std::string_view(chain)
                : root         ? "so it is"
                               : "a root of another kind than the device's",
                findings);
  good &= apply(policy_.rim_validity, seen.window.contains(at_), Check::kNvidiaRimValidity,
                format_time(seen.window.not_before) + " to " + format_time(seen.window.not_after),
                format_time(at_), findings);
  pki::OcspStatus status{};
  good &= revocation_.judge(entry.rim().certificates(), 0, findings, status);
  return good;
}

void NvidiaRims::compare(const Rim& rim, const evidence::nvidia::ReportFields& report,
                         DeviceResult& device) const {
  auto& out = device.mismatched_indices;
  for (const std::size_t index : evidence::nvidia::mismatches(rim, report)) {
    if (!std::ranges::contains(out, index)) out.push_back(index);
  }
  std::ranges::sort(out);
}

void NvidiaRims::appraise(const AuthenticReport& report, DeviceResult& device, Findings& findings) {
  const auto architecture = report.device().architecture;
  const auto role = [&](std::string_view version, const Require& rule, Check check,
                        const std::string& id) {
    Entry* const entry = find(version, architecture);
    const bool good = entry != nullptr && usable(*entry, report.root(), findings);
    apply(rule, good, check, "the manifest " + id,
          good               ? "there"
          : entry == nullptr ? "none of this version"
                             : "one that is not believed",
          findings);
    if (entry != nullptr) compare(entry->rim(), report.fields(), device);
    return entry;
  };
  const Entry* driver = nullptr;
  if (!is_switch(architecture)) {
    driver = role(device.driver_version, policy_.driver_rim, Check::kNvidiaDriverRim,
                  device.driver_rim_id);
  }
  const Entry* vbios =
      role(device.vbios_version, policy_.vbios_rim, Check::kNvidiaVbiosRim, device.vbios_rim_id);
  if (driver != nullptr && vbios != nullptr) check_conflict(driver->rim(), vbios->rim(), findings);
  if (driver == nullptr && vbios == nullptr) return;
  findings.check(Check::kNvidiaMeasurement, device.mismatched_indices.empty(),
                 "what the manifests allow",
                 [&] { return differences(device.mismatched_indices); });
}

void NvidiaRims::finish(const std::vector<AuthenticReport>& reports,
                        std::vector<DeviceResult>& devices, Findings& findings) const {
  for (const auto& entry : entries_) {
    findings.check(Check::kNvidiaRimVersion, entry.used,
                   "a manifest of a version that a device reports",
                   [&] { return entry.rim().product() + " " + entry.rim().version(); });
    for (std::size_t i = 0; i < reports.size() && !entry.used; ++i) {
      if (!same_architecture(entry.rim().product(), devices[i].architecture)) continue;
      compare(entry.rim(), reports[i].fields(), devices[i]);
      findings.check(Check::kNvidiaMeasurement, devices[i].mismatched_indices.empty(),
                     "what the manifests allow",
                     [&] { return differences(devices[i].mismatched_indices); });
    }
  }
}

crypto::Digest256 NvidiaRims::digest() const {
  Bytes all;
  for (const auto& entry : entries_) append(all, entry.rim().digest());
  return entries_.empty() ? crypto::Digest256{} : crypto::sha256(all);
}

std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> NvidiaRims::used_at_hand() const {
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> out;
  for (const auto& entry : entries_) {
    if (entry.at_hand != nullptr) out.push_back(entry.at_hand);
  }
  return out;
}

}  // namespace atoma::appraisal
