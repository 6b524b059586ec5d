// Each policy check of SEV-SNP, provoked so that it alone does not pass; and the policy's text.
#include "atoma/appraisal/snp_policy.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "amd/test_platform.h"
#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/yaml.h"
#include "policy_reader.h"

namespace atoma::appraisal {
namespace {

using evidence::Detail;
using evidence::Findings;
using evidence::Outcome;
using evidence::amd::FirmwareVersion;
using evidence::amd::Product;
using evidence::amd::SigningKey;
using evidence::amd::TcbVersion;
using evidence::amd::TestPlatform;
using sample_tee::AmdReportTemplate;
using Ids = std::set<std::string>;

struct Appraised {
  Ids failed, excused;
};

const TestPlatform& platform(Product product = Product::kMilan,
                             SigningKey kind = SigningKey::kVcek) {
  static std::map<std::pair<Product, SigningKey>, TestPlatform> platforms;
  return platforms.try_emplace({product, kind}, product, kind).first->second;
}

Appraised appraise(const TestPlatform& p, const AmdReportTemplate& content,
                   const SnpPolicy& policy) {
  const Bytes bytes = sample_tee::make_amd_report(content, p.key);
  evidence::amd::Verifier verifier(p.anchors());
  Findings findings(Detail::kAll), failures(Detail::kFailures);
  const auto verified = verifier.verify(*evidence::amd::parse_report(bytes),
                                        *evidence::amd::parse_endorsements(p.chain()),
                                        evidence::amd::kTestNow, findings);
  EXPECT_TRUE(verified.report);
  if (!verified.report) return {};
  findings.clear();
  References none;
  appraise_snp(*verified.report, policy, evidence::amd::kTestNow, none, findings);
  appraise_snp(*verified.report, policy, evidence::amd::kTestNow, none, failures);
  EXPECT_EQ(findings.checks_made(), failures.checks_made());
  Appraised out;
  for (const auto& finding : findings.items()) {
    if (finding.outcome == Outcome::kFail) out.failed.emplace(finding.id);
    if (finding.outcome == Outcome::kExcused) out.excused.emplace(finding.id);
  }
  return out;
}

// A policy that asks for everything, and that the platform's plain report satisfies.
SnpPolicy demanding(const TestPlatform& p = platform()) {
  SnpPolicy policy = SnpPolicy::strict();
  policy.no_smt = policy.alias_check = Require::strict();
  policy.abi_min = Bound<AbiVersion>::at({0, 31});
  policy.tcb_min_milan = policy.tcb_min_genoa = policy.tcb_min_turin =
      Bound<TcbVersion>::at(p.key_content.tcb);
  policy.firmware_min = Bound<FirmwareVersion>::at({1, 55, 29});
  policy.mitigations_required = Bound<std::uint64_t>::at(5);
  policy.guest_svn_min = Bound<std::uint64_t>::at(2);
  policy.measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, 1), Bytes(48, 0x3C)});
  policy.measurements[1].accepted = AnyOf<Bytes>::one_of({Bytes(32, 0)});
  policy.measurements[2].accepted = AnyOf<Bytes>::one_of({Bytes(48, 0)});
  policy.measurements[3].accepted = AnyOf<Bytes>::one_of({Bytes(48, 0)});
  policy.measurements[4].accepted = AnyOf<Bytes>::one_of({Bytes(16, 0)});
  policy.measurements[5].accepted = AnyOf<Bytes>::one_of({Bytes(16, 0)});
  return policy;
}

AmdReportTemplate satisfying(const TestPlatform& p = platform()) {
  AmdReportTemplate content = p.report_content;
  content.version = 5;
  content.policy = 0x2001F;
  content.guest_svn = 2;
  content.launch_mitigations = 7;
  content.current_mitigations = 13;
  return content;
}

TEST(SnpPolicy, ASatisfyingReportPassesEverything) {
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    const auto& p = platform(product);
    const auto [failed, excused] = appraise(p, satisfying(p), demanding(p));
    EXPECT_EQ(failed, Ids{});
    EXPECT_EQ(excused, Ids{});
  }
}

struct ReportCase {
  const char* id;
  std::function<void(AmdReportTemplate&)> change;
};

TEST(SnpPolicy, EachCheckFailsAlone) {
  const ReportCase cases[] = {
      {"policy.snp.vmpl", [](auto& r) { r.vmpl = 1; }},
      {"policy.snp.vmpl", [](auto& r) { r.vmpl = 0xFFFFFFFF; }},
      {"policy.snp.chip_id", [](auto& r) { r.chip_id = {}; }},
      {"policy.debug", [](auto& r) { r.policy |= 1u << 19; }},
      {"policy.migration", [](auto& r) { r.policy |= 1u << 18; }},
      {"policy.snp.smt", [](auto& r) { r.policy |= 1u << 16; }},
      {"policy.snp.abi", [](auto& r) { r.policy = 0x2001E; }},
      {"policy.snp.guest_svn", [](auto& r) { r.guest_svn = 1; }},
      {"policy.snp.firmware", [](auto& r) { r.current_firmware.build = 28; }},
      {"policy.snp.firmware", [](auto& r) { r.committed_firmware = {1, 54, 255}; }},
      {"policy.snp.firmware", [](auto& r) { r.committed_firmware = {0, 255, 255}; }},
      {"policy.snp.alias_check", [](auto& r) { r.platform_info = 0xDF & 0xBF; }},
      {"policy.snp.mitigations", [](auto& r) { r.launch_mitigations = 4; }},
      {"policy.snp.mitigations", [](auto& r) { r.current_mitigations = 1; }},
      {"policy.snp.mitigations", [](auto& r) { r.version = 3; }},
      {"policy.snp.launch_tcb", [](auto& r) { r.launch_tcb.snp -= 1; }},
      {"policy.snp.committed_tcb", [](auto& r) { r.committed_tcb.microcode -= 1; }},
      {"policy.snp.committed_not_above_current", [](auto& r) { r.current_tcb.tee = 0; }},
      {"policy.measurement", [](auto& r) { r.measurement[47] ^= 1; }},
      {"policy.measurement", [](auto& r) { r.host_data[0] = 1; }},
      {"policy.measurement", [](auto& r) { r.id_key_digest[0] = 1; }},
      {"policy.measurement", [](auto& r) { r.author_key_digest[0] = 1; }},
      {"policy.measurement", [](auto& r) { r.family_id[0] = 1; }},
      {"policy.measurement", [](auto& r) { r.image_id[15] = 1; }},
  };
  for (const auto& c : cases) {
    AmdReportTemplate content = satisfying();
    c.change(content);
    const auto [failed, excused] = appraise(platform(), content, demanding());
    EXPECT_EQ(failed, Ids{c.id});
    EXPECT_EQ(excused, Ids{});
  }
}

TEST(SnpPolicy, ReportVersionMustBeListed) {
  SnpPolicy policy = demanding();
  policy.mitigations_required = Bound<std::uint64_t>::any("versions 2 and 3 have none");
  AmdReportTemplate content = satisfying();
  content.version = 2;
  EXPECT_EQ(appraise(platform(), content, policy).failed, Ids{"policy.snp.report_version"});
  policy.report_versions = AnyOf<std::uint64_t>::one_of({5});
  content.version = 3;
  EXPECT_EQ(appraise(platform(), content, policy).failed, Ids{"policy.snp.report_version"});
}

TEST(SnpPolicy, MinimumOfTheReportsOwnLineCounts) {
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    const auto& p = platform(product);
    SnpPolicy policy = demanding(p);
    const auto too_high = Bound<TcbVersion>::at({255, 255, 255, 255, 255});
    policy.tcb_min_milan = policy.tcb_min_genoa = policy.tcb_min_turin = too_high;
    auto& own = product == Product::kMilan   ? policy.tcb_min_milan
                : product == Product::kGenoa ? policy.tcb_min_genoa
                                             : policy.tcb_min_turin;
    own = Bound<TcbVersion>::at(p.key_content.tcb);
    EXPECT_EQ(appraise(p, satisfying(p), policy).failed, Ids{});
    own.value.bootloader += 1;
    EXPECT_EQ(
        appraise(p, satisfying(p), policy).failed,
        (Ids{"policy.snp.reported_tcb", "policy.snp.committed_tcb", "policy.snp.launch_tcb"}));
  }
}

// The certified key fixes REPORTED_TCB, so only it differs here.
TEST(SnpPolicy, ReportedTcbFailsAlone) {
  SnpPolicy policy = demanding();
  policy.tcb_min_milan.value.snp += 1;
  AmdReportTemplate content = satisfying();
  content.current_tcb.snp += 1;
  content.committed_tcb.snp += 1;
  content.launch_tcb.snp += 1;
  EXPECT_EQ(appraise(platform(), content, policy).failed, Ids{"policy.snp.reported_tcb"});
}

TEST(SnpPolicy, NothingListedAcceptsNothing) {
  SnpPolicy policy = demanding();
  policy.vmpl.values.clear();
  EXPECT_EQ(appraise(platform(), satisfying(), policy).failed, Ids{"policy.snp.vmpl"});
  policy = demanding();
  policy.measurements[0].accepted.values.clear();
  EXPECT_EQ(appraise(platform(), satisfying(), policy).failed, Ids{"policy.measurement"});
}

TEST(SnpPolicy, ExceptionsPassAndStayVisible) {
  SnpPolicy policy = SnpPolicy::strict();
  AmdReportTemplate content = platform().report_content;
  EXPECT_EQ(appraise(platform(), content, policy).failed, Ids{});
  content.version = 2;
  content.vmpl = 2;
  content.chip_id = {};
  content.policy |= 1u << 18 | 1u << 19;
  content.platform_info = 0;
  EXPECT_EQ(appraise(platform(), content, policy).failed,
            (Ids{"policy.snp.report_version", "policy.snp.vmpl", "policy.snp.chip_id",
                 "policy.debug", "policy.migration"}));
  policy.report_versions.values.push_back(2);
  policy.vmpl = AnyOf<std::uint64_t>::any("a paravisor is at VMPL 0");
  policy.chip_id_proven = policy.no_debug = policy.no_migration = Require::any("a test");
  const auto [failed, excused] = appraise(platform(), content, policy);
  EXPECT_EQ(failed, Ids{});
  EXPECT_EQ(excused,
            (Ids{"policy.snp.report_version", "policy.snp.vmpl", "policy.snp.chip_id",
                 "policy.debug", "policy.migration", "policy.snp.smt", "policy.snp.alias_check"}));
}

TEST(SnpPolicy, WindowsLastUntilTheirDay) {
  const Time now = evidence::amd::kTestNow;
  const std::pair<const char*, std::function<void(SnpPolicy&, Time)>> cases[] = {
      {"policy.snp.report_version",
       [](SnpPolicy& p, Time until) {
         p.report_versions = AnyOf<std::uint64_t>::one_of({3});
         p.report_versions.windows = {{{2, 5}, until, "why"}};
       }},
      {"policy.snp.firmware",
       [](SnpPolicy& p, Time until) {
         p.firmware_min = Bound<FirmwareVersion>::at({9, 0, 0});
         p.firmware_min.windows = {{{1, 55, 29}, until, "why"}};
       }},
      {"policy.measurement", [](SnpPolicy& p, Time until) {
         p.measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, 9)});
         p.measurements[0].accepted.windows = {{{Bytes(48, 1), Bytes(48, 0x3C)}, until, "why"}};
       }}};
  for (const auto& [id, change] : cases) {
    SnpPolicy policy = demanding();
    change(policy, now);
    const auto open = appraise(platform(), satisfying(), policy);
    EXPECT_EQ(open.failed, Ids{}) << id;
    EXPECT_EQ(open.excused, Ids{id});
    policy = demanding();
    change(policy, Time{now.unix_s - 1});
    const auto over = appraise(platform(), satisfying(), policy);
    EXPECT_EQ(over.failed, (Ids{id, "policy.tolerance_expired"}));
    EXPECT_EQ(over.excused, Ids{});
  }
  SnpPolicy policy = demanding();
  policy.tcb_min_milan = Bound<TcbVersion>::at({255, 255, 255, 255, 255});
  policy.tcb_min_milan.windows = {{platform().key_content.tcb, now, "why"}};
  EXPECT_EQ(appraise(platform(), satisfying(), policy).excused,
            (Ids{"policy.snp.reported_tcb", "policy.snp.committed_tcb", "policy.snp.launch_tcb"}));
}

TEST(SnpPolicy, AVlekProvesNoChip) {
  const auto& p = platform(Product::kMilan, SigningKey::kVlek);
  AmdReportTemplate content = p.report_content;
  EXPECT_EQ(appraise(p, content, SnpPolicy::strict()).failed, Ids{"policy.snp.chip_id"});
  content.chip_id.fill(7);
  EXPECT_EQ(appraise(p, content, SnpPolicy::strict()).failed, Ids{"policy.snp.chip_id"});
}

// --- the policy's text

constexpr std::string_view kText = R"(
report_versions: [3, 5]
vmpl: [0, 2]
masked_chip_id: forbid
debug: forbid
migration: {accept_any: "a migration agent of ours"}
smt: forbid
alias_check: require
abi_min: {major: 1, minor: 55}
tcb_min:
  milan: {bootloader: 4, tee: 0, snp: 24, microcode: 219}
  genoa: {accept_any: "no Genoa here"}
  turin: {fmc: 1, bootloader: 2, tee: 3, snp: 4, microcode: 5}
firmware_min: {major: 1, minor: 55, build: 29}
mitigations_required: "0x1f"
guest_svn_min: 7
measurements:
  measurement:
  - aa0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
  host_data: {accept_any: "set by the host"}
  id_key_digest: {accept_any: "no ID block"}
  author_key_digest: {accept_any: "no ID block"}
  family_id: ["00112233445566778899aabbccddeeff"]
  image_id: {accept_any: "not used"}
)";

Result<SnpPolicy> read(std::string_view text) {
  ATOMA_TRY(const auto document, wire::parse_yaml(text));
  PolicyReader reader(document.root(), "accept.snp");
  SnpPolicy policy = read_snp_policy(reader);
  ATOMA_TRY_VOID(reader.finish());
  return policy;
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kText);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(SnpAppraisal, EndorsementsWithoutAReportAreNeverAccepted) {
  const auto& p = platform();
  Policy policy = Policy::strict("test");
  policy.sample = SamplePolicy{{p.vendor.root_digest()}};
  policy.revocation_known = Require::any("no list in this test");
  Appraiser appraiser(std::make_shared<const Policy>(std::move(policy)));
  const auto endorsements = evidence::amd::parse_endorsements(p.chain());
  ASSERT_TRUE(endorsements);
  const auto result = appraiser.appraise_endorsements(
      {.endorsements = &*endorsements, .at = evidence::amd::kTestNow}, Detail::kFailures);
  EXPECT_EQ(result.verdict(), Verdict::kUnappraisable);
  ASSERT_EQ(result.findings().items().size(), 1u);
  EXPECT_EQ(result.findings().items()[0].id, "evidence.present");
  EXPECT_EQ(result.findings().items()[0].outcome, Outcome::kMissing);
}

TEST(SnpPolicyText, ReadsEveryField) {
  const auto policy = read(kText);
  ASSERT_TRUE(policy) << policy.error().to_string();
  EXPECT_EQ(policy->report_versions.values, (std::vector<std::uint64_t>{3, 5}));
  EXPECT_EQ(policy->vmpl.values, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_FALSE(policy->chip_id_proven.accept_any);
  EXPECT_FALSE(policy->no_debug.accept_any);
  EXPECT_EQ(policy->no_migration.accept_any_reason, "a migration agent of ours");
  EXPECT_FALSE(policy->no_smt.accept_any);
  EXPECT_FALSE(policy->alias_check.accept_any);
  EXPECT_EQ(policy->abi_min.value, (AbiVersion{1, 55}));
  EXPECT_EQ(policy->tcb_min_milan.value, (TcbVersion{0, 4, 0, 24, 219}));
  EXPECT_EQ(policy->tcb_min_genoa.accept_any_reason, "no Genoa here");
  EXPECT_EQ(policy->tcb_min_turin.value, (TcbVersion{1, 2, 3, 4, 5}));
  EXPECT_EQ(policy->firmware_min.value, (FirmwareVersion{1, 55, 29}));
  EXPECT_EQ(policy->mitigations_required.value, 0x1Fu);
  EXPECT_EQ(policy->guest_svn_min.value, 7u);
  ASSERT_EQ(policy->measurements.size(), 6u);
  EXPECT_EQ(policy->measurements[0].accepted.values[0][0], 0xAA);
  EXPECT_EQ(policy->measurements[4].accepted.values[0].size(), 16u);
}

TEST(SnpPolicyText, ReadsWindowsOfBounds) {
  const auto policy = read(replaced(
      "milan: {bootloader: 4, tee: 0, snp: 24, microcode: 219}",
      "milan: {strict: {bootloader: 9, tee: 0, snp: 24, microcode: 219}, tolerate: [{accept: "
      "{bootloader: 4, tee: 0, snp: 24, microcode: 219}, until: 2026-12-31T00:00:00Z, reason: "
      "why}]}"));
  ASSERT_TRUE(policy) << policy.error().to_string();
  EXPECT_EQ(policy->tcb_min_milan.value.bootloader, 9);
  ASSERT_EQ(policy->tcb_min_milan.windows.size(), 1u);
  EXPECT_EQ(policy->tcb_min_milan.windows[0].accepted.bootloader, 4);
}

TEST(SnpPolicyText, EveryFieldIsRequiredAndNoOtherIsKnown) {
  for (const auto* line :
       {"report_versions: [3, 5]\n", "vmpl: [0, 2]\n", "masked_chip_id: forbid\n",
        "debug: forbid\n", "migration: {accept_any: \"a migration agent of ours\"}\n",
        "smt: forbid\n", "alias_check: require\n", "abi_min: {major: 1, minor: 55}\n",
        "  genoa: {accept_any: \"no Genoa here\"}\n",
        "firmware_min: {major: 1, minor: 55, build: 29}\n", "mitigations_required: \"0x1f\"\n",
        "guest_svn_min: 7\n", "  image_id: {accept_any: \"not used\"}\n", ", build: 29",
        "fmc: 1, "}) {
    const auto policy = read(replaced(line, ""));
    ASSERT_FALSE(policy) << line;
    EXPECT_EQ(policy.error().reason, "policy.missing_field") << line;
  }
  EXPECT_EQ(read(replaced("vmpl:", "debugging: allow\nvmpl:")).error().reason,
            "policy.unknown_field");
  EXPECT_EQ(read(replaced("{bootloader: 4", "{fmc: 0, bootloader: 4")).error().reason,
            "policy.unknown_field");
}

TEST(SnpPolicyText, WrongFormsAreRefused) {
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"debug: forbid", "debug: allow"},
           {"vmpl: [0, 2]", "vmpl: 0"},
           {"abi_min: {major: 1, minor: 55}", "abi_min: 1"},
           {"minor: 55}", "minor: 256}"},
           {"minor: 55}", "minor: {accept_any: \"any\"}}"},
           {"\"0x1f\"", "\"many\""},
           {"[\"0011", "[\"11"}}) {
    EXPECT_EQ(read(replaced(from, to)).error().reason, "policy.field") << to;
  }
  EXPECT_EQ(read(replaced("abi_min: {major: 1, minor: 55}", "abi_min: {accept_any: \"\"}"))
                .error()
                .reason,
            "policy.reason");
}

}  // namespace
}  // namespace atoma::appraisal
