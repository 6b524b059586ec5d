// A software NVIDIA: the roots of device identities and of reference manifests, and devices that
// they certify. Names, extensions and algorithms are NVIDIA's, so that a verifier tells them from
// the real thing by the roots alone.
//
//   const NvidiaVendor vendor(NvidiaKeys::generate(entropy), validity);
//   const NvidiaDevice gpu = vendor.make_device({}, entropy);
//   gpu.pem(); gpu.report(content);
//   anchors.sample_roots = {vendor.root_digest()};
#pragma once

#include <functional>

#include "atoma/pki/issue_ocsp.h"
#include "atoma/sample_tee/nvidia_report.h"

namespace atoma::sample_tee {

// Keys of P-384.
struct NvidiaKeys {
  crypto::EcPrivateKey root, family, provisioner;

  static NvidiaKeys generate(Entropy& entropy);
};

struct NvidiaDeviceTemplate {
  evidence::nvidia::Architecture architecture = evidence::nvidia::Architecture::kHopper;
  Bytes serial{0x41, 0xE2, 0x3D, 0x71, 0x1E, 0x1C, 0x4F, 0xBF, 0xAC};  // ends in the PDI
  Bytes fwid = Bytes(48, 0xF1);
  Bytes tcb_flags{0x00, 0x80, 0x00, 0x00, 0x01};  // Blackwell: contents of the BIT STRING
  // Changes the certificates before they are signed; leaf first, the root's not among them.
  std::function<void(std::vector<pki::CertificateTemplate>&)> change;
};

// Owns its keys; move-only.
struct NvidiaDevice {
  evidence::nvidia::Architecture architecture;
  Bytes fwid;
  crypto::EcPrivateKey device_key, attestation_key;
  std::vector<Bytes> chain;  // DER, leaf first, root last

  Bytes pem() const;
  NvidiaReportTemplate content() const { return sample_nvidia_report(architecture, fwid); }
  Bytes report(const NvidiaReportTemplate& content) const {
    return make_nvidia_report(content, attestation_key);
  }
};

// The contents of the DICE extension of an attestation certificate, and its OID.
std::string nvidia_dice_oid(evidence::nvidia::Architecture architecture);
Bytes encode_nvidia_dice(const NvidiaDeviceTemplate& device, ByteView device_key_info);

class NvidiaVendor {
 public:
  NvidiaVendor(NvidiaKeys keys, ValidityWindow validity);

  const NvidiaKeys& keys() const { return keys_; }
  const Bytes& root() const { return root_; }  // DER
  crypto::Digest256 root_digest() const { return crypto::sha256(root_); }

  NvidiaDevice make_device(const NvidiaDeviceTemplate& device, Entropy& entropy) const;

  // OCSP answers about the three authorities of a device's chain, each by its issuer; `status` is
  // the device's own, the others' is good.
  std::vector<Bytes> answers(const NvidiaDevice& device, pki::OcspStatus status,
                             ValidityWindow validity) const;

 private:
  NvidiaKeys keys_;
  ValidityWindow validity_;
  Bytes root_;
};

}  // namespace atoma::sample_tee
