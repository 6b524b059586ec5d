// The certificates of a software Intel: names, constraints and extensions of the PCK certificate
// profile, so that a verifier tells them from Intel's by the root alone (its organisation is
// "Atoma sample").
//
// Templates are the parts before they are signed, for whoever wants to change one.
#pragma once

#include "atoma/evidence/intel/pck.h"
#include "atoma/pki/issue.h"

namespace atoma::sample_tee {

// 2020 to 2050: a sample platform lives as long as its directory.
inline constexpr ValidityWindow kIntelCertificatesValid{{1577836800}, {2524607999}};

// A platform whose components reach the first level of sample_tcb_info.
evidence::intel::PckInfo sample_pck_info();

// Contents of the extension 1.2.840.113741.1.13.1. The configuration and the platform instance are
// written when all three flags are there, as in certificates of the PCK Platform CA.
Bytes encode_pck_extension(const evidence::intel::PckInfo& info);

// Self-signed.
pki::CertificateTemplate intel_root_template();
// The others hold the public key of their subject, and name the issuer that should sign them.
pki::CertificateTemplate intel_pck_ca_template(ByteView public_key_info);
pki::CertificateTemplate intel_pck_template(const evidence::intel::PckInfo& info,
                                            ByteView public_key_info);
pki::CertificateTemplate intel_tcb_signer_template(ByteView public_key_info);

}  // namespace atoma::sample_tee
