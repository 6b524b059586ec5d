#include "verify_tpm.h"

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"
#include "conformance/files.h"

namespace atoma::app {
namespace {

using conformance::read_file;
using evidence::tpm::EvidenceFile;

constexpr std::string_view kHclMagic = "HCLA";
constexpr std::string_view kAttestMagic = "\xFFTCG";

Status load_into(const std::string& path, Bytes& out) {
  if (path.empty()) return {};
  ATOMA_TRY(out, read_file(path, limits::kEvidenceMax));
  return {};
}

Status load_pcrs(const std::string& path, EvidenceFile& out) {
  if (path.empty()) return {};
  ATOMA_TRY(const auto bytes, read_file(path, limits::kEvidenceMax));
  const bool json = !bytes.empty() && bytes.front() == '{';
  auto parsed = json ? evidence::tpm::parse_evidence_file(bytes)
                     : evidence::tpm::parse_pcr_lines(as_text(bytes));
  if (!parsed) return std::unexpected(parsed.error());
  out.bank = parsed->bank;
  out.pcrs = std::move(parsed->pcrs);
  return {};
}

}  // namespace

void add_tpm_options(CLI::App& command, TpmOptions& options) {
  const std::string group = "TPM";
  command.add_option("--tpm-quote", options.quote, "TPMS_ATTEST, beside an HCL report")
      ->group(group);
  command.add_option("--tpm-signature", options.signature, "Its TPMT_SIGNATURE, or bare RSASSA")
      ->group(group);
  command.add_option("--pcrs", options.pcrs, "PCR values: lines \"7: HEX\", or an evidence file")
      ->group(group);
  command.add_option("--td-quote", options.td_quote, "TD quote beside an HCL report of TDX")
      ->group(group);
  command.add_option("--ak", options.ak, "Public AK: PEM, DER or TPM2B_PUBLIC")->group(group);
}

appraisal::TpmEvidence TpmInputs::view() const {
  auto out = appraisal::tpm_evidence(file);
  if (nonce) out.nonce = *nonce;
  return out;
}

Result<std::optional<TpmInputs>> load_tpm(ByteView evidence, const TpmOptions& options) {
  TpmInputs out;
  const std::string_view text = as_text(evidence);
  if (text.starts_with('{')) {
    ATOMA_TRY(out.file, evidence::tpm::parse_evidence_file(evidence));
  } else if (text.starts_with(kHclMagic)) {
    out.file.hcl_report = to_bytes(evidence);
  } else if (text.starts_with(kAttestMagic)) {
    out.file.message = to_bytes(evidence);
  } else {
    return std::nullopt;
  }
  ATOMA_TRY_VOID(load_into(options.quote, out.file.message));
  ATOMA_TRY_VOID(load_into(options.signature, out.file.signature));
  ATOMA_TRY_VOID(load_into(options.td_quote, out.file.td_quote));
  ATOMA_TRY_VOID(load_into(options.ak, out.file.ak_public));
  ATOMA_TRY_VOID(load_pcrs(options.pcrs, out.file));
  if (!options.nonce.empty()) {
    ATOMA_TRY(out.nonce, wire::hex_decode(options.nonce));
  }
  return out;
}

}  // namespace atoma::app
