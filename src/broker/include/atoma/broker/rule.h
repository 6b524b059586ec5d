// A release rule: what an attestation result must say before a secret goes to its key. JSON (or
// YAML, for people):
//
//   {"tee": ["tdx"], "sample": "forbid", "measurements": {"mrtd": ["<hex>"]},
//    "policy_sha256": ["<hex>"], "ear_age_max_s": 300}
//
// Every member must be there. Not to check one of the last three is said as
// {"accept_any": "reason"}; any policy is then the verifier's default one, whatever it says, and
// never one that the verifier keeps for a tenant: a requester chooses among those. Every
// measurement named must be in the evidence with a value from its list: names of another TEE's
// registers never match, so a rule with measurements is for one TEE.
#pragma once

#include <optional>
#include <vector>

#include "atoma/appraisal/rule.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/cose/ear.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/json.h"

namespace atoma::broker {

inline constexpr std::size_t kRuleSizeMax = 32 * 1024;

struct ReleaseRule {
  std::vector<std::string> tee;  // "tdx", "vtpm", "tdx+nvidia", …; at least one
  bool sample_allowed = false;
  appraisal::AnyOf<appraisal::MeasurementRule> measurements;  // all must hold
  appraisal::AnyOf<Bytes> policy;                             // SHA-256 of the appraisal policy
  appraisal::Bound<Duration> ear_age_max;
};

// Errors: those of http::FieldReader, with paths like "rule.tee".
Result<ReleaseRule> parse_rule(const wire::JsonValue& object);

// Nothing when the rule admits the result. `default_policy`: SHA-256 of the policy that a rule
// means which names none. Errors: "release.tee", "release.sample", "release.measurement",
// "release.policy", "release.age", in this order.
Status check_rule(const ReleaseRule& rule, const cose::Ear& ear,
                  const crypto::Digest256& default_policy, Time now);

}  // namespace atoma::broker
