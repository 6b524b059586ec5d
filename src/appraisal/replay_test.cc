// Every claim that an appraisal can find again: changed, it is named, and nothing else is.
#include "atoma/appraisal/replay.h"

#include <gtest/gtest.h>

#include <functional>

namespace atoma::appraisal {
namespace {

using cose::Ear;

Ear make_claimed() {
  Ear ear{.issuer = "test",
          .id = "1",
          .issued_at = {1000},
          .expires_at = {1300},
          .nonce = "12345678",
          .developer = "Atoma",
          .build = "test",
          .submods = {{.name = "cpu", .status = cose::EarStatus::kAffirming}}};
  auto& claims = ear.atoma;
  claims.verdict = cose::EarVerdict::kAccepted;
  claims.tee = "tdx";
  claims.evidence_sha256 = std::string(64, 'e');
  claims.policy_sha256 = std::string(64, 'd');
  claims.collateral_sha256 = {std::string(64, 'c')};
  claims.report_data = std::string(128, 'a');
  claims.measurements = {{"mrtd", "11"}, {"rtmr0", "22"}};
  claims.advisories = {"INTEL-SA-1"};
  claims.checks = 70;
  claims.findings = {{.id = "intel.tcb", .outcome = "excused", .expected = "x", .actual = "y"}};
  claims.verified_at = {1000};
  return ear;
}

std::string names(const std::vector<Difference>& list) {
  std::string out;
  for (const auto& difference : list) out += (out.empty() ? "" : " ") + difference.name;
  return out;
}

TEST(Replay, NamesExactlyWhatDiffers) {
  struct Case {
    std::string_view inputs, claims;
    std::function<void(Ear&)> change;
  };
  const Case cases[] = {
      {"", "", [](Ear&) {}},
      {"evidence", "", [](Ear& e) { e.atoma.evidence_sha256[0] = 'f'; }},
      {"policy", "", [](Ear& e) { e.atoma.policy_sha256[0] = 'f'; }},
      {"collateral", "", [](Ear& e) { e.atoma.collateral_sha256[0][0] = 'f'; }},
      {"collateral", "", [](Ear& e) { e.atoma.collateral_sha256.clear(); }},
      {"reference_values", "", [](Ear& e) { e.atoma.reference_values_sha256 = "ab"; }},
      {"", "verdict", [](Ear& e) { e.atoma.verdict = cose::EarVerdict::kRefused; }},
      {"", "tee", [](Ear& e) { e.atoma.tee = "snp"; }},
      {"", "sample", [](Ear& e) { e.atoma.sample = true; }},
      {"", "tcb_status", [](Ear& e) { e.atoma.tcb_status = "UpToDate"; }},
      {"", "tcb_date", [](Ear& e) { e.atoma.tcb_date = "2026-01-01T00:00:00Z"; }},
      {"", "gpu_binding", [](Ear& e) { e.atoma.gpu_binding = "nonce"; }},
      {"", "key", [](Ear& e) { e.atoma.key = "ab"; }},
      {"", "report_data", [](Ear& e) { e.atoma.report_data[0] = 'b'; }},
      {"", "verified_at", [](Ear& e) { e.atoma.verified_at = {1001}; }},
      {"", "checks", [](Ear& e) { e.atoma.checks = 71; }},
      {"", "measurements[1]", [](Ear& e) { e.atoma.measurements[1].second = "23"; }},
      {"", "measurements[1]", [](Ear& e) { e.atoma.measurements.pop_back(); }},
      {"", "advisories[1]", [](Ear& e) { e.atoma.advisories.push_back("INTEL-SA-2"); }},
      {"", "findings[0]", [](Ear& e) { e.atoma.findings[0].outcome = "fail"; }},
      {"", "findings[0]", [](Ear& e) { e.atoma.findings[0].actual = "z"; }},
      {"", "submods[0]", [](Ear& e) { e.submods[0].status = cose::EarStatus::kWarning; }},
      {"", "submods[0]", [](Ear& e) { e.submods[0].trust.hardware = 2; }},
      {"", "submods[0]", [](Ear& e) { e.submods[0].appraisal_policy_id = "other"; }},
      // What no appraisal can find again.
      {"", "", [](Ear& e) { e.id = "2"; }},
  };
  for (const Case& c : cases) {
    Ear again = make_claimed();
    c.change(again);
    const auto replay = compare(make_claimed(), again);
    EXPECT_EQ(names(replay.inputs), c.inputs);
    EXPECT_EQ(names(replay.claims), c.claims);
    EXPECT_EQ(replay.same(), c.inputs.empty() && c.claims.empty());
  }
  Ear again = make_claimed();
  again.atoma.checks = 71;
  EXPECT_EQ(compare(make_claimed(), again).claims,
            (std::vector<Difference>{{"checks", "70", "71"}}));
}

TEST(Replay, ComparesItemsOfABatchClaimByClaim) {
  const cose::EarItem claimed{.place = 3,
                              .status = cose::EarStatus::kAffirming,
                              .trust = {.hardware = 2},
                              .atoma = make_claimed().atoma};
  const auto differing = [&](const std::function<void(cose::EarItem&)>& change) {
    cose::EarItem again = claimed;
    change(again);
    const auto replay = compare(claimed, again);
    return names(replay.inputs) + "|" + names(replay.claims);
  };
  EXPECT_EQ(differing([](auto& item) { item.place = 0; }), "|");
  EXPECT_EQ(differing([](auto& item) { item.status = cose::EarStatus::kNone; }), "|status");
  EXPECT_EQ(differing([](auto& item) { item.trust.hardware = 3; }), "|trust");
  EXPECT_EQ(differing([](auto& item) { item.trust.sourced_data = 1; }), "|trust");
  EXPECT_EQ(differing([](auto& item) { item.atoma.checks = 1; }), "|checks");
  EXPECT_EQ(differing([](auto& item) { item.atoma.policy_sha256 = ""; }), "policy|");
}

TEST(Replay, FollowsTheResultInWhatItLeavesOpen) {
  Ear ear = make_claimed();
  EXPECT_EQ(replay_detail(ear.atoma), evidence::Detail::kClaims);
  EXPECT_EQ(replay_report_data(ear.atoma), Bytes(64, 0xAA));
  ear.atoma.findings.push_back({.id = "policy.report_data",
                                .outcome = "fail",
                                .expected = std::string(128, 'b'),
                                .actual = std::string(128, 'a')});
  EXPECT_EQ(replay_report_data(ear.atoma), Bytes(64, 0xBB));
  ear.atoma.findings.back() = {.id = "policy.report_data",
                               .outcome = "missing",
                               .expected = "the report data that the relying party expects"};
  EXPECT_EQ(replay_report_data(ear.atoma), std::nullopt);
  ear.atoma.findings.back() = {
      .id = "policy.report_data", .outcome = "pass", .expected = "any (why)"};
  EXPECT_EQ(replay_report_data(ear.atoma), std::nullopt);
  EXPECT_EQ(replay_detail(ear.atoma), evidence::Detail::kAll);
  ear.atoma.findings.clear();
  ear.atoma.report_data = "0102";
  EXPECT_EQ(replay_report_data(ear.atoma)->size(), 64u);
  ear.atoma.tee = "nvidia";
  EXPECT_EQ(replay_report_data(ear.atoma), std::nullopt);
  EXPECT_EQ(replay_tpm_nonce(ear.atoma, Bytes(20, 1)), Bytes(20, 1));
  ear.atoma.findings = {
      {.id = "policy.vtpm.nonce", .outcome = "fail", .expected = std::string(40, 'c')}};
  EXPECT_EQ(replay_tpm_nonce(ear.atoma, Bytes(20, 1)), Bytes(20, 0xCC));
  ear.atoma.findings[0].expected = "the nonce that the relying party sent";
  EXPECT_EQ(replay_tpm_nonce(ear.atoma, Bytes(20, 1)), std::nullopt);
  ear.nonce = "MTIzNDU2Nzg=";
  EXPECT_EQ(replay_challenge(ear), std::nullopt);
  ear.atoma.key = std::string(64, 'f');
  EXPECT_EQ(replay_challenge(ear), to_bytes(as_bytes("12345678")));
  const auto about = replay_context(ear);
  EXPECT_EQ(about.issued_at + about.lifetime, ear.expires_at);
}

}  // namespace
}  // namespace atoma::appraisal
