// Writes TCB infos and QE identities as Intel's provisioning service serves them (PCS v4).
//
//   auto info = sample_tcb_info(Tee::kTdx, sample_pck_info(), window);
//   info.levels[0].status = TcbStatus::kSwHardeningNeeded;
//   files.tcb_info = platform.sign_tcb_info(encode_tcb_info(info));
#pragma once

#include <string>

#include "atoma/crypto/signature.h"
#include "atoma/evidence/intel/tcb.h"
#include "atoma/evidence/tee.h"

namespace atoma::sample_tee {

// A TCB info for platforms like `pck`: an UpToDate level that its components and the default TD
// report reach, and an OutOfDate level below. TDX: module identities TDX_01 and TDX_03.
evidence::intel::TcbInfo sample_tcb_info(evidence::Tee tee, const evidence::intel::PckInfo& pck,
                                         ValidityWindow window);
// Names the quoting enclave of sample_quoting_enclave; debug enclaves are outside its mask.
evidence::intel::QeIdentity sample_qe_identity(evidence::Tee tee, ValidityWindow window);

// The object that is signed: {"id":"TDX",…} in version 3, without an id in version 2.
std::string encode_tcb_info(const evidence::intel::TcbInfo& info);
std::string encode_qe_identity(const evidence::intel::QeIdentity& identity);

// {"<member>":<object>,"signature":"<hex>"}, the object's bytes as they are.
Bytes sign_intel_object(std::string_view member, std::string_view object,
                        const crypto::EcPrivateKey& signer);

}  // namespace atoma::sample_tee
