#include "atoma/sample_tee/intel_certificates.h"

#include "atoma/wire/der.h"

namespace atoma::sample_tee {
namespace {

using evidence::intel::kPckExtensionOid;
using evidence::intel::PckInfo;
using pki::CertificateTemplate;

constexpr const char* kRootName = "Intel SGX Root CA";
constexpr const char* kPckCaName = "Intel SGX PCK Platform CA";
constexpr const char* kPckName = "Intel SGX PCK Certificate";
constexpr const char* kTcbSignerName = "Intel SGX TCB Signing";

// SEQUENCE { 1.2.840.113741.1.13.1.<arcs>, value }
void append_part(Bytes& out, const std::string& arcs, ByteView value) {
  Bytes contents;
  wire::der_append(contents, wire::kDerOid, wire::der_oid(kPckExtensionOid + ("." + arcs)));
  append(contents, value);
  wire::der_append(out, wire::kDerSequence, contents);
}

Bytes octets(ByteView value) {
  Bytes out;
  wire::der_append(out, wire::kDerOctetString, value);
  return out;
}

Bytes integer(std::uint64_t value) {
  Bytes out;
  wire::der_append_small_integer(out, value);
  return out;
}

Bytes boolean(bool value) {
  Bytes out;
  wire::der_append(out, wire::kDerBoolean, Bytes{value ? std::uint8_t{0xFF} : std::uint8_t{0}});
  return out;
}

Bytes sequence(ByteView contents) {
  Bytes out;
  wire::der_append(out, wire::kDerSequence, contents);
  return out;
}

Bytes encode_tcb(const PckInfo& info) {
  Bytes parts;
  for (std::size_t i = 0; i < 16; ++i) {
    append_part(parts, "2." + std::to_string(i + 1), integer(info.tcb_components[i]));
  }
  append_part(parts, "2.17", integer(info.pce_svn));
  append_part(parts, "2.18", octets(info.cpu_svn));
  return sequence(parts);
}

void append_platform_parts(Bytes& out, const PckInfo& info) {
  append_part(out, "6", octets(ByteArray<16>{0x1D}));
  Bytes flags;
  append_part(flags, "7.1", boolean(*info.dynamic_platform));
  append_part(flags, "7.2", boolean(*info.cached_keys));
  append_part(flags, "7.3", boolean(*info.smt_enabled));
  append_part(out, "7", sequence(flags));
}

CertificateTemplate make_template(const char* subject, const char* issuer, Bytes serial,
                                  ByteView public_key_info) {
  CertificateTemplate out;
  out.subject_cn = subject;
  out.issuer_cn = issuer;
  out.serial = std::move(serial);
  out.validity = kIntelCertificatesValid;
  out.public_key_info = to_bytes(public_key_info);
  return out;
}

}  // namespace

PckInfo sample_pck_info() {
  PckInfo info;
  info.ppid.fill(0xA7);
  info.tcb_components = {5, 5, 2, 2, 3, 1, 0, 3};
  info.cpu_svn = info.tcb_components;
  info.pce_svn = 11;
  info.fmspc = {0xA7, 0x0A, 0x5A};
  info.sgx_type = 1;
  info.dynamic_platform = info.cached_keys = info.smt_enabled = false;
  return info;
}

Bytes encode_pck_extension(const PckInfo& info) {
  Bytes parts;
  append_part(parts, "1", octets(info.ppid));
  append_part(parts, "2", encode_tcb(info));
  append_part(parts, "3", octets(info.pce_id));
  append_part(parts, "4", octets(info.fmspc));
  append_part(parts, "5", Bytes{wire::kDerEnumerated, 1, info.sgx_type});
  const bool platform = info.dynamic_platform && info.cached_keys && info.smt_enabled;
  if (platform) append_platform_parts(parts, info);
  return sequence(parts);
}

CertificateTemplate intel_root_template() {
  CertificateTemplate out = make_template(kRootName, kRootName, {0x11}, {});
  out.is_ca = true;
  out.path_length = 1;
  return out;
}

CertificateTemplate intel_pck_ca_template(ByteView public_key_info) {
  CertificateTemplate out = make_template(kPckCaName, kRootName, {0x21, 0x02}, public_key_info);
  out.is_ca = true;
  out.path_length = 0;
  return out;
}

CertificateTemplate intel_pck_template(const PckInfo& info, ByteView public_key_info) {
  CertificateTemplate out = make_template(kPckName, kPckCaName, {0x31, 0x03}, public_key_info);
  out.extra.push_back({kPckExtensionOid, false, encode_pck_extension(info)});
  return out;
}

CertificateTemplate intel_tcb_signer_template(ByteView public_key_info) {
  return make_template(kTcbSignerName, kRootName, {0x41, 0x04}, public_key_info);
}

}  // namespace atoma::sample_tee
