#include "atoma/verifier/tenants.h"

#include <algorithm>
#include <format>

namespace atoma::verifier {
namespace {

bool is_tenant_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kTenantNameMax && std::ranges::all_of(name, good);
}

}  // namespace

Result<Policies> Policies::create(NamedPolicy by_default, std::vector<NamedPolicy> tenants) {
  if (tenants.size() > kTenantsMax) {
    return malformed("tenant.too_many", std::format("at most {} tenants", kTenantsMax));
  }
  std::vector<NamedPolicy> all;
  all.push_back(std::move(by_default));
  all.front().tenant.clear();
  for (auto& one : tenants) {
    if (!is_tenant_name(one.tenant)) {
      return malformed("tenant.name",
                       std::format("a tenant's name: letters, digits, '.', '_', '-', at most {}",
                                   kTenantNameMax));
    }
    if (std::ranges::contains(all, one.tenant, &NamedPolicy::tenant)) {
      return malformed("tenant.twice", "two policies of tenant \"" + one.tenant + "\"");
    }
    all.push_back(std::move(one));
  }
  return Policies(std::move(all));
}

Result<std::size_t> Policies::find(std::string_view tenant) const {
  const auto found = std::ranges::find(policies_, tenant, &NamedPolicy::tenant);
  if (found != policies_.end()) return static_cast<std::size_t>(found - policies_.begin());
  return fail(Code::kNotFound, "tenant.unknown", "no policy is kept for such a tenant");
}

std::vector<std::shared_ptr<const appraisal::Policy>> Policies::all() const {
  std::vector<std::shared_ptr<const appraisal::Policy>> out;
  for (const auto& one : policies_) out.push_back(one.policy);
  return out;
}

}  // namespace atoma::verifier
