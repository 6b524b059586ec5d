#include "atoma/sample_tee/amd_vendor.h"

#include "atoma/wire/der.h"

namespace atoma::sample_tee {
namespace {

using evidence::amd::Product;
using evidence::amd::RawTcb;
using evidence::amd::SigningKey;
using pki::CertificateTemplate;
using pki::Signer;

constexpr std::size_t kRsaBits = 4096;

std::string ark_name(Product product) {
  return "ARK-" + std::string(evidence::amd::product_name(product));
}

std::string intermediate_name(Product product, SigningKey kind) {
  return (kind == SigningKey::kVlek ? "SEV-VLEK-" : "SEV-") +
         std::string(evidence::amd::product_name(product));
}

// As AMD numbers its authorities: line, then ARK 0000, ASK 0001, ASVK 0101.
Bytes authority_serial(Product product, std::uint8_t high, std::uint8_t low) {
  return {static_cast<std::uint8_t>(product), high, low};
}

void add_number(CertificateTemplate& out, const char* suffix, std::uint8_t value) {
  Bytes der;
  wire::der_append_small_integer(der, value);
  out.extra.push_back({std::string("1.3.6.1.4.1.3704.1.") + suffix, false, der});
}

void add_text(CertificateTemplate& out, const char* suffix, std::string_view text) {
  Bytes der;
  wire::der_append(der, wire::kDerIa5String, as_bytes(text));
  out.extra.push_back({std::string("1.3.6.1.4.1.3704.1.") + suffix, false, der});
}

// The SPL extension for each byte of TCB_VERSION (57230).
void add_tcb(CertificateTemplate& out, Product product, const RawTcb& tcb) {
  static constexpr std::array<const char*, 8> kMilan{"3.1", "3.2", "3.4", "3.5",
                                                     "3.6", "3.7", "3.3", "3.8"};
  static constexpr std::array<const char*, 8> kTurin{"3.9", "3.1", "3.2", "3.3",
                                                     "3.5", "3.6", "3.7", "3.8"};
  const auto& names = product == Product::kTurin ? kTurin : kMilan;
  for (std::size_t i = 0; i < tcb.size(); ++i) add_number(out, names[i], tcb[i]);
}

}  // namespace

AmdAuthorityKeys AmdAuthorityKeys::generate() {
  return {crypto::RsaPrivateKey::generate(kRsaBits), crypto::RsaPrivateKey::generate(kRsaBits),
          crypto::RsaPrivateKey::generate(kRsaBits)};
}

CertificateTemplate amd_ark_template(Product product, ValidityWindow validity) {
  CertificateTemplate out;
  out.subject_cn = out.issuer_cn = ark_name(product);
  out.serial = authority_serial(product, 0, 0);
  out.validity = validity;
  out.is_ca = true;
  return out;
}

CertificateTemplate amd_intermediate_template(Product product, SigningKey kind,
                                              ValidityWindow validity) {
  CertificateTemplate out;
  out.subject_cn = intermediate_name(product, kind);
  out.issuer_cn = ark_name(product);
  out.serial = authority_serial(product, kind == SigningKey::kVlek ? 1 : 0, 1);
  out.validity = validity;
  out.is_ca = true;
  out.path_length = 0;
  return out;
}

CertificateTemplate amd_key_template(Product product, const AmdKeyTemplate& key,
                                     ByteView public_key_info) {
  const bool vlek = key.kind == SigningKey::kVlek;
  const std::string line(evidence::amd::product_name(product));
  CertificateTemplate out;
  out.subject_cn = vlek ? "SEV-VLEK" : "SEV-VCEK";
  out.issuer_cn = intermediate_name(product, key.kind);
  out.serial = {0};
  out.validity = key.validity;
  out.with_standard_extensions = false;
  out.public_key_info = to_bytes(public_key_info);
  add_number(out, "1", product == Product::kTurin ? 1 : 0);
  add_text(out, "2", vlek || product == Product::kTurin ? line : line + "-B0");
  add_tcb(out, product, encode_tcb(key.tcb, product));
  if (vlek) {
    add_text(out, "5", key.csp_id);
  } else {
    out.extra.push_back({"1.3.6.1.4.1.3704.1.4", false, key.hw_id});
  }
  return out;
}

AmdVendor::AmdVendor(Product product, AmdAuthorityKeys keys, ValidityWindow validity)
    : product_(product), keys_(std::move(keys)) {
  const Signer root(keys_.ark);
  ark_ = pki::issue_certificate(amd_ark_template(product, validity), root);
  auto ask = amd_intermediate_template(product, SigningKey::kVcek, validity);
  ask.public_key_info = Signer(keys_.ask).public_key_info();
  ask_ = pki::issue_certificate(ask, root);
  auto asvk = amd_intermediate_template(product, SigningKey::kVlek, validity);
  asvk.public_key_info = Signer(keys_.asvk).public_key_info();
  asvk_ = pki::issue_certificate(asvk, root);
}

Bytes AmdVendor::issue_key(const AmdKeyTemplate& key, const crypto::EcPrivateKey& owner) const {
  const auto& issuer = key.kind == SigningKey::kVlek ? keys_.asvk : keys_.ask;
  return pki::issue_certificate(amd_key_template(product_, key, Signer(owner).public_key_info()),
                                Signer(issuer));
}

Bytes AmdVendor::issue_crl(std::vector<Bytes> revoked_serials, ValidityWindow validity) const {
  return pki::issue_crl({.issuer_cn = ark_name(product_),
                         .validity = validity,
                         .revoked_serials = std::move(revoked_serials)},
                        Signer(keys_.ark));
}

}  // namespace atoma::sample_tee
