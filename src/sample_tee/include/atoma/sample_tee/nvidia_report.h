// Writes SPDM 1.1 measurement reports as NVIDIA devices do, signed by a software key.
//
//   NvidiaReportTemplate content = sample_gpu_report(Architecture::kHopper);
//   std::ranges::copy(challenge, content.nonce.begin());
//   const Bytes report = make_nvidia_report(content, attestation_key);
#pragma once

#include "atoma/crypto/signature.h"
#include "atoma/evidence/nvidia/verify.h"

namespace atoma::sample_tee {

struct NvidiaOpaque {
  std::uint16_t type = 0;
  Bytes data;
};

struct NvidiaReportTemplate {
  ByteArray<32> nonce{}, responder_nonce{};
  std::vector<Bytes> measurements;  // block 1 first
  std::vector<NvidiaOpaque> opaque;

  // Sets the field of this type; appends one when there is none.
  void set(evidence::nvidia::OpaqueType type, Bytes data);
  void remove(evidence::nvidia::OpaqueType type);
};

// What a healthy device reports, with one measurement per block that `n` stands in, and the FWID.
NvidiaReportTemplate sample_nvidia_report(evidence::nvidia::Architecture architecture,
                                          ByteView fwid);
// As it stands in an opaque field: "550.90.07" with its NUL.
Bytes nvidia_text(std::string_view text);

// Everything before the signature.
Bytes encode_nvidia_report(const NvidiaReportTemplate& content);
// The signature appended.
Bytes sign_nvidia_report(Bytes encoded, const crypto::EcPrivateKey& key);
inline Bytes make_nvidia_report(const NvidiaReportTemplate& content,
                                const crypto::EcPrivateKey& key) {
  return sign_nvidia_report(encode_nvidia_report(content), key);
}

}  // namespace atoma::sample_tee
