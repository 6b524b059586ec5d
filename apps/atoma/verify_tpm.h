// `atoma verify` for TPMs: HCL reports, quotes and evidence files, and the options beside them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "atoma/appraisal/tpm_evidence.h"

namespace atoma::app {

// `nonce` is the option that NVIDIA's evidence has too, and is set by the caller.
struct TpmOptions {
  std::string quote, signature, pcrs, td_quote, ak, nonce;
};

void add_tpm_options(CLI::App& command, TpmOptions& options);

// Owns what the view points into.
struct TpmInputs {
  evidence::tpm::EvidenceFile file;
  std::optional<Bytes> nonce;

  appraisal::TpmEvidence view() const;
};

// Nothing when the evidence is none of a TPM by its first bytes: JSON, "HCLA" or a TPMS_ATTEST.
// Errors: those of read_file, hex_decode, parse_evidence_file and parse_pcr_lines.
Result<std::optional<TpmInputs>> load_tpm(ByteView evidence, const TpmOptions& options);

}  // namespace atoma::app
