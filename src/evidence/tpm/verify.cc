#include "atoma/evidence/tpm/verify.h"

#include <format>

#include "atoma/wire/text.h"

namespace atoma::evidence::tpm {
namespace {

using wire::hex_encode;

// The one bank with a PCR selected; none when there are more, or nothing is selected.
std::optional<PcrSelection> only_bank(const TpmQuote& quote) {
  std::optional<PcrSelection> found;
  for (const auto& selection : quote.selections) {
    if (selection.mask == 0) continue;
    if (found) return std::nullopt;
    found = selection;
  }
  return found;
}

bool check_selection(const std::optional<PcrSelection>& selection, const PcrValues& pcrs,
                     Findings& findings) {
  bool complete = selection && believed(selection->bank) && selection->bank == pcrs.bank;
  for (std::size_t i = 0; complete && i < kPcrs; ++i) {
    if ((selection->mask >> i & 1) == 0) continue;
    complete = pcrs.values[i].size() == digest_size(pcrs.bank);
  }
  return findings.check(
      Check::kTpmPcrSelection, complete,
      [&] {
        return std::format("PCRs of one bank, and each one's {} value", hash_name(pcrs.bank));
      },
      [&] {
        return selection
                   ? std::format("{}, PCRs {:#08x}", hash_name(selection->bank), selection->mask)
                   : std::string("no bank or more than one");
      });
}

// Part 1 §18.6: the selected PCRs in ascending order, by the hash of the signing scheme.
Bytes digest_of_pcrs(const PcrSelection& selection, const PcrValues& pcrs, HashAlgorithm hash) {
  Bytes all;
  for (std::size_t i = 0; i < kPcrs; ++i) {
    if ((selection.mask >> i & 1) != 0) append(all, pcrs.values[i]);
  }
  return hash_of(hash, {all});
}

}  // namespace

std::optional<AuthenticTpmQuote> verify_tpm_quote(const TpmQuote& quote,
                                                  const TpmSignature& signature, AttestationKey& ak,
                                                  const PcrValues& pcrs, Findings& findings) {
  const bool signed_by_ak = ak.verify(signature, quote.raw);
  bool good = findings.check(
      Check::kTpmQuoteSignature, signed_by_ak,
      [&] { return "signed by the AK " + hex_encode(ak.fingerprint()); },
      signed_by_ak ? "verified" : "does not verify");
  const auto selection = only_bank(quote);
  if (!check_selection(selection, pcrs, findings)) return std::nullopt;
  const Bytes digest = digest_of_pcrs(*selection, pcrs, signature.hash);
  good &= findings.check(
      Check::kTpmPcrDigest, equal(digest, quote.pcr_digest),
      [&] { return hex_encode(quote.pcr_digest); },
      [&] { return hex_encode(digest) + " of the PCR values given"; });
  if (!good) return std::nullopt;
  AuthenticTpmQuote out;
  out.quote_ = quote;
  out.selection_ = *selection;
  out.values_ = pcrs;
  return out;
}

bool check_hcl_binding(const HclReport& report, ByteView report_data, Findings& findings) {
  const Bytes digest = hash_of(report.hash, {report.claims});
  const bool bound = report_data.size() >= digest.size() &&
                     equal(report_data.first(digest.size()), digest) &&
                     all_zero(report_data.subspan(digest.size()));
  return findings.check(
      Check::kTpmHclBinding, bound,
      [&] { return hex_encode(digest) + ", the hash of the claims, and zeros"; },
      [&] { return hex_encode(report_data); });
}

}  // namespace atoma::evidence::tpm
