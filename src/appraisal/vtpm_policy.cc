#include "atoma/appraisal/vtpm_policy.h"

#include <format>

#include "policy_reader.h"
#include "rules.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::HashAlgorithm;
using evidence::tpm::AuthenticTpmQuote;
using evidence::tpm::kPcrs;

HashAlgorithm read_bank(PolicyReader& in) {
  const std::string word = in.text("pcr_bank");
  for (const auto bank : {HashAlgorithm::kSha256, HashAlgorithm::kSha384}) {
    if (evidence::hash_name(bank) == word) return bank;
  }
  in.fail("pcr_bank", "sha256 or sha384");
  return HashAlgorithm::kSha256;
}

std::uint32_t read_selected(PolicyReader& in) {
  std::uint32_t mask = 0;
  for (const auto pcr : in.any_of_u64("pcrs_selected").values) {
    if (pcr >= kPcrs) in.fail("pcrs_selected", "numbers of PCRs, 0 to 23");
    mask |= pcr < kPcrs ? 1u << pcr : 0;
  }
  return mask;
}

AnyOf<std::uint64_t> read_numbers(PolicyReader& in, std::string_view name) {
  return in.any_of_u64(name);
}

std::string firmware_text(const AnyOf<std::uint64_t>& rule) {
  if (rule.accept_any) return "any (" + rule.accept_any_reason + ")";
  std::string out = "one of";
  for (const auto version : rule.values) out += std::format(" {:#x}", version);
  return out;
}

}  // namespace

VtpmPolicy VtpmPolicy::strict(const std::string& why_no_measurements) {
  VtpmPolicy out;
  out.vcek_not_before = Require::any("AMD makes the certificate anew for each download");
  out.bank = HashAlgorithm::kSha256;
  out.firmware_versions = AnyOf<std::uint64_t>::any("the strict default names no firmware");
  for (const auto name : kPcrNames) {
    out.measurements.push_back({std::string(name), AnyOf<Bytes>::any(why_no_measurements)});
  }
  return out;
}

VtpmPolicy read_vtpm_policy(PolicyReader& in) {
  VtpmPolicy out;
  out.nonce = in.require("nonce", "require");
  out.ak = in.any_of_bytes("ak", 32);
  out.td_collateral = in.require("td_collateral", "require");
  out.vcek_not_before = in.require("vcek_not_before", "require");
  out.bank = read_bank(in);
  out.pcrs_selected = read_selected(in);
  out.clock_safe = in.require("clock_safe", "require");
  out.firmware_versions = in.windowed("firmware_versions", read_numbers);
  in.object("measurements", [&](PolicyReader& list) {
    for (const auto name : kPcrNames) {
      out.measurements.push_back(
          {std::string(name), list.windowed_bytes(name, evidence::digest_size(out.bank))});
    }
  });
  return out;
}

void appraise_tpm_quote(const AuthenticTpmQuote& authentic, const VtpmPolicy& policy, Time at,
                        Findings& findings) {
  const auto& quote = authentic.quote();
  findings.check(Check::kPolicyVtpmBank, authentic.bank() == policy.bank,
                 evidence::hash_name(policy.bank), evidence::hash_name(authentic.bank()));
  std::uint32_t selected = 0;
  for (std::size_t i = 0; i < kPcrs; ++i) selected |= authentic.selected(i) ? 1u << i : 0;
  findings.check(
      Check::kPolicyVtpmPcrs, (selected & policy.pcrs_selected) == policy.pcrs_selected,
      [&] { return std::format("every PCR of {:#08x}", policy.pcrs_selected); },
      [&] { return std::format("PCRs {:#08x}", selected); });
  apply(policy.clock_safe, quote.clock_safe, Check::kPolicyVtpmClock, "a safe clock",
        quote.clock_safe ? "safe" : "not safe: values may repeat", findings);
  const auto& versions = policy.firmware_versions;
  const auto listed = [&](const std::vector<std::uint64_t>& list) {
    return std::ranges::contains(list, quote.firmware_version);
  };
  check_with_windows(
      Check::kPolicyVtpmFirmware, versions.accept_any || listed(versions.values), versions.windows,
      at, listed, [&] { return firmware_text(versions); },
      [&] { return std::format("{:#x}", quote.firmware_version); }, findings);
  for (std::size_t i = 0; i < policy.measurements.size(); ++i) {
    apply(policy.measurements[i], authentic.pcr(i), at, Check::kPolicyMeasurement, findings);
  }
}

}  // namespace atoma::appraisal
