// Writes SGX and TDX quotes as Intel's quoting enclaves do (evidence/intel/quote.h has the
// layouts), with software keys.
//
//   IntelQuoteTemplate content{.version = 5, .body_type = BodyType::kTd15};
//   content.td.report_data = nonce;
//   const Bytes quote = platform.quote(content);   // intel_platform.h
#pragma once

#include <optional>

#include "atoma/crypto/signature.h"
#include "atoma/evidence/intel/quote.h"

namespace atoma::sample_tee {

// An SGX report body; the defaults are a production enclave (INIT, MODE64; x87, SSE, AVX).
struct EnclaveReportTemplate {
  ByteArray<16> cpu_svn{};
  ByteArray<4> misc_select{};  // in memory order
  ByteArray<16> ext_prod_id{};
  ByteArray<16> attributes{0x05, 0, 0, 0, 0, 0, 0, 0, 0x07};
  ByteArray<32> mrenclave{}, mrsigner{};
  ByteArray<64> config_id{};
  std::uint16_t isv_prod_id = 0, isv_svn = 0, config_svn = 0;
  ByteArray<16> family_id{};
  ByteArray<64> report_data{};
};

// A TD report body. The defaults pass a strict policy: SEPT_VE_DISABLE alone, no service TD.
struct TdReportTemplate {
  ByteArray<16> tee_tcb_svn{5, 1, 2};  // module SVN, module version, microcode
  ByteArray<48> mrseam{}, mrsigner_seam{};
  ByteArray<8> seam_attributes{};
  std::uint64_t td_attributes = evidence::intel::TdReport::kSeptVeDisable;
  std::uint64_t xfam = 0x602E7;
  ByteArray<48> mrtd{}, mrconfigid{}, mrowner{}, mrownerconfig{};
  std::array<ByteArray<48>, 4> rtmr{};
  ByteArray<64> report_data{};
  // Written in TD 1.5 and later.
  ByteArray<16> tee_tcb_svn_2{5, 1, 2};
  ByteArray<48> mrservicetd{};
  // Written in TD 1.5 Ex.
  std::uint8_t vmid = 0;
  ByteArray<32> td_id{};
  ByteArray<48> dev_info{};
  ByteArray<48> init_service_td_hash{};
  ByteArray<8> init_service_td_attributes{};
  ByteArray<16> init_cpu_svn{}, init_tee_tcb_svn{};
  ByteArray<12> init_tee_fmspc{};
  ByteArray<48> current_service_td_hash{};
  ByteArray<8> current_service_td_attributes{};
};

struct IntelQuoteTemplate {
  std::uint16_t version = 4;
  evidence::intel::BodyType body_type = evidence::intel::BodyType::kTd10;
  ByteArray<20> user_data{};
  EnclaveReportTemplate enclave;  // body types: kSgx
  TdReportTemplate td;            // the others
  // The quoting enclave; empty: sample_quoting_enclave of the body's TEE.
  std::optional<EnclaveReportTemplate> quoting_enclave;
  Bytes auth_data = Bytes(32, 0xA7);
  // In place of SHA-256(attestation key ‖ auth data) and of the platform's own key.
  std::optional<ByteArray<64>> qe_report_data, attestation_key;
  std::uint16_t certification_type = 5;
  Bytes certification_data;  // empty: the platform's PCK chain
  Bytes padding;             // unsigned bytes behind the quote
};

// The quoting enclave that sample_qe_identity describes: TD_QE for kTdx, QE for kSgx.
EnclaveReportTemplate sample_quoting_enclave(evidence::Tee tee);

// 384 bytes.
Bytes encode_enclave_report(const EnclaveReportTemplate& report);
// 584, 648 or 885 bytes by `type`, which is not kSgx.
Bytes encode_td_report(const TdReportTemplate& report, evidence::intel::BodyType type);

Bytes make_intel_quote(const IntelQuoteTemplate& content, const crypto::EcPrivateKey& pck_key,
                       const crypto::EcPrivateKey& attestation_key, ByteView pck_chain);

}  // namespace atoma::sample_tee
