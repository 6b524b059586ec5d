#include "atoma/appraisal/nvidia_policy.h"

#include <gtest/gtest.h>

#include "atoma/appraisal/policy.h"
#include "nvidia/test_rim.h"

namespace atoma::appraisal {
namespace {

using evidence::nvidia::replaced;

const std::string kPolicy = R"(atoma_policy: 1
name: gpus
revocation: require
report_data: require
accept:
  nvidia:
    sample_nonce: forbid
    fwid: require
    rims: {driver: require, vbios: require, signature: require, validity: require}
    ocsp: require
    certificate_hold: forbid
    debug: forbid
    modes: [spt, mpt]
    devices: 8
)";

TEST(NvidiaPolicy, ReadsEveryField) {
  const auto policy = parse_policy(kPolicy);
  ASSERT_TRUE(policy) << policy.error().to_string();
  ASSERT_TRUE(policy->nvidia);
  const auto& p = *policy->nvidia;
  for (const auto& rule : {p.no_sample_nonce, p.fwid_bound, p.driver_rim, p.vbios_rim,
                           p.rim_signature, p.rim_validity, p.ocsp, p.no_hold, p.no_debug}) {
    EXPECT_FALSE(rule.accept_any);
  }
  EXPECT_TRUE(p.modes.admits(std::string("mpt")));
  EXPECT_FALSE(p.modes.admits(std::string("ppcie")));
  EXPECT_EQ(p.devices.value, 8u);
  const std::string any = "{accept_any: \"why\"}";
  const auto loose = parse_policy(
      replaced(replaced(replaced(replaced(kPolicy, ": forbid", ": " + any), "[spt, mpt]", any),
                        "devices: 8", "devices: " + any),
               "ocsp: require", "ocsp: " + any));
  ASSERT_TRUE(loose) << loose.error().to_string();
  EXPECT_TRUE(loose->nvidia->no_sample_nonce.accept_any);
  EXPECT_TRUE(loose->nvidia->ocsp.accept_any);
  EXPECT_TRUE(loose->nvidia->modes.accept_any);
  EXPECT_TRUE(loose->nvidia->devices.accept_any);
}

TEST(NvidiaPolicy, EachFieldMustBeThere) {
  for (const char* field :
       {"sample_nonce: forbid", "fwid: require", "driver: require, ", "vbios: require, ",
        "signature: require, ", "ocsp: require", "certificate_hold: forbid", "debug: forbid",
        "modes: [spt, mpt]", "devices: 8"}) {
    const auto policy = parse_policy(replaced(kPolicy, field, ""));
    ASSERT_FALSE(policy) << field;
    EXPECT_EQ(policy.error().reason, "policy.missing_field") << field;
  }
}

TEST(NvidiaPolicy, RefusesOtherWords) {
  for (const auto& [from, to] : {std::pair{"[spt, mpt]", "[spt, cc]"},
                                 {"sample_nonce: forbid", "sample_nonce: allow"},
                                 {"devices: 8", "devices: eight"}}) {
    EXPECT_EQ(parse_policy(replaced(kPolicy, from, to)).error().reason, "policy.field") << to;
  }
}

}  // namespace
}  // namespace atoma::appraisal
