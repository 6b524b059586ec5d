// Every kind of evidence through the service: what is accepted, what is refused and by which name,
// and that only what can name a key safely is attested.
#include "kinds.h"

#include <gtest/gtest.h>

#include "atoma/cose/ear_batch.h"
#include "atoma/cose/ear_token.h"
#include "atoma/crypto/hpke.h"
#include "atoma/ledger/audit.h"
#include "atoma/ledger/bodies.h"
#include "atoma/tlog/bundle.h"
#include "atoma/verifier/service.h"
#include "atoma/wire/cbor.h"
#include "nvidia/test_rim.h"
#include "registry/test_service.h"
#include "test_forms.h"
#include "test_kinds.h"

namespace atoma::verifier {
namespace {

using appraisal::AnyOf;
using atoma::test::Answer;
using evidence::Tee;
using evidence::intel::Collateral;
using namespace test;
namespace media = ledger::media;

class Kinds : public ::testing::Test {
 protected:
  void TearDown() override {
    host.stop();
    service.reset();
  }
  // With `policy` as it is now.
  void serve() {
    const auto now = host.clock.now();
    const ValidityWindow window{now, now + sample_tee::kIntelCollateralLifetime};
    const auto files = intel_platform().collateral_files(Tee::kTdx, window);
    at_hand.collateral = {*Collateral::parse(files)};
    service = std::make_unique<Service>(
        Config{.policy = std::make_shared<const appraisal::Policy>(policy),
               .policy_text = "as text",
               .tenants = tenants,
               .signing_seed = Secret<32>(),
               .nonce_key = SecretBytes(Bytes(32, 0x6E)),
               .entry_key = atoma::test::issuer_key("verifier"),
               .build = "test",
               .at_hand = at_hand,
               .metrics = &metrics},
        host.sequencer(), host.evidence(), host.ledger(), host.clock, host.entropy);
    http::Router router;
    service->mount(router);
    host.serve(std::move(router));
  }

  std::string challenge() { return host.post("/v1/challenge", "{}").member("nonce"); }
  Answer appraise(const std::string& members) {
    if (!service) serve();
    return host.post("/v1/appraise",
                     R"({"nonce":")" + base64_encode(Bytes(16, 9)) + "\"," + members + "}");
  }
  Answer attest(const std::string& nonce, const std::string& members) {
    return host.post("/v1/attest", R"({"nonce":")" + nonce + R"(","key":")" + base64_encode(key) +
                                       "\"," + members + "}");
  }
  cose::Ear ear_of(const Answer& answer) {
    auto keys = cose::VerificationKeys::parse_jwks(service->jwks());
    auto got = cose::verify_ear_token(answer.member("ear"), *keys);
    EXPECT_TRUE(got) << answer.body;
    return got ? got->ear : cose::Ear{};
  }
  // "refused: ids of what failed or is missing"; a problem's status and reason where there is no
  // verdict.
  std::string outcome(const Answer& answer) {
    if (answer.status != 200) return answer.refusal();
    std::string out = answer.member("verdict");
    for (const auto& finding : ear_of(answer).atoma.findings) {
      const bool bad = finding.outcome == "fail" || finding.outcome == "missing";
      if (bad) out += " " + finding.id;
    }
    return out;
  }

  // What the newest entry names of this type.
  std::vector<std::string> kept(std::string_view media_type) {
    std::vector<std::string> out;
    const auto entry = ledger::parse_entry(*host.ledger().entry(host.log_size() - 1));
    for (const auto& ref : ledger::read_attestation(entry->statement.body)->kept) {
      if (ref.media_type != media_type) continue;
      out.emplace_back(as_text(host.evidence().find(ref.sha256)->bytes));
    }
    return out;
  }

  atoma::test::ServiceHost host;
  telemetry::Metrics metrics;
  appraisal::Policy policy = policy_of_all();
  std::vector<NamedPolicy> tenants;
  AtHand at_hand;  // but for Intel's
  Bytes key = Bytes(crypto::kXwingPublicKeySize, 7);
  std::unique_ptr<Service> service;
};

std::string member(std::string_view name, const std::string& json) {
  return "\"" + std::string(name) + "\":" + json;
}
std::string text_member(std::string_view name, ByteView bytes) {
  return member(name, "\"" + base64_encode(bytes) + "\"");
}

std::string batch_of(const std::string& items) {
  return "{" + text_member("nonce", Bytes(16, 9)) + R"(,"items":[)" + items + "]}";
}

std::string cca_members(std::uint8_t challenge) {
  sample_tee::CcaTokenTemplate content;
  content.challenge.fill(challenge);
  return text_member("evidence", cca_platform().token(content)) + "," +
         text_member("report_data", Bytes(64, challenge));
}

TEST_F(Kinds, CcaTokensNeedTheirPlatformsKey) {
  const std::string keys = "," + member("platform_keys", cca_platform().platform_key_jwk());
  EXPECT_EQ(outcome(appraise(cca_members(5) + keys)), "accepted");
  EXPECT_TRUE(outcome(appraise(cca_members(5))).starts_with("unappraisable cca.")) << "no key";
  const auto foreign = evidence::cca::test_platform(2).platform_key_jwk();
  EXPECT_TRUE(outcome(appraise(cca_members(5) + "," + member("platform_keys", foreign)))
                  .starts_with("refused cca."));
  EXPECT_EQ(outcome(appraise(cca_members(5) + "," + member("platform_keys", "{}"))),
            "400 cca.platform_keys");
  const std::string log = "," + member("event_logs", "[\"" + base64_encode(Bytes(9)) + "\"]");
  EXPECT_EQ(outcome(appraise(cca_members(5) + keys + log)), "refused eventlog.registers");
}

// The attester is no witness for its own platform.
TEST_F(Kinds, CcaAttestsUnderAKeyThatThePolicyNames) {
  serve();
  const auto with_keys = [&](const std::string& nonce) {
    sample_tee::CcaTokenTemplate content;
    content.challenge = appraisal::bind_report_data(*wire::base64_decode(nonce), key);
    return attest(nonce, text_member("evidence", cca_platform().token(content)) + "," +
                             member("platform_keys", cca_platform().platform_key_jwk()));
  };
  EXPECT_EQ(outcome(with_keys(challenge())), "accepted");
  TearDown();
  policy.cca->platform_keys = AnyOf<Bytes>::any("whatever is handed in");
  serve();
  const auto nonce = challenge();
  EXPECT_EQ(outcome(with_keys(nonce)), "400 attest.platform_keys");
  // And the nonce is still good.
  EXPECT_EQ(attest(nonce, text_member("evidence", Bytes(9))).status, 200);
}

TEST_F(Kinds, LogsAreReplayedAgainstTheQuote) {
  const auto log = dstack_log(Bytes(4, 0xAB));
  sample_tee::TdReportTemplate td;
  td.rtmr[3] = log.rtmr3;
  td.report_data.fill(5);
  const std::string quote = text_member("evidence", intel_platform().quote_td(td)) + "," +
                            text_member("report_data", Bytes(64, 5));
  const auto with = [&](ByteView bytes) {
    return appraise(quote + "," + member("event_logs", "[\"" + base64_encode(bytes) + "\"]"));
  };
  EXPECT_EQ(outcome(with(as_bytes(log.json))), "accepted");
  EXPECT_EQ(outcome(with(as_bytes(dstack_log(Bytes(4, 1)).json))), "refused eventlog.replay");
  EXPECT_EQ(outcome(with(as_bytes("[{]"))).substr(0, 8), "refused ");
  EXPECT_EQ(outcome(appraise(quote + "," + member("event_logs", R"(["-"])"))), "400 request.field");
  std::string nine = "[\"AA==\"";
  for (int i = 0; i < 8; ++i) nine += ",\"AA==\"";
  EXPECT_EQ(outcome(appraise(quote + "," + member("event_logs", nine + "]"))), "400 request.field");
}

TEST_F(Kinds, TpmsQuoteTheChallenge) {
  const auto of = [&](ByteView asked, ByteView answered) {
    return outcome(
        appraise(member("tpm", tpm_json(answered)) + "," + text_member("challenge", asked)));
  };
  EXPECT_EQ(of(Bytes(20, 1), Bytes(20, 1)), "accepted");
  EXPECT_EQ(of(Bytes(20, 1), Bytes(20, 2)), "refused policy.vtpm.nonce");
  EXPECT_EQ(outcome(appraise(member("tpm", tpm_json(Bytes(20, 1))))),
            "unappraisable policy.vtpm.nonce");
  EXPECT_EQ(metrics.verifier_verdicts.value({"vtpm", "accepted"}), 1u);
  EXPECT_EQ(outcome(appraise(member("tpm", R"({"quote":{"pcrs":7}})"))), "400 tpm.file");
  EXPECT_EQ(outcome(appraise(member("tpm", "[]"))), "400 request.field");
  EXPECT_EQ(outcome(appraise(member("tpm", R"({"x":")" + std::string(65536, 'A') + "\"}"))),
            "400 request.field");
}

TEST_F(Kinds, TpmsBindKeyAndChallengeInTheirExtraData) {
  serve();
  const auto nonce = challenge();
  const auto extra = appraisal::bind_tpm_nonce(*wire::base64_decode(nonce), key);
  const auto got = attest(nonce, member("tpm", tpm_json(extra)));
  EXPECT_EQ(outcome(got), "accepted");
  EXPECT_EQ(ear_of(got).atoma.key, wire::hex_encode(crypto::sha256(key)));
  EXPECT_TRUE(host.last_entry().contains(R"("tee":"vtpm")"));
  // A quote of several parts is not the bundle's one piece of evidence.
  const auto bundle = tlog::parse_bundle(got.member("bundle"));
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(ledger::all_ok(ledger::audit_bundle(*bundle, &host.ledger().verifier_key())));
  // Another key, another challenge, the challenge alone.
  const auto next = challenge();
  EXPECT_EQ(outcome(attest(next, member("tpm", tpm_json(extra)))), "refused policy.vtpm.nonce");
  const auto bare = challenge();
  EXPECT_EQ(outcome(attest(bare, member("tpm", tpm_json(*wire::base64_decode(bare))))),
            "refused policy.vtpm.nonce");
  key[0] ^= 1;
  const auto last = challenge();
  const auto others =
      appraisal::bind_tpm_nonce(*wire::base64_decode(last), Bytes(crypto::kXwingPublicKeySize, 7));
  EXPECT_EQ(outcome(attest(last, member("tpm", tpm_json(others)))), "refused policy.vtpm.nonce");
}

TEST_F(Kinds, GpusAloneAreAppraisedAndNeverAttested) {
  crypto::Digest256 nonce{};
  nonce.fill(0x5C);
  const std::vector<Bytes> reports{gpu_report(1, nonce), gpu_report(2, nonce)};
  const std::string gpus = member("gpus", gpus_json({1, 2}, reports));
  const std::string asked = gpus + "," + text_member("challenge", nonce);
  EXPECT_EQ(outcome(appraise(asked)), "accepted");
  EXPECT_EQ(outcome(appraise(asked + R"(,"gpus_expected":3)")), "refused nvidia.devices.count");
  EXPECT_EQ(outcome(appraise(gpus + "," + text_member("challenge", Bytes(32, 1)))),
            "refused nvidia.nonce nvidia.nonce");
  EXPECT_EQ(outcome(appraise(gpus)), "unappraisable nvidia.nonce nvidia.nonce");
  EXPECT_EQ(outcome(appraise(gpus + "," + text_member("challenge", Bytes(31, 1)))),
            "400 request.field");
  EXPECT_TRUE(
      outcome(appraise(asked + "," + member("rims", R"(["AAAA"])"))).starts_with("refused"));
  EXPECT_TRUE(
      outcome(appraise(asked + "," + member("ocsp", R"(["AAAA"])"))).starts_with("refused"));
  for (const char* bad : {"[]", "{}", "[7]", R"([{"report":"AAAA"}])"}) {
    EXPECT_TRUE(appraise(member("gpus", bad)).refusal().starts_with("400 request.")) << bad;
  }
  const auto size = host.log_size();
  EXPECT_EQ(outcome(attest(challenge(), gpus)), "400 attest.gpus_alone");
  EXPECT_EQ(host.log_size(), size);
}

std::shared_ptr<const evidence::nvidia::RimFile> make_rim(std::string version,
                                                          const std::vector<std::size_t>& indices) {
  const auto bytes = evidence::nvidia::test_rim_vendor().make_rim(
      sample_tee::matching_rim(gpu(1).content(), std::move(version), "GH100", indices));
  return *evidence::nvidia::parse_rim_file(bytes);
}

TEST_F(Kinds, ManifestsAndOcspAnswersAtHandNeedNotBeBrought) {
  using appraisal::Require;
  const auto& vendor = evidence::nvidia::test_rim_vendor();
  policy.nvidia->ocsp = policy.nvidia->driver_rim = policy.nvidia->vbios_rim = Require::strict();
  policy.sample->roots.push_back(vendor.root_digest());
  crypto::Digest256 nonce{};
  nonce.fill(0x5C);
  const std::string asked = member("gpus", gpus_json({1}, {gpu_report(1, nonce)})) + "," +
                            text_member("challenge", nonce);
  EXPECT_EQ(outcome(appraise(asked)),
            "refused policy.nvidia.ocsp nvidia.rim.driver nvidia.rim.vbios");
  at_hand.rims = {make_rim("550.90.08", {1}), make_rim("550.90.07", {1, 7, 35}),
                  make_rim("96.00.5e.00.01", {0, 2, 9})};
  const ValidityWindow window{host.clock.now() - Duration{60}, host.clock.now() + Duration{60}};
  const auto keep = [&](const std::vector<Bytes>& answers) {
    for (const auto& der : answers) at_hand.ocsp.push_back(*OcspAnswer::parse(der));
  };
  const auto good = pki::OcspStatus::kGood;
  keep(evidence::nvidia::test_vendor().answers(gpu(1), good, window));
  keep(evidence::nvidia::test_vendor().answers(gpu(2), pki::OcspStatus::kRevoked, window));
  keep(vendor.answers(good, window));
  const AtHand kept = at_hand;
  service->use(at_hand);
  EXPECT_EQ(outcome(appraise(asked)), "accepted");
  EXPECT_TRUE(outcome(appraise(member("gpus", gpus_json({2}, {gpu_report(2, nonce)})) + "," +
                               text_member("challenge", nonce)))
                  .contains("nvidia.ocsp.revoked"));
  // Composites find theirs, and Intel's, too.
  TearDown();
  at_hand = kept;
  serve();
  EXPECT_EQ(outcome(appraise(member("composite", composite_json(Bytes(32, 3), key, {1})) + "," +
                             text_member("challenge", Bytes(32, 3)))),
            "accepted");
  host.clock.advance(Duration{61});
  EXPECT_EQ(outcome(appraise(asked)).substr(0, 27), "refused policy.nvidia.ocsp ");
}

// Who judges again has no other way to them.
TEST_F(Kinds, WhatWasAtHandIsKeptWithTheVerdict) {
  policy.sample->roots.push_back(evidence::nvidia::test_rim_vendor().root_digest());
  const auto driver = make_rim("550.90.07", {1, 7, 35});
  const auto vbios = make_rim("96.00.5e.00.01", {0, 2, 9});
  const auto brought = make_rim("96.00.5e.00.01", {0, 2});
  const auto text = [](const auto& rim) { return std::string(as_text(rim->xml)); };
  at_hand.rims = {make_rim("550.90.08", {1}), driver, vbios};
  const ValidityWindow window{host.clock.now(), host.clock.now() + Duration{60}};
  std::size_t of_first = 0;
  for (const std::uint8_t serial : {std::uint8_t{1}, std::uint8_t{2}}) {
    const auto answers =
        evidence::nvidia::test_vendor().answers(gpu(serial), pki::OcspStatus::kGood, window);
    for (const auto& der : answers) at_hand.ocsp.push_back(*OcspAnswer::parse(der));
    if (serial == 1) of_first = answers.size();
  }
  const auto foreign = evidence::cca::keys_of(evidence::cca::test_platform(2));
  const auto own = evidence::cca::keys_of(cca_platform());
  for (const auto& keys : {foreign, own}) {
    at_hand.platform_keys.push_back(std::make_shared<const evidence::cca::PlatformKeys>(keys));
  }
  serve();
  const auto attested = [&](const std::string& more) {
    const auto nonce = challenge();
    EXPECT_EQ(outcome(attest(nonce, member("composite",
                                           composite_json(*wire::base64_decode(nonce), key, {1})) +
                                        more)),
              "accepted");
  };
  attested("");
  EXPECT_EQ(kept(media::kRim), (std::vector{text(driver), text(vbios)}));
  const auto ocsp = kept(media::kOcsp);
  ASSERT_EQ(ocsp.size(), 1u);
  const auto list = wire::JsonDocument::parse(ocsp[0]);
  const auto& answers = list->root().find("ocsp")->items();
  // All of this device, what it shares with the other, and no more.
  ASSERT_GE(answers.size(), of_first);
  EXPECT_LT(answers.size(), at_hand.ocsp.size());
  for (std::size_t i = 0; i < of_first; ++i) {
    EXPECT_EQ(answers[i].text(), base64_encode(at_hand.ocsp[i]->der()));
  }
  // First what came along: in the order of the digest that the result names.
  attested(",\"rims\":[\"" + base64_encode(brought->xml) + "\"]");
  EXPECT_EQ(kept(media::kRim), (std::vector{text(brought), text(driver)}));
  const auto nonce = challenge();
  sample_tee::CcaTokenTemplate content;
  content.challenge = appraisal::bind_report_data(*wire::base64_decode(nonce), key);
  EXPECT_EQ(outcome(attest(nonce, text_member("evidence", cca_platform().token(content)))),
            "accepted");
  EXPECT_EQ(kept(media::kPlatformKeys), std::vector{own.text()});
}

// A policy that leaves MRTD to whoever signs a set, and a set at hand.
TEST_F(Kinds, ReferenceValuesAreWhatTheirSignerSays) {
  const auto signer = [](std::uint8_t seed) {
    return cose::SigningKey(
        *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, seed)));
  };
  const std::string yaml =
      "atoma_reference_values: 1\nname: images\nnot_before: 2025-01-01T00:00:00Z\n"
      "not_after: 2027-01-01T00:00:00Z\nvalues:\n"
      "  - {tee: tdx, label: one, measurements: {mrtd: \"" +
      wire::hex_encode(Bytes(48, 1)) + "\"}}\n";
  cose::VerificationKeys keys;
  const std::string kid = keys.add(signer(1).public_key());
  auto set = appraisal::verify_reference_set(as_bytes(yaml),
                                             appraisal::sign_reference_set(yaml, signer(1)), keys);
  ASSERT_TRUE(set) << set.error().to_string();
  at_hand.references =
      std::make_shared<const std::vector<appraisal::ReferenceSet>>(1, *std::move(set));
  policy.tdx->measurements[0].accepted = {};
  policy.tdx->measurements[0].signed_by = {kid};
  const auto of = [&](std::uint8_t mrtd) {
    sample_tee::TdReportTemplate td;
    td.mrtd.fill(mrtd);
    td.report_data.fill(5);
    return appraise(text_member("evidence", intel_platform().quote_td(td)) + "," +
                    text_member("report_data", Bytes(64, 5)));
  };
  const auto met = of(1);
  EXPECT_EQ(outcome(met), "accepted");
  EXPECT_EQ(ear_of(met).atoma.reference_values_sha256, tlog::digest_hex(as_bytes(yaml)));
  EXPECT_EQ(outcome(of(2)), "refused policy.reference_values");
  EXPECT_EQ(ear_of(of(2)).atoma.reference_values_sha256, "");
}

TEST_F(Kinds, CcaPlatformsMayBeKnown) {
  at_hand.platform_keys = {
      std::make_shared<const evidence::cca::PlatformKeys>(
          evidence::cca::keys_of(evidence::cca::test_platform(2))),
      std::make_shared<const evidence::cca::PlatformKeys>(evidence::cca::keys_of(cca_platform()))};
  EXPECT_EQ(outcome(appraise(cca_members(5))), "accepted");
}

TEST_F(Kinds, CompositesAnswerOneChallengeForAll) {
  const Bytes asked(32, 0xC4);
  const std::string composite = member("composite", composite_json(asked, key));
  const auto got = appraise(composite + "," + text_member("challenge", asked));
  EXPECT_EQ(outcome(got), "accepted");
  const auto ear = ear_of(got);
  EXPECT_EQ(ear.atoma.tee, "tdx+nvidia");
  EXPECT_EQ(ear.atoma.gpu_binding, "report-data");
  EXPECT_EQ(ear.atoma.key, "") << "nothing is released for what was not attested";
  EXPECT_EQ(metrics.verifier_verdicts.value({"composite", "accepted"}), 1u);
  EXPECT_EQ(outcome(appraise(composite)).substr(0, 13), "unappraisable");
  const auto other = outcome(appraise(composite + "," + text_member("challenge", Bytes(32, 1))));
  EXPECT_TRUE(other.contains("policy.report_data") && other.contains("nvidia.nonce")) << other;
  EXPECT_EQ(outcome(appraise(member("composite", "{}"))), "400 composite.version");
}

TEST_F(Kinds, CompositesBindTheRequestsKey) {
  serve();
  const auto nonce = challenge();
  const Bytes raw = *wire::base64_decode(nonce);
  EXPECT_EQ(outcome(attest(nonce, member("composite", composite_json(raw, Bytes(64, 1))))),
            "400 attest.key");
  const auto got = attest(nonce, member("composite", composite_json(raw, key)));
  EXPECT_EQ(outcome(got), "accepted");
  EXPECT_EQ(ear_of(got).atoma.key, wire::hex_encode(crypto::sha256(key)));
  EXPECT_TRUE(host.last_entry().contains(R"("tee":"tdx+nvidia")"));
  const auto replayed = outcome(attest(challenge(), member("composite", composite_json(raw, key))));
  EXPECT_TRUE(replayed.starts_with("refused policy.report_data")) << replayed;
}

// A member that its kind has no use for is not passed over.
TEST_F(Kinds, RefusesWhatDoesNotBelongTogether) {
  const std::string tpm = member("tpm", tpm_json(Bytes(20, 1)));
  const std::string evidence = text_member("evidence", Bytes(9));
  crypto::Digest256 nonce{};
  const std::string gpus = member("gpus", gpus_json({1}, {gpu_report(1, nonce)}));
  EXPECT_EQ(outcome(appraise(tpm + "," + evidence)), "400 request.field");
  EXPECT_EQ(outcome(appraise(tpm + "," + gpus)), "400 request.field");
  EXPECT_EQ(outcome(appraise(R"("gpus_expected":1)")), "400 request.missing_field");
  for (const auto& wrong :
       {evidence + R"(,"rims":[])", evidence + R"(,"gpus_expected":1)",
        evidence + R"(,"challenge":"AAAA")", tpm + R"(,"platform_keys":{})", tpm + R"(,"ocsp":[])",
        tpm + R"(,"tee":"snp")", tpm + R"(,"report_data":"AAAA")", gpus + R"(,"collateral":{})",
        gpus + R"(,"endorsements":[])", gpus + R"(,"event_logs":[])"}) {
    EXPECT_EQ(outcome(appraise(wrong)), "400 request.unknown_field") << wrong.substr(0, 40);
  }
}

// One batch, three policies: each item by its own.
TEST_F(Kinds, EachIsJudgedByThePolicyOfItsTenant) {
  const auto add = [&](const char* tenant, std::uint8_t mrtd) {
    auto its = policy;
    its.digest.fill(mrtd);
    its.tdx->measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, mrtd)});
    tenants.push_back({tenant, std::make_shared<const appraisal::Policy>(its), "text"});
  };
  add("one", 1);
  add("two", 2);
  serve();
  sample_tee::TdReportTemplate td;
  td.mrtd.fill(1);
  td.report_data.fill(5);
  const std::string quote = text_member("evidence", intel_platform().quote_td(td)) + "," +
                            text_member("report_data", Bytes(64, 5));
  const auto of = [&](const char* tenant) { return quote + R"(,"tenant":")" + tenant + "\""; };
  const auto got = appraise(of("one"));
  EXPECT_EQ(outcome(got), "accepted");
  EXPECT_EQ(ear_of(got).atoma.policy_sha256, wire::hex_encode(Bytes(32, 1)));
  EXPECT_EQ(outcome(appraise(of("two"))), "refused policy.measurement");
  EXPECT_EQ(outcome(appraise(quote)), "accepted");
  EXPECT_EQ(outcome(appraise(of("three"))), "404 tenant.unknown");
  EXPECT_EQ(outcome(appraise(of(""))), "400 request.field");
  std::string items;
  for (const auto* tenant : {"two", "one", "three", "one"}) {
    items += (items.empty() ? "{" : ",{") + of(tenant) + "}";
  }
  const auto batch = host.post("/v1/appraise/batch", batch_of(items));
  ASSERT_EQ(batch.status, 200) << batch.body;
  const auto document = wire::JsonDocument::parse(batch.body);
  const auto& answers = document->root().find("items")->items();
  EXPECT_EQ(answers[0].find("verdict")->text(), "refused");
  EXPECT_EQ(answers[1].find("verdict")->text(), "accepted");
  EXPECT_EQ(answers[2].find("problem")->find("reason")->text(), "tenant.unknown");
  EXPECT_EQ(answers[3].find("verdict")->text(), "accepted");
  // An unknown tenant uses up no nonce.
  const auto fresh = challenge();
  const std::string bytes = text_member("evidence", Bytes(9));
  EXPECT_EQ(attest(fresh, bytes + R"(,"tenant":"three")").refusal(), "404 tenant.unknown");
  EXPECT_EQ(attest(fresh, bytes + R"(,"tenant":"two")").status, 200);
}

TEST_F(Kinds, BatchesMixKinds) {
  serve();
  const std::string tpm =
      member("tpm", tpm_json(Bytes(20, 1))) + "," + text_member("challenge", Bytes(20, 1));
  const std::string composite = member("composite", composite_json(Bytes(32, 2), key)) + "," +
                                text_member("challenge", Bytes(32, 2));
  const std::string cca =
      cca_members(5) + "," + member("platform_keys", cca_platform().platform_key_jwk());
  std::string items;
  for (const auto& one : {tpm, composite, cca}) {
    items += (items.empty() ? "{" : ",{") + one + "}";
  }
  const auto got = host.post("/v1/appraise/batch", "{" + text_member("nonce", Bytes(16, 9)) +
                                                       R"(,"items":[)" + items + "]}");
  ASSERT_EQ(got.status, 200) << got.body;
  const auto document = wire::JsonDocument::parse(got.body);
  for (const auto& item : document->root().find("items")->items()) {
    ASSERT_NE(item.find("verdict"), nullptr) << item.raw().substr(0, 200);
    EXPECT_EQ(item.find("verdict")->text(), "accepted");
  }
}

// Every kind in both forms: the same claims under the same nonce, in a JWT and in a CWT.
TEST_F(Kinds, SaysInCborWhatItSaysInJson) {
  serve();
  const std::string quote = text_member("evidence", intel_platform().quote_td({})) + "," +
                            text_member("report_data", Bytes(64));
  const crypto::Digest256 nonce{};
  const auto files = intel_platform().collateral_files(
      Tee::kTdx, {host.clock.now(), host.clock.now() + Duration{60}});
  std::string collateral;
  for (const auto& part : evidence::intel::kCollateralParts) {
    if ((files.*part.bytes).empty()) continue;
    collateral += (collateral.empty() ? "{" : ",") + text_member(part.name, files.*part.bytes);
  }
  const std::string items[] = {
      quote,
      quote + "," + member("collateral", collateral + "}"),
      quote + R"(,"tee":"snp")",
      text_member("evidence", Bytes(9)),
      member("tpm", tpm_json(Bytes(20, 1))) + "," + text_member("challenge", Bytes(20, 1)),
      member("gpus", gpus_json({1}, {gpu_report(1, nonce)})) + "," +
          text_member("challenge", nonce) + R"(,"gpus_expected":1)",
      member("composite", composite_json(Bytes(32, 2), key)) + "," +
          text_member("challenge", Bytes(32, 2)),
      cca_members(5) + "," + member("platform_keys", cca_platform().platform_key_jwk())};
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "{" : ",{") + item + "}";
  auto keys = *cose::VerificationKeys::parse_jwks(service->jwks());
  const auto in_cbor = [&](std::string_view path, const std::string& body) {
    return host.ask(http::Method::kPost, path, as_text(as_cbor(body)), {}, "application/cbor");
  };

  for (const auto& item : items) {
    const auto body = "{" + text_member("nonce", Bytes(16, 9)) + "," + item + "}";
    const auto json = host.post("/v1/appraise", body);
    const auto cbor = in_cbor("/v1/appraise", body);
    ASSERT_EQ(cbor.status, 200) << cbor.body;
    EXPECT_EQ(cbor.type, "application/cbor");
    const auto document = wire::CborDocument::parse(as_bytes(cbor.body));
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->root().find("verdict")->text(), json.member("verdict"));
    EXPECT_EQ(document->root().find("format")->text(), "cwt");
    const auto ear = cose::verify_ear_cwt(*document->root().find("ear")->bytes(), keys);
    ASSERT_TRUE(ear) << ear.error().to_string();
    EXPECT_EQ(ear->nonce, base64_encode(Bytes(16, 9)));
    EXPECT_EQ(ear->atoma, ear_of(json).atoma);
    EXPECT_EQ(ear->submods, ear_of(json).submods);
  }

  const auto json = host.post("/v1/appraise/batch", batch_of(list));
  const auto cbor = in_cbor("/v1/appraise/batch", batch_of(list));
  ASSERT_EQ(cbor.status, 200) << cbor.body;
  const auto document = wire::CborDocument::parse(as_bytes(cbor.body));
  ASSERT_TRUE(document) << document.error().to_string();
  const auto batch = cose::verify_ear_batch_cwt(*document->root().find("ear")->bytes(), keys);
  const auto other = cose::verify_ear_batch_token(json.member("ear"), keys);
  ASSERT_TRUE(batch && other);
  EXPECT_EQ(batch->items.size(), std::size(items));
  EXPECT_EQ(batch->items, other->batch.items);
  EXPECT_EQ(document->root().find("items")->items()[0].find("verdict")->text(), "accepted");
  // And a CWT for who asks in JSON.
  const auto text =
      host.post("/v1/appraise/batch", R"({"format":"cwt",)" + batch_of(list).substr(1));
  EXPECT_EQ(text.member("format"), "cwt");
  EXPECT_EQ(cose::verify_ear_batch_token(text.member("ear"), keys)->batch.items, batch->items);
}

TEST_F(Kinds, AnswersProblemsOfCborAsProblems) {
  serve();
  const auto ask = [&](std::string_view path, std::string_view body) {
    return host.ask(http::Method::kPost, path, body, {}, "application/cbor");
  };
  EXPECT_EQ(ask("/v1/appraise", "{}").refusal(), "400 cbor.truncated");
  EXPECT_EQ(ask("/v1/appraise/batch", "\xA0").refusal(), "400 request.missing_field");
  EXPECT_EQ(ask("/v1/attest", "\xA0").refusal(), "415 http.content_type");
  const Bytes items = as_cbor(batch_of(R"({"evidence":""})"));
  const auto got = ask("/v1/appraise/batch", as_text(items));
  const auto document = wire::CborDocument::parse(as_bytes(got.body));
  ASSERT_TRUE(document) << got.body;
  const auto problem = document->root().find("items")->items()[0].find("problem");
  EXPECT_EQ(problem->find("reason")->text(), "request.field");
  EXPECT_FALSE(document->root().find("ear"));
}

}  // namespace
}  // namespace atoma::verifier
