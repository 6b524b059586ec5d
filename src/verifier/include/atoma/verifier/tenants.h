// Policies beside the default: a request names the tenant under whose policy it wants to be judged.
// Anybody may name any tenant: the digest of the policy in the result says which it was, and who
// relies on the result compares it.
//
//   ATOMA_TRY(const auto policies, Policies::create(default_policy, tenants));
//   ATOMA_TRY(const std::size_t place, policies.find("acme"));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atoma/appraisal/policy.h"
#include "atoma/base/result.h"

namespace atoma::verifier {

// Each thread keeps an appraiser for each, with its memory of good chains.
inline constexpr std::size_t kTenantsMax = 64;
inline constexpr std::size_t kTenantNameMax = 64;

struct NamedPolicy {
  std::string tenant;  // "" for the default
  std::shared_ptr<const appraisal::Policy> policy;
  std::string text;  // as it was parsed
};

class Policies {
 public:
  // Errors: "tenant.name" (letters, digits, '.', '_' and '-', at most kTenantNameMax),
  // "tenant.twice", "tenant.too_many".
  static Result<Policies> create(NamedPolicy by_default, std::vector<NamedPolicy> tenants);

  // The place of a tenant's policy; of the default for "". Errors: "tenant.unknown".
  Result<std::size_t> find(std::string_view tenant) const;
  const NamedPolicy& at(std::size_t place) const { return policies_[place]; }
  std::vector<std::shared_ptr<const appraisal::Policy>> all() const;

 private:
  explicit Policies(std::vector<NamedPolicy> policies) : policies_(std::move(policies)) {}

  std::vector<NamedPolicy> policies_;  // the default first
};

}  // namespace atoma::verifier
