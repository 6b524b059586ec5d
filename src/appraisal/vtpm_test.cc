// vTPM evidence and event logs through the appraiser: each check of the policy alone, the traps of
// HCL reports by name, and what a policy must say.
#include <gtest/gtest.h>

#include "amd/test_platform.h"
#include "atoma/appraisal/appraiser.h"
#include "atoma/evidence/amd/issuers.h"
#include "atoma/sample_tee/intel_platform.h"
#include "eventlog/test_log.h"
#include "tpm/test_quote.h"

namespace atoma::appraisal {
namespace {

using namespace evidence::tpm;
using evidence::Authenticity;
using evidence::Detail;
using evidence::HashAlgorithm;
using evidence::Outcome;
using evidence::Tee;
using evidence::eventlog::TestLog;

const crypto::RsaPrivateKey& ak_key() {
  static const auto key = crypto::RsaPrivateKey::generate(2048);
  return key;
}

Bytes ak_public() {
  Bytes out;
  for (const auto& [value, size] : {std::pair{0x0001u, 2u},
                                    {0x000Bu, 2u},
                                    {0x00050072u, 4u},
                                    {0u, 2u},
                                    {0x0010u, 2u},
                                    {0x0014u, 2u},
                                    {0x000Bu, 2u},
                                    {2048u, 2u},
                                    {0u, 4u}}) {
    wire::append_be(out, value, size);
  }
  append_sized(out, ak_key().modulus());
  return out;
}

Bytes fingerprint() {
  const auto key = AttestationKey::create_rsa(ak_key().modulus(), ak_key().exponent());
  return to_bytes(ByteView(key->fingerprint()));
}

// One piece of evidence and the policy that accepts it; tests change one thing.
struct World {
  TestQuote quote;
  Bytes message, signature, hcl, td_quote, ak = ak_public();
  std::optional<Bytes> nonce = to_bytes("challenge");
  std::vector<Bytes> logs;
  Policy policy = Policy::strict("tests");
  evidence::amd::Endorsements endorsements = *evidence::amd::Endorsements::parse({});
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  Time at = evidence::amd::kTestNow;

  World() {
    policy.revocation_known = Require::any("tests");
    policy.vtpm->ak = AnyOf<Bytes>::one_of({fingerprint()});
    policy.vtpm->pcrs_selected = 0xFF;
    sign();
  }
  void sign() {
    message = quote.encode();
    signature = rsa_signature(
        0x0014, HashAlgorithm::kSha256,
        ak_key().sign(crypto::RsaPadding::kPkcs1, crypto::RsaDigest::kSha256, message));
  }

  AttestationResult appraise() {
    tpm_ = {.hcl_report = hcl,
            .td_quote = td_quote,
            .ak_public = ak,
            .message = message,
            .signature = signature,
            .pcrs = quote.values(),
            .nonce = nonce ? std::optional<ByteView>(*nonce) : std::nullopt};
    views_.assign(logs.begin(), logs.end());
    Appraiser appraiser(std::make_shared<const Policy>(policy));
    return appraiser.appraise({.evidence = {},
                               .tee = Tee::kVtpm,
                               .collateral = collateral.get(),
                               .endorsements = &endorsements,
                               .at = at,
                               .expected_report_data = std::nullopt,
                               .event_logs = views_,
                               .tpm = &tpm_},
                              Detail::kAll);
  }

  // "verdict: ids of what failed or is missing, or is excused in brackets".
  std::string run() {
    const auto result = appraise();
    std::string out(verdict_name(result.verdict()));
    out += ":";
    for (const auto& f : result.findings().items()) {
      if (f.outcome == Outcome::kPass) continue;
      const std::string id(f.id);
      if (id == "policy.snp.smt" || id == "policy.revocation") continue;  // excused throughout
      out += f.outcome == Outcome::kExcused ? " [" + id + "]" : " " + id;
    }
    return out;
  }

 private:
  TpmEvidence tpm_;
  std::vector<ByteView> views_;
};

// What run() gives.
std::string skipped(std::string_view id) { return "[" + std::string(id) + "]"; }
std::string say(std::string_view verdict, std::initializer_list<std::string> ids) {
  std::string out = std::string(verdict) + ":";
  for (const auto& id : ids) out += " " + id;
  return out;
}

TEST(Tpm, AcceptsAKeyThatThePolicyNames) {
  World world;
  EXPECT_EQ(world.run(), say("accepted", {}));
  const auto result = world.appraise();
  EXPECT_EQ(result.tee(), Tee::kVtpm);
  EXPECT_EQ(result.measurements().size(), kPcrs);
  EXPECT_EQ(result.measurements()[7].name, "pcr7");
  EXPECT_EQ(result.claims()[0].value, wire::hex_encode(fingerprint()));
}

TEST(Tpm, EachRuleAlone) {
  World ak;
  ak.policy.vtpm->ak = AnyOf<Bytes>::one_of({Bytes(32)});
  EXPECT_EQ(ak.run(), say("refused", {"tpm.ak.trusted"}));
  ak.policy.vtpm->ak = AnyOf<Bytes>::any("tests");
  EXPECT_EQ(ak.run(), say("accepted", {skipped("tpm.ak.trusted")}));
  World nonce;
  nonce.nonce = to_bytes("other");
  EXPECT_EQ(nonce.run(), say("refused", {"policy.vtpm.nonce"}));
  nonce.nonce.reset();
  EXPECT_EQ(nonce.run(), say("unappraisable", {"policy.vtpm.nonce"}));
  nonce.policy.vtpm->nonce = Require::any("tests");
  EXPECT_EQ(nonce.run(), say("accepted", {}));
  World bank;
  bank.policy.vtpm->bank = HashAlgorithm::kSha384;
  EXPECT_EQ(bank.run(), say("refused", {"policy.vtpm.pcr_bank"}));
  World pcrs;
  pcrs.quote.mask = 0xFE;
  pcrs.sign();
  EXPECT_EQ(pcrs.run(), say("refused", {"policy.vtpm.pcrs_selected"}));
  World clock;
  clock.quote.clock_safe = false;
  clock.sign();
  EXPECT_EQ(clock.run(), say("refused", {"policy.vtpm.clock_safe"}));
  World firmware;
  firmware.policy.vtpm->firmware_versions = AnyOf<std::uint64_t>::one_of({1});
  EXPECT_EQ(firmware.run(), say("refused", {"policy.vtpm.firmware_version"}));
  World measured;
  measured.policy.vtpm->measurements[7].accepted = AnyOf<Bytes>::one_of({Bytes(32, 8)});
  EXPECT_EQ(measured.run(), say("refused", {"policy.measurement"}));
  measured.quote.pcrs[7] = Bytes(32, 8);
  measured.sign();
  EXPECT_EQ(measured.run(), say("accepted", {}));
  World none;
  none.message.clear();
  EXPECT_EQ(none.run(), say("unappraisable", {"tpm.quote.present"}));
  World section;
  section.policy.vtpm.reset();
  EXPECT_EQ(section.run(), say("refused", {"policy.tee"}));
  World key;
  key.ak.clear();
  EXPECT_EQ(key.run(), say("refused", {"tpm.ak.algorithm"}));
}

TEST(Tpm, PcrsThatWereNotQuotedDoNotMeetAReferenceValue) {
  World world;
  world.quote.mask = 0xFF;
  world.sign();
  world.policy.vtpm->measurements[14].accepted =
      AnyOf<Bytes>::one_of({world.quote.pcrs[14]});  // given, but not signed
  EXPECT_EQ(world.run(), say("refused", {"policy.measurement"}));
}

// An SNP platform whose paravisor vouches for the AK.
struct SnpWorld : World {
  evidence::amd::TestPlatform platform;
  TestHcl made{.claims = hcl_claims(ak_key())};

  SnpWorld() {
    policy.vtpm->ak = AnyOf<Bytes>::one_of({});
    policy.sample = SamplePolicy{{platform.vendor.root_digest()}};
    endorsements = *evidence::amd::parse_endorsements(platform.chain());
    ak.clear();
    bind();
  }
  void bind() {
    auto& data = platform.report_content.report_data;
    data.fill(0);
    std::ranges::copy(crypto::sha256(as_bytes(made.claims)), data.begin());
    made.hardware_report = platform.report();
    hcl = made.encode();
  }
};

TEST(Hcl, SnpReportVouchesForTheAk) {
  SnpWorld world;
  EXPECT_EQ(world.run(), say("accepted", {skipped("policy.sample")}));
  const auto result = world.appraise();
  EXPECT_EQ(result.authenticity(), Authenticity::kYes);
  EXPECT_EQ(result.measurements()[0].name, "measurement");
}

TEST(Hcl, ClaimsOfAnotherMachineAreRefused) {
  SnpWorld world;
  world.made.claims += " ";  // the AK is the same, the hash is not
  world.hcl = world.made.encode();
  EXPECT_EQ(world.run(), say("refused", {"tpm.hcl.binding", skipped("policy.sample")}));
  EXPECT_EQ(world.appraise().authenticity(), Authenticity::kNo);
}

TEST(Hcl, InnerReportMeetsItsOwnPolicy) {
  SnpWorld vmpl;
  vmpl.platform.report_content.vmpl = 2;
  vmpl.bind();
  EXPECT_EQ(vmpl.run(), say("refused", {skipped("policy.sample"), "policy.snp.vmpl"}));
  SnpWorld section;
  section.policy.snp.reset();
  EXPECT_EQ(section.run(), say("refused", {skipped("policy.sample"), "policy.tee"}));
  SnpWorld forged;
  forged.made.hardware_report[0x90] ^= 1;
  forged.hcl = forged.made.encode();
  EXPECT_EQ(forged.run(), say("refused", {"amd.report.signature"}));
  SnpWorld missing;
  missing.endorsements = *evidence::amd::Endorsements::parse({});
  EXPECT_EQ(missing.run(), say("unappraisable", {"amd.endorsement.present"}));
  SnpWorld shape;
  shape.made.hardware_report[0] = 9;
  shape.hcl = shape.made.encode();
  EXPECT_EQ(shape.run(), say("refused", {"snp.version"}));
}

TEST(Hcl, StartOfAVcekIsExcusedByNameAlone) {
  SnpWorld world;
  world.platform.key_content.validity.not_before = world.at + Duration{1000};
  world.platform.key_certificate =
      world.platform.vendor.issue_key(world.platform.key_content, world.platform.key);
  world.endorsements = *evidence::amd::parse_endorsements(world.platform.chain());
  EXPECT_EQ(world.run(), say("accepted", {skipped("amd.validity"), skipped("policy.sample")}));
  world.policy.vtpm->vcek_not_before = Require::strict();
  EXPECT_EQ(world.run(), say("refused", {"amd.validity"}));
  world.policy.vtpm->vcek_not_before = Require::any("tests");
  // Its end is never excused, nor the issuers' windows, nor anything else beside it.
  world.at = Time{4'000'000'000};
  EXPECT_EQ(world.run(), say("refused", {"amd.validity"}));
  world.at = Time{1'000'000'000};
  EXPECT_EQ(world.run(), say("refused", {"amd.validity"}));
  world.at = evidence::amd::kTestNow;
  world.made.hardware_report[0x90] ^= 1;
  world.hcl = world.made.encode();
  EXPECT_EQ(world.run(), say("refused", {"amd.validity", "amd.report.signature"}));
}

struct TdWorld : World {
  static sample_tee::IntelPlatform make() {
    Bytes scalar(32);
    const auto key = [&](std::uint8_t n) {
      scalar.assign(32, n);
      return *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, scalar);
    };
    return {{key(1), key(2), key(3), key(4), key(5)}, sample_tee::sample_pck_info()};
  }

  sample_tee::IntelPlatform platform = make();
  sample_tee::TdReportTemplate td;
  TestHcl made{.type = 4, .claims = hcl_claims(ak_key())};
  ValidityWindow window{at - Duration{1000}, at + Duration{1000}};

  TdWorld() {
    policy.vtpm->ak = AnyOf<Bytes>::one_of({});
    policy.sample = SamplePolicy{{platform.root_digest()}};
    collateral = *evidence::intel::Collateral::parse(platform.collateral_files(Tee::kTdx, window));
    ak.clear();
    bind();
  }
  void bind() {
    Bytes data = to_bytes(ByteView(crypto::sha256(as_bytes(made.claims))));
    data.resize(64);
    std::ranges::copy(data, td.report_data.begin());
    td_quote = platform.quote_td(td);
    hcl = made.encode();
  }
};

TEST(Hcl, TdQuoteVouchesForTheAk) {
  TdWorld world;
  EXPECT_EQ(world.run(), say("accepted", {skipped("policy.sample")}));
}

TEST(Hcl, ReportDataIsThatOfTheQuoteNotOfTheBlob) {
  TdWorld world;
  // The blob claims the binding, the quote does not have it.
  Bytes blob(1184);
  std::ranges::copy(crypto::sha256(as_bytes(world.made.claims)), blob.begin() + 520);
  world.made.hardware_report = blob;
  world.hcl = world.made.encode();
  world.td.report_data = {};
  world.td_quote = world.platform.quote_td(world.td);
  EXPECT_EQ(world.run(), say("refused", {"tpm.hcl.binding", skipped("policy.sample")}));
  world.td_quote.clear();
  EXPECT_EQ(world.run(), say("unappraisable", {"tpm.td_quote.present"}));
  world.td_quote = world.platform.quote_enclave({});
  EXPECT_EQ(world.run(), say("refused", {"tpm.td_quote.present"}));
}

TEST(Hcl, TdWithoutCollateralIsExcusedByNameAlone) {
  TdWorld world;
  world.collateral = nullptr;
  EXPECT_TRUE(world.run().starts_with(say("unappraisable", {"intel."}))) << world.run();
  world.policy.vtpm->td_collateral = Require::any("tests");
  const std::string excused = world.run();
  EXPECT_TRUE(excused.starts_with("accepted: [intel.")) << excused;
  const std::string id = "policy.vtpm.td_collateral";
  EXPECT_TRUE(excused.ends_with("[policy.sample] " + skipped(id))) << excused;
  // What the TD says of itself still counts, and so does the clock.
  world.td.td_attributes |= 1;
  world.bind();
  EXPECT_TRUE(world.run().ends_with(" policy.debug")) << world.run();
  world.td.td_attributes &= ~std::uint64_t{1};
  world.bind();
  world.at = Time{4'000'000'000};
  EXPECT_TRUE(world.run().contains(say("refused", {}))) << world.run();
  EXPECT_TRUE(world.run().contains(" intel.pck.validity")) << world.run();
}

TEST(Hcl, TdPolicyNeedsItsSection) {
  TdWorld world;
  world.policy.tdx.reset();
  EXPECT_EQ(world.run(), say("refused", {skipped("policy.sample"), "policy.tee"}));
}

// A log of PCR 4 and 7 that the quote's PCRs are the replay of.
struct LogWorld : World {
  TestLog log = TestLog({HashAlgorithm::kSha256});

  LogWorld() {
    log.add(7, evidence::eventlog::kEvEfiVariableDriverConfig,
            evidence::eventlog::global_variable("SecureBoot", Bytes{1}));
    log.separator(7);
    const std::string_view line("kernel_cmdline: /vmlinuz quiet\0", 31);
    log.add(8, evidence::eventlog::kEvIpl, as_bytes(line), as_bytes("/vmlinuz quiet"));
    policy.event_log->presence = policy.event_log->boot_state = policy.event_log->secure_boot =
        Require::strict();
    policy.event_log->command_line = AnyOf<std::string>::one_of({"/vmlinuz quiet"});
    settle();
  }
  void settle() {
    logs = {log.bytes};
    const auto parsed =
        evidence::eventlog::parse_tcg_log(log.bytes, evidence::eventlog::Registers::kPcr);
    quote.pcrs.assign(kPcrs, Bytes(32));
    for (const auto& event : parsed->events()) {
      if (!event.extended) continue;
      auto& pcr = quote.pcrs[event.index];
      pcr = evidence::hash_of(HashAlgorithm::kSha256, {pcr, event.digest(HashAlgorithm::kSha256)});
    }
    sign();
  }
};

TEST(EventLogs, ReplayToTheQuotedPcrs) {
  LogWorld world;
  EXPECT_EQ(world.run(), say("accepted", {}));
  const auto result = world.appraise();
  ASSERT_EQ(result.events().size(), 4u);
  EXPECT_EQ(result.events()[1].text, "SecureBoot = 1");
  EXPECT_TRUE(result.events()[1].measured);
  const std::string json = to_json(result);
  EXPECT_TRUE(json.contains("\"EV_EFI_VARIABLE_DRIVER_CONFIG\"")) << json;
  EXPECT_TRUE(json.contains("\"ak_sha256\"")) << json;
}

TEST(EventLogs, ThatDoNotReplayAreClaims) {
  LogWorld world;
  world.log.add(7, evidence::eventlog::kEvIpl, "one more");
  world.logs = {world.log.bytes};
  EXPECT_EQ(world.run(), say("refused", {"eventlog.replay"}));
  const auto result = world.appraise();
  for (const auto& event : result.events()) EXPECT_FALSE(event.measured);
  LogWorld unquoted;
  unquoted.quote.mask = 0xFF & ~(1u << 7);
  unquoted.policy.vtpm->pcrs_selected = 0;
  unquoted.sign();
  EXPECT_EQ(unquoted.run(), say("refused", {"eventlog.replay", "eventlog.replay"}));  // PCR 7 and 8
}

TEST(EventLogs, EachRuleAlone) {
  LogWorld missing;
  missing.logs.clear();
  EXPECT_EQ(missing.run(), say("unappraisable", {"eventlog.present"}));
  LogWorld shape;
  shape.logs = {Bytes{1}};
  EXPECT_EQ(shape.run(), say("refused", {"eventlog.truncated"}));
  LogWorld kind;
  kind.logs = {TestLog::ccel().separator(1).bytes};
  EXPECT_EQ(kind.run(), say("refused", {"eventlog.registers"}));
  LogWorld off;
  off.log = TestLog({HashAlgorithm::kSha256});
  off.policy.event_log->command_line = AnyOf<std::string>::any("tests");
  off.settle();
  EXPECT_EQ(off.run(), say("refused", {"policy.event_log.secure_boot"}));
  LogWorld state;
  state.log.separator(7);
  state.settle();
  EXPECT_EQ(state.run(), say("refused", {"eventlog.state", "policy.event_log.secure_boot",
                                         "policy.event_log.command_line"}));
  LogWorld line;
  line.policy.event_log->command_line = AnyOf<std::string>::one_of({"/vmlinuz"});
  EXPECT_EQ(line.run(), say("refused", {"policy.event_log.command_line"}));
  LogWorld section;
  section.policy.event_log.reset();
  EXPECT_EQ(section.run(), say("refused", {"policy.event_log"}));
  LogWorld algorithm;
  algorithm.log = TestLog({HashAlgorithm::kSha384, HashAlgorithm::kSha512});
  algorithm.log.separator(7);
  algorithm.logs = {algorithm.log.bytes};
  EXPECT_EQ(algorithm.run(), say("refused", {"eventlog.replay.algorithm"}));
}

TEST(EventLogs, ExpectedEventsMustHaveBeenMeasured) {
  LogWorld world;
  auto& events = world.policy.event_log->events;
  events.push_back(
      {.register_name = "pcr8", .form = ExpectedEvent::Form::kText, .text = "/vmlinuz quiet"});
  EXPECT_EQ(world.run(), say("accepted", {}));
  events[0].register_name = "pcr9";
  EXPECT_EQ(world.run(), say("refused", {"policy.event_log.events"}));
  events[0] = {.register_name = "pcr7",
               .form = ExpectedEvent::Form::kDigest,
               .digest = evidence::hash_of(HashAlgorithm::kSha256, {Bytes(4)})};
  EXPECT_EQ(world.run(), say("accepted", {}));
  events[0].digest[0] ^= 1;
  EXPECT_EQ(world.run(), say("refused", {"policy.event_log.events"}));
}

TEST(EventLogs, DstackEventsOfATd) {
  TdWorld world;
  const std::string text = R"([{"imr":3,"event_type":134217729,"digest":"",)"
                           R"("event":"compose-hash","event_payload":"ab"}])";
  const auto log = evidence::eventlog::parse_dstack_log(as_bytes(text));
  ASSERT_TRUE(log);
  const auto digest = log->events()[0].digest(HashAlgorithm::kSha384);
  std::ranges::copy(evidence::hash_of(HashAlgorithm::kSha384, {Bytes(48), digest}),
                    world.td.rtmr[3].begin());
  for (const std::size_t i : {0uz, 1uz, 2uz}) world.td.rtmr[i].fill(0);
  world.policy.report_data_bound = Require::any("tests");
  world.policy.event_log->events = {{.register_name = "rtmr3",
                                     .form = ExpectedEvent::Form::kPayload,
                                     .name = "compose-hash",
                                     .payload = Bytes{0xAB}}};
  const Bytes bytes = world.platform.quote_td(world.td);
  const auto run = [&](std::string_view file) {
    const ByteView view = as_bytes(file);
    Appraiser appraiser(std::make_shared<const Policy>(world.policy));
    const auto result = appraiser.appraise({.evidence = bytes,
                                            .collateral = world.collateral.get(),
                                            .at = world.at,
                                            .expected_report_data = std::nullopt,
                                            .event_logs = {&view, 1}},
                                           Detail::kAll);
    std::string out;
    for (const auto& f : result.findings().items()) {
      if (f.outcome < Outcome::kExcused) out += (out.empty() ? "" : " ") + std::string(f.id);
    }
    return out;
  };
  EXPECT_EQ(run(text), "");
  std::string other = text;
  other.replace(other.find("\"ab\""), 4, "\"ac\"");
  EXPECT_EQ(run(other), "eventlog.replay");
  std::string supplied = text;
  supplied.replace(supplied.find("\"digest\":\"\""), 11, "\"digest\":\"00\"");
  EXPECT_EQ(run(supplied), "eventlog.digest");
}

TEST(EventLogs, BesideEvidenceWithoutRegistersProveNothing) {
  SnpWorld world;
  const Bytes log = TestLog::ccel().separator(1).bytes;
  const ByteView view = log;
  const Bytes report = world.platform.report();
  Appraiser appraiser(std::make_shared<const Policy>(world.policy));
  const auto result = appraiser.appraise({.evidence = report,
                                          .endorsements = &world.endorsements,
                                          .at = world.at,
                                          .expected_report_data = std::nullopt,
                                          .event_logs = {&view, 1}},
                                         Detail::kFailures);
  ASSERT_EQ(result.verdict(), Verdict::kRefused);
  EXPECT_EQ(result.findings().items().back().id, "eventlog.registers");
}

TEST(KnownIssuers, CompleteALeafThatCameAlone) {
  const evidence::amd::TestPlatform platform;
  // A sample's issuer is nobody's; with an intermediate at hand nothing is added.
  EXPECT_EQ(evidence::amd::with_known_issuers({}).size(), 0u);
  const auto chain = platform.chain();
  const std::vector<ByteView> views(chain.begin(), chain.end());
  EXPECT_EQ(evidence::amd::with_known_issuers(views).size(), 3u);
  EXPECT_EQ(evidence::amd::with_known_issuers({views.data(), 1}).size(), 1u);
}

}  // namespace
}  // namespace atoma::appraisal
