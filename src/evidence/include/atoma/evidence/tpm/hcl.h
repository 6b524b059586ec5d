// Azure's HCL report: the hardware report of the paravisor that runs the vTPM, and the claims that
// it hashed into that report's REPORTDATA, the AK's public key among them.
//
// Parsing believes nothing: the AK counts once the hardware report is verified and its report data
// is the hash of the claims (verify.h, check_hcl_binding).
#pragma once

#include <optional>
#include <string>

#include "atoma/evidence/tpm/attestation_key.h"

namespace atoma::evidence::tpm {

enum class HclReportType : std::uint8_t { kNone = 0, kSnp = 2, kTdx = 4 };

struct HclReport {
  HclReportType type = HclReportType::kNone;
  HashAlgorithm hash = HashAlgorithm::kNone;
  // SNP: the report, 1,184 bytes. TDX: the TDREPORT that a quote was made of; only a verified TD
  // quote says what it held.
  ByteView hardware_report;
  ByteView claims;  // the exact JSON that was hashed
};

// Everything after the claims must be zero. Views point into `bytes`.
// Errors: "hcl.size", "hcl.magic", "hcl.report_type", "hcl.hash_type", "hcl.claims_size",
// "hcl.padding".
Result<HclReport> parse_hcl_report(ByteView bytes);

struct HclClaims {
  AttestationKey ak;
  std::string vm_id;
  std::optional<bool> secure_boot;
  Bytes user_data;
};

// Errors: those of JsonDocument::parse and AttestationKey::create_rsa, "hcl.claims" (no key
// HCLAkPub, two of them, or one that is not RSA).
Result<HclClaims> parse_hcl_claims(ByteView claims);

}  // namespace atoma::evidence::tpm
