// A TPM's evidence in one JSON document, as guest tools write it (Trustee's az-snp-vtpm,
// az-tdx-vtpm and tpm evidence): a quote with its PCR values, an HCL report or an AK, a TD quote, a
// VCEK.
#pragma once

#include <array>

#include "atoma/evidence/tpm/quote.h"

namespace atoma::evidence::tpm {

struct EvidenceFile {
  Bytes hcl_report;  // "hcl_report" or "report"
  Bytes td_quote;
  Bytes vcek;  // PEM or DER
  Bytes ak_public;
  Bytes message, signature;  // of "tpm_quote" or "quote"
  HashAlgorithm bank = HashAlgorithm::kNone;
  std::array<Bytes, kPcrs> pcrs;  // empty where there are fewer
};

// Bytes stand as lists of numbers, hexadecimal, base64 or base64url; absent members stay empty.
// Errors: those of JsonDocument::parse, "tpm.file" (a member in no such form, PCRs of different
// sizes or too many).
Result<EvidenceFile> parse_evidence_file(ByteView json);

// PCR values alone, as tpm2_pcrread prints them: lines "7 : 0xHEX" of one bank, and others, which
// are skipped when they are empty or name the bank ("sha256:"). Errors: "tpm.file".
Result<EvidenceFile> parse_pcr_lines(std::string_view text);

}  // namespace atoma::evidence::tpm
