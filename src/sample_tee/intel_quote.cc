#include "atoma/sample_tee/intel_quote.h"

#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/reader.h"

namespace atoma::sample_tee {
namespace {

using evidence::Tee;
using evidence::intel::BodyType;
using wire::append_le;

constexpr ByteArray<16> kIntelVendorId{0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9,
                                       0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07};
constexpr std::uint16_t kEcdsaP256 = 2;
constexpr std::uint32_t kTeeTdx = 0x81;
constexpr std::uint16_t kQeReportCertification = 6;

Bytes signed_range(const IntelQuoteTemplate& in) {
  const bool tdx = in.body_type != BodyType::kSgx;
  Bytes out;
  append_le(out, in.version, 2);
  append_le(out, kEcdsaP256, 2);
  append_le(out, tdx ? kTeeTdx : 0, 4);
  append_le(out, 0, 4);
  append(out, kIntelVendorId);
  append(out, in.user_data);
  const Bytes body =
      tdx ? encode_td_report(in.td, in.body_type) : encode_enclave_report(in.enclave);
  if (in.version >= 5) {
    append_le(out, static_cast<std::uint16_t>(in.body_type), 2);
    append_le(out, body.size(), 4);
  }
  append(out, body);
  return out;
}

// QE report to certification data: what vouches for `attestation_key`.
Bytes qe_certification(const IntelQuoteTemplate& in, const crypto::EcPrivateKey& pck_key,
                       ByteView attestation_key, ByteView pck_chain) {
  const Tee tee = in.body_type == BodyType::kSgx ? Tee::kSgx : Tee::kTdx;
  EnclaveReportTemplate qe = in.quoting_enclave.value_or(sample_quoting_enclave(tee));
  const auto bound = crypto::sha256({attestation_key, in.auth_data});
  std::ranges::copy(bound, qe.report_data.begin());
  if (in.qe_report_data) qe.report_data = *in.qe_report_data;
  Bytes out = encode_enclave_report(qe);
  append(out, pck_key.sign(out));
  append_le(out, in.auth_data.size(), 2);
  append(out, in.auth_data);
  const ByteView certification =
      in.certification_data.empty() ? pck_chain : ByteView(in.certification_data);
  append_le(out, in.certification_type, 2);
  append_le(out, certification.size(), 4);
  append(out, certification);
  return out;
}

}  // namespace

EnclaveReportTemplate sample_quoting_enclave(Tee tee) {
  EnclaveReportTemplate qe;
  qe.attributes[0] = 0x15;  // INIT, MODE64, PROVISIONKEY
  qe.mrsigner.fill(0x5A);
  qe.mrenclave.fill(tee == Tee::kTdx ? 0x2D : 0x2E);
  qe.isv_prod_id = tee == Tee::kTdx ? 2 : 1;
  qe.isv_svn = 8;
  return qe;
}

Bytes encode_enclave_report(const EnclaveReportTemplate& in) {
  Bytes out;
  append(out, in.cpu_svn);
  append(out, in.misc_select);
  out.resize(32);
  append(out, in.ext_prod_id);
  append(out, in.attributes);
  append(out, in.mrenclave);
  out.resize(128);
  append(out, in.mrsigner);
  out.resize(192);
  append(out, in.config_id);
  append_le(out, in.isv_prod_id, 2);
  append_le(out, in.isv_svn, 2);
  append_le(out, in.config_svn, 2);
  out.resize(304);
  append(out, in.family_id);
  append(out, in.report_data);
  ATOMA_CHECK(out.size() == 384);
  return out;
}

Bytes encode_td_report(const TdReportTemplate& in, BodyType type) {
  ATOMA_CHECK(type != BodyType::kSgx);
  Bytes out = to_bytes(in.tee_tcb_svn);
  append(out, in.mrseam);
  append(out, in.mrsigner_seam);
  append(out, in.seam_attributes);
  append_le(out, in.td_attributes, 8);
  append_le(out, in.xfam, 8);
  for (const auto* field : {&in.mrtd, &in.mrconfigid, &in.mrowner, &in.mrownerconfig}) {
    append(out, *field);
  }
  for (const auto& rtmr : in.rtmr) append(out, rtmr);
  append(out, in.report_data);
  if (type == BodyType::kTd10) return out;
  append(out, in.tee_tcb_svn_2);
  append(out, in.mrservicetd);
  if (type == BodyType::kTd15) return out;
  out.push_back(in.vmid);
  append(out, in.td_id);
  append(out, in.dev_info);
  append(out, in.init_service_td_hash);
  append(out, in.init_service_td_attributes);
  append(out, in.init_cpu_svn);
  append(out, in.init_tee_tcb_svn);
  append(out, in.init_tee_fmspc);
  append(out, in.current_service_td_hash);
  append(out, in.current_service_td_attributes);
  return out;
}

Bytes make_intel_quote(const IntelQuoteTemplate& content, const crypto::EcPrivateKey& pck_key,
                       const crypto::EcPrivateKey& attestation_key, ByteView pck_chain) {
  Bytes quote = signed_range(content);
  Bytes data = attestation_key.sign(quote);
  const Bytes own_key = attestation_key.public_xy();
  const ByteView key = content.attestation_key ? ByteView(*content.attestation_key) : own_key;
  append(data, key);
  const Bytes certification = qe_certification(content, pck_key, key, pck_chain);
  if (content.version >= 4) {
    append_le(data, kQeReportCertification, 2);
    append_le(data, certification.size(), 4);
  }
  append(data, certification);
  append_le(quote, data.size(), 4);
  append(quote, data);
  append(quote, content.padding);
  return quote;
}

}  // namespace atoma::sample_tee
