// What a relying party accepts of AWS Nitro enclaves, and its appraisal.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "atoma/appraisal/rule.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/nitro/verify.h"

namespace atoma::appraisal {

class PolicyReader;

// Registers with a meaning of AWS's: image, kernel, application, role, instance, signing
// certificate.
inline constexpr std::size_t kNitroPcrs[] = {0, 1, 2, 3, 4, 8};
inline constexpr std::size_t kNitroPcrSize = 48;
// The words for a field that must not be there.
inline constexpr std::string_view kNitroAbsent = "absent";

// Which field carries what the relying party asked to be bound.
enum class NitroBinding : std::uint8_t { kUserData = 0, kNonce };

struct NitroPolicy {
  Require no_debug;  // PCR0 is there and not zero
  Bound<std::uint64_t> document_age_max_s;
  Bound<std::uint64_t> clock_skew_max_s;  // documents from the future
  NitroBinding report_data_in = NitroBinding::kUserData;
  // SHA-256 in lower-case hexadecimal of each field's bytes, or "absent".
  AnyOf<std::string> user_data, nonce, public_key;
  std::vector<MeasurementRule> measurements;  // kNitroPcrs, in that order
  // All others: what is named here; zero or not there where nothing is.
  Require other_pcrs_zero;
  std::array<std::optional<MeasurementRule>, evidence::nitro::kPcrsMax> other_pcrs;

  // No debug, as old as the leaf's lifetime of three hours, a minute ahead; other registers, fields
  // and reference values as they come.
  static NitroPolicy strict(const std::string& why_no_measurements);
};

// The section accept.nitro. Errors come out of the reader's finish().
NitroPolicy read_nitro_policy(PolicyReader& in);

// What the verifier must be told; nothing where the policy accepts any distance.
evidence::nitro::Freshness freshness_of(const NitroPolicy& policy);

// The field that the policy names; empty when the document has none.
ByteView report_data_of(const evidence::nitro::DocumentFields& document, const NitroPolicy& policy);

// Adds policy.* findings. Report data and sample roots are the caller's, for every TEE.
void appraise_nitro(const evidence::nitro::AuthenticDocument& document, const NitroPolicy& policy,
                    Time at, evidence::Findings& findings);

}  // namespace atoma::appraisal
