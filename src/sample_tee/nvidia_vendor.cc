#include "atoma/sample_tee/nvidia_vendor.h"

#include "atoma/wire/der.h"
#include "atoma/wire/pem.h"

namespace atoma::sample_tee {
namespace {

using crypto::EcPrivateKey;
using evidence::nvidia::Architecture;
using pki::CertificateTemplate;
using pki::Signer;

constexpr const char* kRootName = "NVIDIA Device Identity CA";

std::string chip_name(Architecture architecture) {
  switch (architecture) {
    case Architecture::kBlackwell:
      return "GB100";
    case Architecture::kLs10:
      return "LS_10";
    case Architecture::kHopper:
    case Architecture::kUnknown:
      break;
  }
  return "GH100";
}

Bytes element(std::uint8_t tag, ByteView contents) {
  Bytes out;
  wire::der_append(out, tag, contents);
  return out;
}

void append_fwid(Bytes& out, ByteView digest) {
  Bytes fwid = element(wire::kDerOid, wire::der_oid("2.16.840.1.101.3.4.2.2"));
  wire::der_append(fwid, wire::kDerOctetString, digest);
  wire::der_append(out, wire::kDerSequence, fwid);
}

// As Blackwell's certificates have it, with a second FWID that says nothing.
Bytes encode_tcb_info(const NvidiaDeviceTemplate& device) {
  const auto field = [](std::uint8_t n) { return wire::der_context_primitive(n); };
  Bytes fwids, out;
  append_fwid(fwids, device.fwid);
  append_fwid(fwids, Bytes(48));
  wire::der_append(out, field(0), as_bytes("NVIDIA"));
  wire::der_append(out, field(1), as_bytes("GB100 A01 GSP"));
  wire::der_append(out, field(2), as_bytes("01"));
  wire::der_append(out, wire::der_context(6), fwids);
  wire::der_append(out, field(7), device.tcb_flags);
  wire::der_append(out, field(8), Bytes{0xC0});
  return element(wire::kDerSequence, out);
}

// Leaf, device, provisioner, family; each issued by the next, the last by the root.
std::vector<CertificateTemplate> chain_templates(const NvidiaDeviceTemplate& device,
                                                 ValidityWindow validity) {
  const std::string chip = chip_name(device.architecture);
  const std::string processor = device.architecture == Architecture::kLs10 ? "FSP" : "GSP";
  const std::string names[] = {
      chip + " A01 " + processor + " FMC LF", chip + " A01 " + processor + " BROM",
      "NVIDIA " + chip + " Provisioner ICA 1", "NVIDIA " + chip + " Identity", kRootName};
  const Bytes serials[] = {device.fwid, device.serial, {3}, {2}};
  std::vector<CertificateTemplate> out(4);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].subject_cn = names[i];
    out[i].issuer_cn = names[i + 1];
    out[i].serial = serials[i];
    out[i].serial.resize(std::min<std::size_t>(out[i].serial.size(), 20));
    out[i].validity = validity;
    out[i].is_ca = i != 0;
  }
  return out;
}

}  // namespace

NvidiaKeys NvidiaKeys::generate(Entropy& entropy) {
  const auto key = [&] { return EcPrivateKey::generate(crypto::Curve::kP384, entropy); };
  auto root = key();
  auto family = key();
  return {std::move(root), std::move(family), key()};
}

std::string nvidia_dice_oid(Architecture architecture) {
  return architecture == Architecture::kBlackwell ? "2.23.133.5.4.1.1" : "2.23.133.5.4.1";
}

Bytes encode_nvidia_dice(const NvidiaDeviceTemplate& device, ByteView device_key_info) {
  if (device.architecture == Architecture::kBlackwell) return encode_tcb_info(device);
  Bytes out;
  wire::der_append_small_integer(out, 1);
  append(out, device_key_info);
  append_fwid(out, device.fwid);
  return element(wire::kDerSequence, out);
}

Bytes NvidiaDevice::pem() const {
  Bytes out;
  for (const auto& der : chain) append(out, wire::encode_pem("CERTIFICATE", der));
  return out;
}

NvidiaVendor::NvidiaVendor(NvidiaKeys keys, ValidityWindow validity)
    : keys_(std::move(keys)), validity_(validity) {
  CertificateTemplate root;
  root.subject_cn = root.issuer_cn = kRootName;
  root.validity = validity;
  root.is_ca = true;
  root_ = pki::issue_certificate(root, Signer(keys_.root));
}

std::vector<Bytes> NvidiaVendor::answers(const NvidiaDevice& device, pki::OcspStatus status,
                                         ValidityWindow validity) const {
  std::vector<pki::Certificate> chain;
  for (const auto& der : device.chain) chain.push_back(*pki::Certificate::parse(der));
  const EcPrivateKey* const issuers[] = {&keys_.provisioner, &keys_.family, &keys_.root};
  std::vector<Bytes> out;
  for (std::size_t i = 1; i + 1 < chain.size(); ++i) {
    out.push_back(pki::issue_ocsp({.answers = {{.certificate = &chain[i],
                                                .issuer = &chain[i + 1],
                                                .status = i == 1 ? status : pki::OcspStatus::kGood,
                                                .validity = validity}},
                                   .responder_cn = chain[i + 1].subject_cn()},
                                  Signer(*issuers[i - 1])));
  }
  return out;
}

NvidiaDevice NvidiaVendor::make_device(const NvidiaDeviceTemplate& device, Entropy& entropy) const {
  NvidiaDevice out{.architecture = device.architecture,
                   .fwid = device.fwid,
                   .device_key = EcPrivateKey::generate(crypto::Curve::kP384, entropy),
                   .attestation_key = EcPrivateKey::generate(crypto::Curve::kP384, entropy),
                   .chain = {}};
  const Signer signers[] = {Signer(out.attestation_key), Signer(out.device_key),
                            Signer(keys_.provisioner), Signer(keys_.family), Signer(keys_.root)};
  auto templates = chain_templates(device, validity_);
  for (std::size_t i = 0; i < templates.size(); ++i) {
    templates[i].public_key_info = signers[i].public_key_info();
  }
  templates[0].extra.push_back({nvidia_dice_oid(device.architecture), false,
                                encode_nvidia_dice(device, signers[1].public_key_info())});
  if (device.change) device.change(templates);
  for (std::size_t i = 0; i < templates.size(); ++i) {
    out.chain.push_back(pki::issue_certificate(templates[i], signers[i + 1]));
  }
  out.chain.push_back(root_);
  return out;
}

}  // namespace atoma::sample_tee
