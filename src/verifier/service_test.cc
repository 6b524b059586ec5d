// The verifier over a real server and ledger, with the sample TEE as its attester.
#include "atoma/verifier/service.h"

#include <gtest/gtest.h>

#include <thread>

#include "atoma/appraisal/binding.h"
#include "atoma/cose/ear_batch.h"
#include "atoma/cose/ear_token.h"
#include "atoma/cose/epoch_keys.h"
#include "atoma/crypto/hpke.h"
#include "atoma/ledger/audit.h"
#include "atoma/ledger/bodies.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "challenges.h"
#include "http/test_peer.h"
#include "registry/test_service.h"
#include "subject.h"
#include "test_requests.h"

namespace atoma::verifier {
namespace {

using appraisal::AnyOf;
using evidence::Tee;
using evidence::intel::Collateral;
using sample_tee::IntelPlatform;
using wire::base64_encode;

constexpr ByteArray<32> kSeed = {5, 6, 7};

std::shared_ptr<const appraisal::Policy> policy_of(const IntelPlatform& platform) {
  auto policy = appraisal::Policy::strict("set below");
  policy.report_data_bound = appraisal::Require::strict();
  policy.tdx->measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, 0x11)});
  policy.sample = appraisal::SamplePolicy{.roots = {platform.root_digest()}};
  return std::make_shared<const appraisal::Policy>(std::move(policy));
}

// One attester's answer to a challenge; tests change single parts.
struct Attestation {
  std::string nonce;
  Bytes key = Bytes(crypto::kXwingPublicKeySize, 7);
  Bytes evidence;
  std::string more;  // further members, ",…"

  std::string body() const {
    wire::JsonWriter out;
    out.begin_object()
        .member("nonce", nonce)
        .member("key", base64_encode(key))
        .member("evidence", base64_encode(evidence));
    return out.take() + more + "}";
  }
};

class Verifier : public ::testing::Test {
 protected:
  void SetUp() override {
    const ValidityWindow window{host.clock.now(),
                                host.clock.now() + sample_tee::kIntelCollateralLifetime};
    const auto foreign = IntelPlatform::create(host.entropy);
    service = std::make_unique<Service>(
        Config{.policy = policy_of(platform),
               .policy_text = "as text",
               .signing_seed = Secret<32>::copy_of(kSeed),
               .nonce_key = SecretBytes(Bytes(32, 0x6E)),
               .entry_key = atoma::test::issuer_key("verifier"),
               .build = "test",
               // The first set is another platform's: the service must find the right one.
               .at_hand = {.collateral =
                               {*Collateral::parse(foreign.collateral_files(Tee::kTdx, window)),
                                *Collateral::parse(platform.collateral_files(Tee::kTdx, window))}}},
        host.sequencer(), host.evidence(), host.ledger(), host.clock, host.entropy);
    http::Router router;
    service->mount(router);
    host.serve(std::move(router), {.body_timeout = std::chrono::milliseconds(200)});
  }
  void TearDown() override { host.stop(); }

  std::string challenge() { return host.post("/v1/challenge", "{}").member("nonce"); }

  Attestation answer(const std::string& nonce, std::uint8_t mrtd = 0x11) {
    Attestation out{.nonce = nonce};
    sample_tee::TdReportTemplate td;
    td.mrtd.fill(mrtd);
    td.report_data = appraisal::bind_report_data(*wire::base64_decode(nonce), out.key);
    out.evidence = platform.quote_td(td);
    return out;
  }

  test::Answer attest(const Attestation& attestation) {
    return host.post("/v1/attest", attestation.body());
  }

  cose::Ear ear_of(const test::Answer& answer) {
    auto keys = cose::VerificationKeys::parse_jwks(host.get("/.well-known/jwks.json").body);
    EXPECT_TRUE(keys);
    auto got = cose::verify_ear_token(answer.member("ear"), *keys);
    EXPECT_TRUE(got) << (got ? "" : got.error().to_string()) << answer.body;
    return got ? got->ear : cose::Ear{};
  }

  std::vector<std::string> failing(const cose::Ear& ear) {
    std::vector<std::string> out;
    for (const auto& finding : ear.atoma.findings) {
      if (finding.outcome == "fail" || finding.outcome == "missing") out.push_back(finding.id);
    }
    return out;
  }

  test::ServiceHost host;
  IntelPlatform platform = IntelPlatform::create(host.entropy);
  std::unique_ptr<Service> service;
};

TEST_F(Verifier, AcceptsGoodEvidenceAndProvesIt) {
  const auto attestation = answer(challenge());
  const auto got = attest(attestation);
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got.member("verdict"), "accepted");
  EXPECT_EQ(got.member("index"), "1");
  const auto ear = ear_of(got);
  EXPECT_EQ(failing(ear), std::vector<std::string>{});
  EXPECT_EQ(ear.nonce, attestation.nonce);
  EXPECT_EQ(ear.atoma.key, tlog::digest_hex(attestation.key));
  EXPECT_EQ(ear.atoma.evidence_sha256, tlog::digest_hex(attestation.evidence));
  EXPECT_EQ(ear.atoma.tcb_status, "UpToDate");
  EXPECT_TRUE(ear.atoma.sample);
  // A software root never affirms.
  EXPECT_EQ(ear.submods[0].status, cose::EarStatus::kWarning);
  EXPECT_EQ(ear.submods[0].trust.executables, 2);
  EXPECT_EQ(ear.submods[0].trust.instance_identity, 2);
  EXPECT_EQ(ear.expires_at - ear.issued_at, Duration{300});

  const auto bundle = tlog::parse_bundle(got.member("bundle"));
  ASSERT_TRUE(bundle) << bundle.error().to_string();
  for (const auto& step : ledger::audit_bundle(*bundle, &host.ledger().verifier_key())) {
    EXPECT_TRUE(step.ok && step.checked) << step.id << ": " << step.text;
  }
  const auto entry = host.last_entry();
  EXPECT_TRUE(entry.contains(R"("expiry":"2026-01-01T00:05:00Z","namespace":"attestations",)"
                             R"("label":")" +
                             ear.atoma.policy_sha256 + "\""))
      << entry;
  const auto said = ledger::read_attestation(ledger::parse_entry(bundle->entry)->statement.body);
  ASSERT_TRUE(said) << said.error().to_string();
  EXPECT_EQ(std::tie(said->verdict, said->tee, said->sample), std::tuple("accepted", "tdx", true));
  EXPECT_EQ(wire::hex_encode(said->evidence), ear.atoma.evidence_sha256);
  EXPECT_EQ(std::vector{wire::hex_encode(said->collateral.value())}, ear.atoma.collateral_sha256);
  EXPECT_EQ(wire::hex_encode(said->key), ear.atoma.key);
  EXPECT_EQ(said->ear, tlog::token_digest(got.member("ear")));
  EXPECT_EQ(said->measurement, Bytes(48, 0x11));
}

TEST_F(Verifier, RefusedEvidenceIsAnAnswerAndOnTheLedger) {
  const auto got = attest(answer(challenge(), 0x22));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.member("verdict"), "refused");
  const auto ear = ear_of(got);
  EXPECT_EQ(failing(ear), std::vector<std::string>{"policy.measurement"});
  EXPECT_EQ(ear.submods[0].status, cose::EarStatus::kContraindicated);
  EXPECT_EQ(ear.submods[0].trust.executables, 96);
  EXPECT_TRUE(host.last_entry().contains(R"("verdict":"refused")"));
}

// The ledger's rules come after the policy's.
TEST_F(Verifier, AnAcceptedVerdictThatTheLedgerRefusesIsNotGivenOut) {
  EXPECT_EQ(attest(answer(challenge())).member("verdict"), "accepted");
  const auto own = policy_of(platform)->digest;
  host.change_trust("policy.remove", own);
  const auto got = attest(answer(challenge()));
  EXPECT_EQ(got.refusal(), "403 rule.revoked");
  EXPECT_FALSE(host.last_entry().contains("attestation"));
  EXPECT_EQ(attest(answer(challenge(), 0x22)).member("verdict"), "refused");
  host.change_trust("policy.add", own);
  EXPECT_EQ(attest(answer(challenge())).member("verdict"), "accepted");
}

TEST_F(Verifier, EvidenceForAnotherNonceOrKeyIsRefused) {
  const auto victim = answer(challenge());
  ASSERT_EQ(attest(victim).member("verdict"), "accepted");
  Attestation replay = victim;
  replay.nonce = challenge();
  const auto replayed = attest(replay);
  EXPECT_EQ(replayed.member("verdict"), "refused");
  EXPECT_EQ(failing(ear_of(replayed)), std::vector<std::string>{"policy.report_data"});
  EXPECT_EQ(ear_of(replayed).submods[0].trust.instance_identity, 97);
  Attestation swapped = answer(challenge());
  swapped.key = Bytes(crypto::kXwingPublicKeySize, 8);
  EXPECT_EQ(failing(ear_of(attest(swapped))), std::vector<std::string>{"policy.report_data"});
}

TEST_F(Verifier, EvidenceThatDoesNotParseIsRefused) {
  Attestation attestation = answer(challenge());
  attestation.evidence.resize(100);
  const auto got = attest(attestation);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.member("verdict"), "refused");
  EXPECT_EQ(failing(ear_of(got)), std::vector<std::string>{"quote.truncated"});
  attestation = answer(challenge());
  attestation.evidence.resize(1);
  EXPECT_EQ(attest(attestation).member("verdict"), "refused");
}

TEST_F(Verifier, DamagedEvidenceIsRefusedAndNothingIsAffirmed) {
  Attestation attestation = answer(challenge());
  attestation.evidence[200] ^= 1;
  const auto got = attest(attestation);
  EXPECT_EQ(got.member("verdict"), "refused");
  const auto ear = ear_of(got);
  EXPECT_TRUE(std::ranges::contains(failing(ear), "intel.quote.signature"));
  EXPECT_EQ(ear.submods[0].trust.hardware, 99);
  EXPECT_EQ(ear.submods[0].trust.executables, 0);
}

TEST_F(Verifier, TakesCollateralFromTheRequest) {
  const ValidityWindow window{host.clock.now(), host.clock.now() + Duration{60}};
  const auto files = platform.collateral_files(Tee::kTdx, window);
  const auto with = [&](std::string_view tcb_info) {
    Attestation out = answer(challenge());
    out.more = std::format(R"(,"tee":"tdx","collateral":{{"tcb_info":"{}","qe_identity":"{}",)"
                           R"("tcb_signing_chain":"{}",)"
                           R"("root_crl":"{}","pck_crl":"{}"}})",
                           tcb_info, base64_encode(files.qe_identity),
                           base64_encode(files.tcb_signing_chain), base64_encode(files.root_crl),
                           base64_encode(files.pck_crl));
    return attest(out);
  };
  EXPECT_EQ(with(base64_encode(files.tcb_info)).member("verdict"), "accepted");
  Bytes damaged = files.tcb_info;
  damaged[damaged.size() - 10] ^= 1;
  const auto got = with(base64_encode(damaged));
  // Its own, wrong collateral counts, not the good one at hand.
  EXPECT_NE(got.member("verdict"), "accepted");
  EXPECT_EQ(with(base64_encode(as_bytes("{"))).refusal(), "400 json.syntax");
}

TEST_F(Verifier, MissingCollateralCannotBeAppraised) {
  Attestation attestation = answer(challenge());
  attestation.more = R"(,"collateral":{})";
  const auto got = attest(attestation);
  EXPECT_EQ(got.member("verdict"), "unappraisable");
  EXPECT_EQ(ear_of(got).submods[0].status, cose::EarStatus::kNone);
}

TEST_F(Verifier, ANonceIsAnsweredOnce) {
  const auto attestation = answer(challenge());
  EXPECT_EQ(attest(attestation).status, 200);
  const auto size = host.log_size();
  EXPECT_EQ(attest(attestation).refusal(), "409 challenge.used");
  EXPECT_EQ(attest(answer(base64_encode(Bytes(32, 1)))).refusal(), "400 challenge.unknown");
  const auto late = answer(challenge());
  host.clock.advance(kChallengeLifetime);
  EXPECT_EQ(attest(late).refusal(), "400 challenge.expired");
  EXPECT_EQ(host.log_size(), size);
}

TEST_F(Verifier, MalformedRequestsChangeNothing) {
  const auto nonce = challenge();
  const auto good = answer(nonce);
  const auto size = host.log_size();
  const auto refusal = [&](const std::function<void(Attestation&)>& change) {
    Attestation changed = good;
    change(changed);
    return attest(changed).refusal();
  };
  EXPECT_EQ(refusal([](auto& a) { a.more = R"(,"debug":true)"; }), "400 request.unknown_field");
  EXPECT_EQ(refusal([](auto& a) { a.key.pop_back(); }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.evidence.clear(); }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.evidence.resize(limits::kEvidenceMax + 1); }),
            "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.evidence.resize(kSubjectBodyMax); }),
            "413 http.body.too_large");
  EXPECT_EQ(refusal([](auto& a) { a.nonce.pop_back(); }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.nonce = base64_encode(Bytes(31, 1)); }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.more = R"(,"tee":"sev")"; }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.more = R"(,"collateral":[])"; }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.more = R"(,"collateral":{"crl":""})"; }),
            "400 request.unknown_field");
  EXPECT_EQ(refusal([](auto& a) { a.more = R"(,"endorsements":["-"])"; }), "400 request.field");
  EXPECT_EQ(refusal([](auto& a) { a.more = R"(,"endorsements":{})"; }), "400 request.field");
  EXPECT_EQ(host.post("/v1/attest", "{}").refusal(), "400 request.missing_field");
  EXPECT_EQ(host.post("/v1/attest", "{").refusal(), "400 json.syntax");
  EXPECT_EQ(host.post("/v1/challenge", R"({"n":1})").refusal(), "400 request.unknown_field");
  EXPECT_EQ(host.post("/v1/challenge", std::string(2000, ' ')).refusal(),
            "413 http.body.too_large");
  EXPECT_EQ(host.ask(http::Method::kPost, "/v1/attest", good.body(), {}, "text/plain").refusal(),
            "415 http.content_type");
  EXPECT_EQ(host.log_size(), size);
  // And the nonce is still good.
  EXPECT_EQ(attest(good).member("verdict"), "accepted");
}

TEST_F(Verifier, ASlowBodyChangesNothing) {
  const auto good = answer(challenge());
  const auto size = host.log_size();
  http::test::Peer peer(host.port());
  const std::string request = http::test::post("/v1/attest", good.body());
  peer.send(std::string_view(request).substr(0, request.size() - 10));
  const auto got = peer.answer();
  EXPECT_EQ(got.status, 408);
  EXPECT_EQ(got.reason(), "http.body.timeout");
  EXPECT_EQ(host.log_size(), size);
  EXPECT_EQ(attest(good).member("verdict"), "accepted");
}

// The keys change with the clock; nobody who holds a token or a set of keys notices.
TEST_F(Verifier, KeysRotate) {
  const auto fetched = [&](std::string_view path) { return host.get(path).body; };
  const auto keys_now = [&] {
    return *cose::VerificationKeys::parse_jwks(fetched("/.well-known/jwks.json"));
  };
  const auto before = attest(answer(challenge()));
  auto cached = keys_now();
  EXPECT_EQ(cached.size(), 6u);
  host.clock.advance(kKeyPeriodDefault);
  const auto after = attest(answer(challenge()));
  const auto kid_in = [&](const test::Answer& got, cose::VerificationKeys keys) {
    const auto verified = cose::verify_ear_token(got.member("ear"), keys);
    return verified ? verified->kid : std::string(verified.error().reason);
  };
  EXPECT_EQ(kid_in(before, keys_now()), kid_in(before, std::move(cached)));
  EXPECT_NE(kid_in(after, keys_now()), kid_in(before, keys_now()));
  host.clock.advance(kKeyPeriodDefault);
  EXPECT_EQ(kid_in(before, keys_now()), "jws.kid");
  EXPECT_NE(kid_in(after, keys_now()), "jws.kid");
  // A bundle has what verifies its own result, for good.
  const auto bundle = tlog::parse_bundle(before.member("bundle"));
  ASSERT_TRUE(bundle);
  auto own = cose::VerificationKeys::parse_jwks(*bundle->jwks);
  ASSERT_TRUE(own);
  EXPECT_EQ(own->size(), 1u);
  EXPECT_NE(kid_in(before, *std::move(own)), "jws.kid");
}

TEST_F(Verifier, SignsInTheFormThatIsAskedFor) {
  const auto keys = [&] {
    return *cose::VerificationKeys::parse_jwks(host.get("/.well-known/jwks.json").body);
  };
  for (const auto format : cose::kEarFormats) {
    for (const auto algorithm : cose::kEpochAlgorithms) {
      const auto form = std::format(R"(,"format":"{}","alg":"{}")", cose::ear_format_name(format),
                                    cose::algorithm_name(algorithm));
      auto attestation = answer(challenge());
      attestation.more = form;
      const auto got = attest(attestation);
      ASSERT_EQ(got.member("verdict"), "accepted") << got.body;
      EXPECT_EQ(got.member("format"), cose::ear_format_name(format));
      EXPECT_EQ(cose::ear_format_of(got.member("ear")), format);
      EXPECT_EQ(ear_of(got).nonce, attestation.nonce);
      auto all = keys();
      const auto verified = cose::verify_ear_token(got.member("ear"), all);
      EXPECT_EQ(all.find(verified->kid)->algorithm(), algorithm);
      const auto bundle = tlog::parse_bundle(got.member("bundle"));
      ASSERT_TRUE(bundle);
      int checked = 0;
      for (const auto& step : ledger::audit_bundle(*bundle, &host.ledger().verifier_key())) {
        EXPECT_TRUE(step.ok) << step.id << ": " << step.text;
        checked += step.checked && (step.id == "ear_digest" || step.id == "evidence_digest");
      }
      EXPECT_EQ(checked, 2);
      auto damaged = *bundle;
      damaged.evidence->back() ^= 1;
      EXPECT_FALSE(ledger::all_ok(ledger::audit_bundle(damaged, nullptr)));

      const auto one = appraise_item(quote_with(platform, 5), expecting(5) + form);
      const auto alone = host.post("/v1/appraise", one);
      EXPECT_EQ(alone.member("format"), cose::ear_format_name(format));
      EXPECT_EQ(ear_of(alone).atoma.verdict, cose::EarVerdict::kAccepted);
    }
  }
  const auto batch =
      host.post("/v1/appraise/batch", R"({"alg":"ML-DSA-65","items":[)" +
                                          batch_item(quote_with(platform, 5), expecting(5)) + "]" +
                                          own_nonce() + "}");
  auto all = keys();
  EXPECT_TRUE(cose::verify_ear_batch(batch.member("ear"), all)) << batch.body;
  const auto header =
      wire::base64url_decode(batch.member("ear").substr(0, batch.member("ear").find('.')));
  EXPECT_TRUE(as_text(*header).contains("ML-DSA-65"));
  for (const auto* bad : {R"(,"format":"cbor")", R"(,"format":1)", R"(,"alg":"none")",
                          R"(,"alg":"ES384")", R"(,"alg":"EdDSA")", R"(,"alg":"")"}) {
    EXPECT_EQ(host.post("/v1/appraise", appraise_item(quote_with(platform, 5), bad)).refusal(),
              "400 request.field")
        << bad;
  }
}

TEST_F(Verifier, PublishesItsKeysInBothForms) {
  const auto fields = [&](std::string_view path) {
    const http::Url url{"127.0.0.1", host.port(), std::string(path)};
    const auto got =
        http::Client().request(url, http::Method::kGet, {}, {}, std::chrono::milliseconds(10'000));
    return got ? std::string(got->header("Content-Type").value_or("")) + " " +
                     std::string(got->header("Cache-Control").value_or(""))
               : got.error().to_string();
  };
  EXPECT_EQ(fields("/.well-known/jwks.json"), "application/json public, max-age=3600");
  EXPECT_EQ(fields("/.well-known/cose-keys"), "application/cose-key-set public, max-age=3600");
  auto jwks = cose::VerificationKeys::parse_jwks(host.get("/.well-known/jwks.json").body);
  auto keys = cose::VerificationKeys::parse_cose(as_bytes(host.get("/.well-known/cose-keys").body));
  ASSERT_TRUE(jwks && keys);
  EXPECT_EQ(jwks->to_jwks(), keys->to_jwks());
  EXPECT_EQ(service->jwks(), jwks->to_jwks());
  EXPECT_EQ(service->next_rotation().unix_s % kKeyPeriodDefault.s, 0);
  EXPECT_LE(service->next_rotation() - host.clock.now(), kKeyPeriodDefault);
}

// What a verdict stood on can be had by the digest that it names, for a while.
TEST_F(Verifier, GivesOutWhatVerdictsStoodOn) {
  const auto own = ear_of(attest(answer(challenge()))).atoma;
  EXPECT_EQ(host.get("/v1/policy/" + own.policy_sha256).member("text"), "as text");
  ASSERT_EQ(own.collateral_sha256.size(), 1u);
  const auto set_of = [&](const std::string& sha256) {
    const auto got = host.get("/v1/collateral/" + sha256);
    const auto document = wire::JsonDocument::parse(got.body);
    evidence::intel::CollateralFiles files;
    for (const auto& part : evidence::intel::kCollateralParts) {
      const auto* found = document->root().find("collateral");
      const auto* file = found == nullptr ? nullptr : found->find(part.name);
      if (file != nullptr) files.*part.bytes = *wire::base64_decode(file->text());
    }
    return wire::hex_encode((*Collateral::parse(files))->digest());
  };
  EXPECT_EQ(set_of(own.collateral_sha256[0]), own.collateral_sha256[0]);
  // One that a request brought.
  const ValidityWindow window{host.clock.now(), host.clock.now() + Duration{60}};
  const auto files = platform.collateral_files(Tee::kTdx, window);
  std::string more = R"(,"collateral":{)";
  for (const auto& part : evidence::intel::kCollateralParts) {
    if ((files.*part.bytes).empty()) continue;
    more += std::format(R"({}"{}":"{}")", more.ends_with('{') ? "" : ",", part.name,
                        base64_encode(files.*part.bytes));
  }
  auto attestation = answer(challenge());
  attestation.more = more + "}";
  const auto brought = ear_of(attest(attestation)).atoma.collateral_sha256;
  ASSERT_EQ(brought.size(), 1u);
  EXPECT_NE(brought, own.collateral_sha256);
  EXPECT_EQ(set_of(brought[0]), brought[0]);
  // What the server has no more at hand is still there.
  service->use({});
  EXPECT_EQ(set_of(own.collateral_sha256[0]), own.collateral_sha256[0]);
  const std::string other(64, '0');
  EXPECT_EQ(host.get("/v1/collateral/" + other).refusal(), "404 collateral.unknown");
  EXPECT_EQ(host.get("/v1/policy/" + other).refusal(), "404 policy.unknown");
}

TEST_F(Verifier, SaysWhatItsPolicyIs) {
  const auto got = host.get("/v1/policy");
  EXPECT_EQ(got.member("text"), "as text");
  EXPECT_EQ(got.member("name"), "strict");
}

TEST_F(Verifier, AnswersWhenTheLedgerCannotWithItsError) {
  const auto attestation = answer(challenge());
  host.ledger().close();
  EXPECT_EQ(attest(attestation).refusal(), "503 ledger.stopped");
}

TEST_F(Verifier, AppraisesWithoutRecording) {
  const auto size = host.log_size();
  const auto got = host.post("/v1/appraise", appraise_item(quote_with(platform, 5), expecting(5)));
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got.member("verdict"), "accepted");
  const auto ear = ear_of(got);
  EXPECT_EQ(ear.nonce, base64_encode(Bytes(16, 9)));
  EXPECT_EQ(ear.atoma.key, "");  // nothing is released for it
  const auto other =
      host.post("/v1/appraise", appraise_item(quote_with(platform, 5), expecting(6)));
  EXPECT_EQ(other.member("verdict"), "refused");
  EXPECT_EQ(failing(ear_of(other)), std::vector<std::string>{"policy.report_data"});
  const auto unbound = host.post("/v1/appraise", appraise_item(quote_with(platform, 5)));
  EXPECT_EQ(unbound.member("verdict"), "unappraisable");
  EXPECT_EQ(host.log_size(), size);
}

std::string batch_body(const std::vector<std::string>& items, std::string_view more = "") {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ",") + item;
  return R"({"items":[)" + list + "]" + own_nonce() + std::string(more) + "}";
}

cose::EarBatch batch_of(const test::Answer& got, const Service& service) {
  auto keys = cose::VerificationKeys::parse_jwks(service.jwks());
  EXPECT_TRUE(keys);
  auto batch = cose::verify_ear_batch(got.member("ear"), *keys);
  EXPECT_TRUE(batch) << batch.error().message;
  return *std::move(batch);
}

TEST_F(Verifier, AppraisesBatchesItemByItemUnderOneSignature) {
  Bytes forged = quote_with(platform, 5);
  forged[48 + 136] ^= 1;
  const std::string good = batch_item(quote_with(platform, 5), expecting(5));
  const std::vector<std::string> items{good, batch_item(forged, expecting(5)),
                                       R"({"evidence":"A"})", good};
  const auto got = host.post("/v1/appraise/batch", batch_body(items));
  ASSERT_EQ(got.status, 200) << got.body;
  const auto document = wire::JsonDocument::parse(got.body);
  ASSERT_TRUE(document);
  const auto& answers = document->root().find("items")->items();
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0].find("verdict")->text(), "accepted");
  EXPECT_EQ(answers[1].find("verdict")->text(), "refused");
  EXPECT_EQ(answers[2].find("problem")->find("reason")->text(), "request.field");
  EXPECT_EQ(answers[3].find("verdict")->text(), "accepted");

  const auto batch = batch_of(got, *service);
  EXPECT_EQ(batch.nonce, base64_encode(Bytes(16, 9)));
  ASSERT_EQ(batch.items.size(), 3u);
  EXPECT_EQ(batch.items[1].place, 1u);
  EXPECT_EQ(batch.items[2].place, 3u);
  EXPECT_EQ(batch.items[0].atoma.verdict, cose::EarVerdict::kAccepted);
  EXPECT_EQ(batch.items[0].atoma.evidence_sha256, tlog::digest_hex(quote_with(platform, 5)));
  EXPECT_EQ(batch.items[1].atoma.verdict, cose::EarVerdict::kRefused);
  EXPECT_EQ(batch.items[1].status, cose::EarStatus::kContraindicated);
  // Nobody takes it for the result of one.
  auto keys = cose::VerificationKeys::parse_jwks(service->jwks());
  EXPECT_EQ(cose::verify_ear_token(got.member("ear"), *keys).error().reason, "ear.missing");
}

TEST_F(Verifier, ABatchOfProblemsAloneHasNoToken) {
  const auto got = host.post("/v1/appraise/batch", batch_body({"{}", R"({"nonce":"AAAA"})"}));
  ASSERT_EQ(got.status, 200) << got.body;
  const auto document = wire::JsonDocument::parse(got.body);
  EXPECT_EQ(document->root().find("ear"), nullptr);
  ASSERT_EQ(document->root().find("items")->items().size(), 2u);
}

TEST_F(Verifier, SaysOfABatchAsMuchAsIsAsked) {
  const std::string item = batch_item(quote_with(platform, 5), expecting(5));
  const auto ask = [&](std::string_view more) {
    return batch_of(host.post("/v1/appraise/batch", batch_body({item}, more)), *service);
  };
  const auto least = ask("");
  const auto short_one = ask(R"(,"detail":"claims")");
  const auto whole = ask(R"(,"detail":"all")");
  const auto& some = short_one.items[0].atoma;
  const auto& all = whole.items[0].atoma;
  EXPECT_EQ(some.checks, all.checks);
  EXPECT_EQ(all.findings.size(), all.checks);
  EXPECT_GT(all.findings.size(), 30u);
  for (const auto& finding : some.findings) EXPECT_NE(finding.outcome, "pass");
  EXPECT_EQ(some.measurements, all.measurements);
  EXPECT_EQ(some.evidence_sha256, all.evidence_sha256);
  EXPECT_EQ(short_one.items[0].trust, whole.items[0].trust);
  auto without = some;
  without.measurements.clear();
  without.report_data.clear();
  EXPECT_NE(some, without);
  EXPECT_EQ(least.items[0].atoma, without);
}

TEST_F(Verifier, RefusesMalformedAppraisals) {
  const auto refusal = [&](std::string_view path, const std::string& body) {
    return host.post(path, body).refusal();
  };
  const Bytes quote = quote_with(platform, 5);
  EXPECT_EQ(refusal("/v1/appraise", "{}"), "400 request.missing_field");
  EXPECT_EQ(refusal("/v1/appraise", appraise_item(quote, R"(,"debug":true)")),
            "400 request.unknown_field");
  EXPECT_EQ(refusal("/v1/appraise", appraise_item(quote, R"(,"report_data":"AAAA")")),
            "400 request.field");
  EXPECT_EQ(refusal("/v1/appraise", appraise_item(quote, R"(,"detail":"some")")),
            "400 request.field");
  EXPECT_EQ(refusal("/v1/appraise/batch", R"({"items":[{}]})"), "400 request.missing_field");
  EXPECT_EQ(refusal("/v1/appraise/batch", batch_body({})), "400 request.field");
  EXPECT_EQ(refusal("/v1/appraise/batch", R"({"items":{})" + own_nonce() + "}"),
            "400 request.field");
  EXPECT_EQ(refusal("/v1/appraise/batch", batch_body(std::vector<std::string>(257, "{}"))),
            "400 request.field");
}

TEST_F(Verifier, ServesEightClientsAtOnce) {
  constexpr int kClients = 8;
  constexpr int kRounds = 12;
  std::atomic<int> accepted = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const auto got = attest(answer(challenge()));
          if (got.member("verdict") == "accepted") ++accepted;
        }
      });
    }
  }
  EXPECT_EQ(accepted, kClients * kRounds);
  EXPECT_EQ(host.log_size(), 1u + kClients * kRounds);
}

}  // namespace
}  // namespace atoma::verifier
