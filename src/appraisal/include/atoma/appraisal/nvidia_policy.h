// What a relying party accepts of NVIDIA GPUs and switches, and the evidence of one host's devices.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "atoma/appraisal/rule.h"
#include "atoma/evidence/nvidia/rim.h"
#include "atoma/evidence/nvidia/verify.h"
#include "atoma/pki/ocsp.h"

namespace atoma::appraisal {

class PolicyReader;

// Views must outlive the appraisal's result.
struct NvidiaDevice {
  ByteView report;
  ByteView cert_chain;  // PEM, leaf first
  // Where each device was asked with its own nonce; else the request's counts for all.
  std::optional<ByteView> expected_nonce = std::nullopt;
};

struct NvidiaEvidence {
  std::vector<NvidiaDevice> devices;
  std::vector<ByteView> rims;  // each must be for a device that is here
  std::vector<ByteView> ocsp;  // answers about the devices' and manifests' authorities, DER
  std::optional<std::uint64_t> expected_devices;
  // Manifests for whichever devices come: those of a version that none reports are passed over.
  std::span<const std::shared_ptr<const evidence::nvidia::RimFile>> rims_at_hand = {};
};

// How a GPU is shared out: single or multiple passthrough, or Protected PCIe, where links between
// GPUs and switches are trusted and not encrypted. The report states it, old ones do not.
inline constexpr std::string_view kNvidiaModes[] = {"spt", "mpt", "ppcie", "unstated"};

struct NvidiaPolicy {
  Require no_sample_nonce;  // the nonce of NVIDIA's examples, which anybody has answers to
  Require fwid_bound;       // the report names the firmware that its key is for
  Require driver_rim, vbios_rim, rim_signature, rim_validity;
  Require ocsp;      // OCSP says of every authority that it is not revoked
  Require no_hold;   // certificateHold: NVIDIA's word for a device that is suspended for now
  Require no_debug;  // DiceTcbInfo: neither debug nor recovery nor insecure firmware
  AnyOf<std::string> modes;
  Bound<std::uint64_t> devices;  // exactly so many; as the caller says when it says so

  static NvidiaPolicy strict();
};

// The section accept.nvidia. Errors come out of the reader's finish().
NvidiaPolicy read_nvidia_policy(PolicyReader& in);

// What one device turned out to be. Believe it only when the result's authenticity is kYes.
struct DeviceResult {
  evidence::nvidia::Architecture architecture = evidence::nvidia::Architecture::kUnknown;
  std::string chip;
  std::string id;  // serial of the chip's own certificate, hexadecimal
  std::string driver_version, vbios_version;
  std::string mode;                         // one of kNvidiaModes, "contradictory" or "unknown"
  std::string driver_rim_id, vbios_rim_id;  // under which NVIDIA publishes the manifests
  pki::OcspStatus revocation = pki::OcspStatus::kUnknown;
  // Against the manifests at hand, 0-based and in order.
  std::vector<std::size_t> mismatched_indices;
};

}  // namespace atoma::appraisal
