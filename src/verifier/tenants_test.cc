// Tenants: who may be one, whose policy a request is judged by, and what an unknown one costs.
#include "atoma/verifier/tenants.h"

#include <gtest/gtest.h>

namespace atoma::verifier {
namespace {

NamedPolicy policy(std::string tenant) {
  return {std::move(tenant),
          std::make_shared<const appraisal::Policy>(appraisal::Policy::strict("tests")), "text"};
}

std::string reason_of(std::vector<NamedPolicy> tenants) {
  const auto made = Policies::create(policy(""), std::move(tenants));
  return made ? "" : std::string(made.error().reason);
}

TEST(Tenants, HaveNamesOfTheirOwn) {
  EXPECT_EQ(reason_of({policy("a"), policy("A"), policy("b.c_d-1")}), "");
  EXPECT_EQ(reason_of({policy("a"), policy("a")}), "tenant.twice");
  for (const auto* bad : {"", "a b", "a/b", "\xC3\xA4"}) {
    EXPECT_EQ(reason_of({policy(bad)}), "tenant.name") << bad;
  }
  EXPECT_EQ(reason_of({policy(std::string(kTenantNameMax, 'a'))}), "");
  EXPECT_EQ(reason_of({policy(std::string(kTenantNameMax + 1, 'a'))}), "tenant.name");
  std::vector<NamedPolicy> many;
  for (std::size_t i = 0; i <= kTenantsMax; ++i) many.push_back(policy(std::to_string(i)));
  EXPECT_EQ(reason_of(std::move(many)), "tenant.too_many");
}

TEST(Tenants, AreFoundByTheirExactName) {
  const auto policies = *Policies::create(policy(""), {policy("acme"), policy("b")});
  EXPECT_EQ(*policies.find(""), 0u);
  EXPECT_EQ(policies.at(*policies.find("acme")).tenant, "acme");
  EXPECT_EQ(policies.all().size(), 3u);
  for (const auto* unknown : {"Acme", "acm", "acme ", "c"}) {
    EXPECT_EQ(policies.find(unknown).error().reason, "tenant.unknown") << unknown;
  }
}

}  // namespace
}  // namespace atoma::verifier
