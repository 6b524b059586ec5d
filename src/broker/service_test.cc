// The broker over a real server, ledger and store. Its verifier is a key of the test: EARs say what
// a case needs.
#include "atoma/broker/service.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "atoma/cose/ear_token.h"
#include "atoma/crypto/hpke.h"
#include "atoma/ledger/audit.h"
#include "atoma/ledger/bodies.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "registry/test_service.h"

namespace atoma::broker {
namespace {

using http::Method;
using wire::base64_encode;

const std::string kPolicyDigest(64, 'a');
const std::string kMrtd(96, '1');

std::string rule(std::string_view change = "", std::string_view to = "") {
  std::string text = R"({"tee":["tdx"],"sample":"forbid","measurements":{"mrtd":[")" + kMrtd +
                     R"("]},"policy_sha256":[")" + kPolicyDigest + R"("],"ear_age_max_s":60})";
  if (!change.empty()) {
    const auto at = text.find(change);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, change.size(), to);
  }
  return text;
}

crypto::Digest256 filled(std::uint8_t byte) {
  crypto::Digest256 out{};
  out.fill(byte);
  return out;
}

std::string put_body(std::string_view secret, const std::string& its_rule = rule()) {
  return std::format(R"({{"secret":"{}","rule":{}}})", base64_encode(as_bytes(secret)), its_rule);
}

class Broker : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pub = crypto::EcPublicKey::create(crypto::Curve::kP256, verifier_key.public_xy());
    cose::JwkSet keys;
    keys.add(*std::move(pub));
    jwks = keys.to_json();
    start();
  }
  void TearDown() override { host.stop(); }

  void start() {
    auto opened =
        store::Kv::open(host.dir.path() / "kv",
                        {.tables = {std::string(kSecretsTable), std::string(kVersionsTable)}});
    ASSERT_TRUE(opened) << opened.error().to_string();
    kv.emplace(*std::move(opened));
    const ByteArray<32> root{1, 2, 3};
    service = std::make_unique<Service>(
        Config{.verifier_jwks = [this] { return jwks; },
               .default_policy = default_policy,
               .root_key = Secret<32>::copy_of(root),
               .admin_token = SecretBytes::copy_of(as_bytes("correct token")),
               .entry_key = test::issuer_key("broker")},
        *kv, host.sequencer(), host.ledger(), host.clock, host.entropy);
    http::Router router;
    service->mount(router);
    host.serve(std::move(router));
  }
  void restart() {
    host.stop();
    service.reset();
    kv.reset();
    host.reopen();
    start();
  }

  test::Answer admin(Method method, std::string_view target, std::string_view body = "",
                     std::string_view token = "correct token") {
    return host.ask(method, target, body, {{"Authorization", "Bearer " + std::string(token)}});
  }
  void put(std::string_view name, std::string_view secret, const std::string& its_rule = rule()) {
    const auto got =
        admin(Method::kPut, "/v1/secrets/" + std::string(name), put_body(secret, its_rule));
    ASSERT_EQ(got.status, 201) << got.body;
  }

  cose::Ear good_ear() {
    cose::Ear ear{.issuer = "test",
                  .id = "1",
                  .issued_at = host.clock.now(),
                  .expires_at = host.clock.now() + Duration{300},
                  .nonce = "AAAAAAAAAAA=",
                  .submods = {{.name = "cpu", .status = cose::EarStatus::kAffirming}}};
    ear.atoma.verdict = cose::EarVerdict::kAccepted;
    ear.atoma.tee = "tdx";
    ear.atoma.evidence_sha256 = std::string(64, 'e');
    ear.atoma.policy_sha256 = kPolicyDigest;
    ear.atoma.key = tlog::digest_hex(key.public_key());
    ear.atoma.measurements = {{"mrtd", kMrtd}};
    return ear;
  }
  std::string sign(const cose::Ear& ear) { return cose::sign_ear(ear, verifier_key); }

  // As the verifier does it; gives the entry's index.
  std::uint64_t log_attestation(std::string_view token) {
    const auto at =
        host.write({.type = "attestation",
                    .label = {"attestations", kPolicyDigest},
                    .expiry = host.clock.now() + Duration{300},
                    .body = ledger::encode_attestation({.verdict = "accepted",
                                                        .policy = policy,
                                                        .collateral = {},
                                                        .key = crypto::sha256(key.public_key()),
                                                        .ear = tlog::token_digest(token),
                                                        .tee = "tdx",
                                                        .measurement = {},
                                                        .kept = {{{}, 5, "a/b"}}})},
                   "verifier");
    EXPECT_TRUE(at) << at.error().to_string();
    return at.value_or(0);
  }

  test::Answer release(std::string_view name, std::string_view token, std::uint64_t index) {
    wire::JsonWriter out;
    out.begin_object()
        .member("ear", token)
        .member("index", index)
        .member("key", base64_encode(key.public_key()))
        .end_object();
    return host.post("/v1/secrets/" + std::string(name) + "/release", out.str());
  }
  test::Answer release(std::string_view name, const cose::Ear& ear) {
    const std::string token = sign(ear);
    return release(name, token, log_attestation(token));
  }

  // Releases with an EAR that `change` made; checks that a refusal is on the ledger, once, under
  // its reason.
  std::string refusal(const std::function<void(cose::Ear&)>& change,
                      std::string_view name = "secret") {
    cose::Ear ear = good_ear();
    change(ear);
    const std::string token = sign(ear);
    const auto index = log_attestation(token);
    const auto size = host.log_size();
    const auto got = release(name, token, index);
    if (got.status == 200) return "released";
    EXPECT_EQ(host.log_size(), size + 1) << got.body;
    const auto entry = host.last_entry();
    EXPECT_TRUE(entry.contains(R"("type":"refusal")")) << entry;
    EXPECT_TRUE(
        entry.contains(std::format(R"("body":{{"name":"{}","reason":"{}","ear":"{}")", name,
                                   got.member("reason"), tlog::digest_hex(as_bytes(token)))))
        << entry;
    return got.refusal();
  }

  std::string unwrap(const test::Answer& got) {
    const auto value = crypto::hpke_open(key, *wire::base64_decode(got.member("enc")),
                                         as_bytes(kReleaseInfo), as_bytes(got.member("aad")),
                                         *wire::base64_decode(got.member("ciphertext")));
    return value ? std::string(as_text(value->expose("test"))) : value.error().to_string();
  }

  test::ServiceHost host;
  crypto::EcPrivateKey verifier_key =
      crypto::EcPrivateKey::generate(crypto::Curve::kP256, host.entropy);
  crypto::XwingPrivateKey key = crypto::XwingPrivateKey::generate(host.entropy);
  std::string jwks;
  crypto::Digest256 default_policy = filled(0x99);
  crypto::Digest256 policy = filled(0xAA);  // of attestations
  std::optional<store::Kv> kv;
  std::unique_ptr<Service> service;
};

TEST_F(Broker, ReleasesToTheAttestedKeyAndProvesIt) {
  put("secret", "the weights");
  const std::string token = sign(good_ear());
  const auto got = release("secret", token, log_attestation(token));
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(unwrap(got), "the weights");
  EXPECT_EQ(got.member("aad"), release_aad("secret", 1, tlog::digest_hex(as_bytes(token))));
  EXPECT_FALSE(got.body.contains(base64_encode(as_bytes("the weights"))));
  const auto bundle = tlog::parse_bundle(got.member("bundle"));
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(ledger::all_ok(ledger::audit_bundle(*bundle, &host.ledger().verifier_key())));
  const auto entry = host.last_entry();
  EXPECT_EQ(*host.ledger().entry(host.log_size() - 1), bundle->entry);
  EXPECT_TRUE(entry.starts_with(R"({"type":"release","time":"2026-01-01T00:00:00Z",)"
                                R"("namespace":"releases","label":"secret",)"))
      << entry;
  EXPECT_TRUE(entry.contains(R"("body":{"name":"secret","version":1,"attestation":2,)")) << entry;
  EXPECT_TRUE(entry.contains(tlog::digest_hex(*wire::base64_decode(got.member("ciphertext")))));
}

TEST_F(Broker, RefusesForEachReason) {
  put("secret", "the weights");
  EXPECT_EQ(refusal([](auto&) {}), "released");
  EXPECT_EQ(refusal([](auto& e) {
              e.expires_at = e.issued_at + Duration{1};
              e.issued_at.unix_s -= 9;
              e.expires_at.unix_s -= 9;
            }),
            "403 release.expired");
  EXPECT_EQ(refusal([](auto& e) { e.not_before = e.issued_at + Duration{30}; }),
            "403 release.expired");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.verdict = cose::EarVerdict::kRefused; }),
            "403 release.verdict");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.verdict = cose::EarVerdict::kUnappraisable; }),
            "403 release.verdict");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.key = std::string(64, '0'); }), "403 release.key");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.key = ""; }), "403 release.key");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.tee = "snp"; }), "403 release.tee");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.sample = true; }), "403 release.sample");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.measurements[0].second[0] = '2'; }),
            "403 release.measurement");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.measurements.clear(); }), "403 release.measurement");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.policy_sha256[0] = 'b'; }), "403 release.policy");
  EXPECT_EQ(refusal([](auto& e) { e.issued_at.unix_s -= 61; }), "403 release.age");
  EXPECT_EQ(refusal([](auto& e) { e.issued_at.unix_s -= 60; }), "released");
  EXPECT_EQ(refusal([](auto&) {}, "other"), "404 release.no_such_secret");
}

TEST_F(Broker, RefusesResultsThatAreNotOnTheLedger) {
  put("secret", "the weights");
  const std::string token = sign(good_ear());
  const auto index = log_attestation(token);
  const auto other_type = release("secret", token, index).member("index");
  auto other = good_ear();
  other.id = "2";
  for (const auto& [ear, at] : {std::pair(sign(other), index),
                                {token, index - 1},
                                {token, std::stoul(other_type)},
                                {token, 9999}}) {
    EXPECT_EQ(release("secret", ear, at).refusal(), "403 release.not_on_ledger") << at;
    EXPECT_TRUE(host.last_entry().contains("release.not_on_ledger"));
  }
  EXPECT_EQ(release("secret", token, index).status, 200);
}

// The ledger's rules decide too: what the members have revoked since gets no secret, and that is a
// refusal like any other.
TEST_F(Broker, NothingGoesToWhatTheMembersRevoked) {
  put("secret", "the weights");
  const std::string token = sign(good_ear());
  const auto index = log_attestation(token);
  EXPECT_EQ(release("secret", token, index).status, 200);
  host.change_trust("policy.remove", policy);
  const auto got = release("secret", token, index);
  EXPECT_EQ(got.refusal(), "403 rule.revoked");
  EXPECT_EQ(got.member("ciphertext"), "(absent)");
  EXPECT_TRUE(host.last_entry().contains(R"("reason":"rule.revoked")")) << host.last_entry();
}

// Names that somebody made up are one label: the ledger's state does not grow with them.
TEST_F(Broker, MadeUpNamesMakeNoLabels) {
  put("secret", "the weights");
  EXPECT_EQ(refusal([](auto&) {}, "made-up"), "404 release.no_such_secret");
  EXPECT_TRUE(host.last_entry().contains("\"label\":\"(no such secret)\"")) << host.last_entry();
  EXPECT_EQ(refusal([](auto& e) { e.atoma.tee = "snp"; }), "403 release.tee");
  EXPECT_TRUE(host.last_entry().contains(R"("label":"secret")")) << host.last_entry();
}

cose::SigningKey ml_key(std::uint8_t first) {
  const ByteArray<32> seed{first};
  return cose::SigningKey(crypto::MlDsa65PrivateKey::from_seed(Secret<32>::copy_of(seed)));
}

// The broker asks for the keys each time: an old one stops, a new one counts, of any algorithm and
// form.
TEST_F(Broker, FollowsTheVerifiersKeys) {
  put("secret", "the weights");
  const std::string old_token = sign(good_ear());
  const auto old_index = log_attestation(old_token);
  EXPECT_EQ(release("secret", old_token, old_index).status, 200);

  const auto next = ml_key(1);
  cose::VerificationKeys keys = *cose::VerificationKeys::parse_jwks(jwks);
  const std::string kid = keys.add(next.public_key());
  jwks = keys.to_jwks();
  EXPECT_EQ(release("secret", old_token, old_index).status, 200);
  for (const auto format : cose::kEarFormats) {
    const auto token = cose::sign_ear_token(good_ear(), format, next, kid);
    const auto got = release("secret", token, log_attestation(token));
    ASSERT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(unwrap(got), "the weights");
    const auto bundle = tlog::parse_bundle(got.member("bundle"));
    ASSERT_TRUE(bundle);
    EXPECT_TRUE(ledger::all_ok(ledger::audit_bundle(*bundle, &host.ledger().verifier_key())));
    auto own = cose::VerificationKeys::parse_jwks(*bundle->jwks);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->size(), 1u);
    EXPECT_TRUE(cose::verify_ear_token(*bundle->ear, *own));
    const auto foreign = cose::sign_ear_token(good_ear(), format, ml_key(2), kid);
    EXPECT_EQ(release("secret", foreign, old_index).refusal(), "401 release.ear");
  }
  keys.keep_only(kid);
  jwks = keys.to_jwks();
  EXPECT_EQ(release("secret", old_token, old_index).refusal(), "401 release.ear");
}

TEST_F(Broker, StrangersLeaveNoTrace) {
  put("secret", "the weights");
  const auto size = host.log_size();
  const auto stranger = crypto::EcPrivateKey::generate(crypto::Curve::kP256, host.entropy);
  EXPECT_EQ(release("secret", cose::sign_ear(good_ear(), stranger), 1).refusal(),
            "401 release.ear");
  std::string damaged = sign(good_ear());
  damaged[damaged.size() - 4] = damaged[damaged.size() - 4] == 'A' ? 'B' : 'A';
  EXPECT_EQ(release("secret", damaged, 1).refusal(), "401 release.ear");
  EXPECT_EQ(release("secret", "x", 1).refusal(), "401 release.ear");
  EXPECT_EQ(host.log_size(), size);
}

TEST_F(Broker, MalformedRequestsChangeNothing) {
  put("secret", "the weights");
  const auto size = host.log_size();
  const auto post = [&](std::string_view body) {
    return host.post("/v1/secrets/secret/release", body).refusal();
  };
  const std::string good_key = base64_encode(key.public_key());
  EXPECT_EQ(post("{}"), "400 request.missing_field");
  EXPECT_EQ(post("[]"), "400 request.field");
  EXPECT_EQ(post(R"({"ear":"x","index":1,"key":"AAAA"})"), "400 request.field");
  EXPECT_EQ(post(R"({"ear":"x","index":"1","key":")" + good_key + "\"}"), "400 request.field");
  EXPECT_EQ(post(R"({"ear":"x","index":1,"force":true,"key":")" + good_key + "\"}"),
            "400 request.unknown_field");
  EXPECT_EQ(post(std::string(100'000, ' ')), "413 http.body.too_large");
  EXPECT_EQ(host.post("/v1/secrets/a%20b/release", "{}").refusal(), "400 request.field");
  EXPECT_EQ(host.ask(Method::kPost, "/v1/secrets/secret/release", "{}", {}, "text/json").refusal(),
            "415 http.content_type");
  EXPECT_EQ(host.log_size(), size);
}

TEST_F(Broker, AdministersByTokenOnly) {
  const std::string body = put_body("x");
  EXPECT_EQ(admin(Method::kPut, "/v1/secrets/a", body, "wrong token").refusal(), "401 auth.token");
  EXPECT_EQ(admin(Method::kPut, "/v1/secrets/a", body, "").refusal(), "401 auth.token");
  EXPECT_EQ(host.ask(Method::kPut, "/v1/secrets/a", body).refusal(), "401 auth.token");
  EXPECT_EQ(
      host.ask(Method::kPut, "/v1/secrets/a", body, {{"Authorization", "Basic correct token"}})
          .refusal(),
      "401 auth.token");
  EXPECT_EQ(host.get("/v1/secrets").refusal(), "401 auth.token");
  EXPECT_EQ(host.log_size(), 1u);
  EXPECT_EQ(admin(Method::kGet, "/v1/secrets").member("secrets"), "[]");
}

TEST_F(Broker, RulesLeaveNothingUnsaid) {
  const auto refused = [&](std::string_view change, std::string_view to) {
    return admin(Method::kPut, "/v1/secrets/a", put_body("x", rule(change, to))).refusal();
  };
  EXPECT_EQ(refused(R"("tee":["tdx"],)", ""), "400 request.missing_field");
  EXPECT_EQ(refused(R"("sample":"forbid",)", ""), "400 request.missing_field");
  EXPECT_EQ(refused(R"(,"ear_age_max_s":60)", ""), "400 request.missing_field");
  EXPECT_EQ(refused(R"("tee":["tdx"],)", R"("tee":["tdx"],"level":3,)"),
            "400 request.unknown_field");
  EXPECT_EQ(refused(R"(["tdx"])", "[]"), "400 request.field");
  EXPECT_EQ(refused(R"(["tdx"])", R"(["tdx","any"])"), "400 request.field");
  EXPECT_EQ(refused(R"("forbid")", R"("maybe")"), "400 request.field");
  EXPECT_EQ(refused(R"({"mrtd":[")" + kMrtd + R"("]})", "{}"), "400 request.field");
  EXPECT_EQ(refused("[\"" + kMrtd + "\"]", "[]"), "400 request.field");
  EXPECT_EQ(refused("[\"" + kPolicyDigest + "\"]", "[\"aa\"]"), "400 request.field");
  EXPECT_EQ(refused("60", "-1"), "400 request.field");
  EXPECT_EQ(refused("60", R"({"accept_any":""})"), "400 request.field");
  EXPECT_EQ(refused("60", R"({"accept_any":"why","or":1})"), "400 request.unknown_field");
  EXPECT_EQ(admin(Method::kPut, "/v1/secrets/a", R"({"secret":"","rule":{}})").refusal(),
            "400 request.field");
  EXPECT_EQ(admin(Method::kPut, "/v1/secrets/a", put_body(std::string(limits::kSecretMax + 1, 'x')))
                .refusal(),
            "400 request.field");
  EXPECT_EQ(host.log_size(), 1u);
}

TEST_F(Broker, AcceptAnyNeedsAReasonAndThenAcceptsAny) {
  const std::string any = R"({"accept_any":"a test"})";
  put("secret", "x",
      R"({"tee":["tdx","snp"],"sample":"allow","measurements":)" + any + R"(,"policy_sha256":)" +
          any + R"(,"ear_age_max_s":)" + any + "}");
  EXPECT_EQ(refusal([](auto& e) {
              e.atoma.tee = "snp";
              e.atoma.sample = true;
              e.atoma.measurements.clear();
              e.atoma.policy_sha256 = std::string(64, '9');
              e.issued_at.unix_s -= 86400;
            }),
            "released");
  EXPECT_EQ(refusal([](auto& e) { e.atoma.tee = "sgx"; }), "403 release.tee");
}

// A requester chooses the tenant under whose policy it is appraised.
TEST_F(Broker, ARuleThatNamesNoPolicyMeansTheDefaultOneAlone) {
  const std::string any = R"({"accept_any":"whatever the verifier asks"})";
  put("secret", "x", rule("[\"" + kPolicyDigest + "\"]", any));
  const auto under = [&](char digit) {
    return refusal([&](auto& e) { e.atoma.policy_sha256 = std::string(64, digit); });
  };
  EXPECT_EQ(under('9'), "released");
  EXPECT_EQ(under('a'), "403 release.policy");
  // A rule that names a policy means that one, not the default.
  put("secret", "x");
  EXPECT_EQ(under('a'), "released");
  EXPECT_EQ(under('9'), "403 release.policy");
  // Where there is no default, each rule must name one.
  default_policy = {};
  restart();
  put("secret", "x", rule("[\"" + kPolicyDigest + "\"]", any));
  EXPECT_EQ(under('0'), "403 release.policy");
}

// A CPU's evidence with its GPUs' is a kind of its own: neither stands for the other.
TEST_F(Broker, KindsOfEvidenceAreNamed) {
  put("cpu", "x");
  put("both", "x", rule(R"(["tdx"])", R"(["vtpm","tdx+nvidia"])"));
  const auto ask = [&](std::string_view secret, std::string_view tee) {
    return refusal([&](auto& e) { e.atoma.tee = tee; }, secret);
  };
  EXPECT_EQ(ask("both", "tdx+nvidia"), "released");
  EXPECT_EQ(ask("both", "vtpm"), "released");
  EXPECT_EQ(ask("both", "tdx"), "403 release.tee");
  EXPECT_EQ(ask("cpu", "tdx+nvidia"), "403 release.tee");
}

TEST_F(Broker, VersionsGrowAndSurviveARestart) {
  put("secret", "first");
  put("secret", "second", rule("60", "61"));
  put("b", "another");
  restart();
  const auto list = admin(Method::kGet, "/v1/secrets");
  EXPECT_EQ(list.member("secrets"), R"([{"name":"b","version":1,"rule":)" + rule() +
                                        R"(},{"name":"secret","version":2,"rule":)" +
                                        rule("60", "61") + "}]");
  EXPECT_EQ(admin(Method::kGet, "/v1/secrets?after=b").body.find("\"b\""), std::string::npos);
  EXPECT_FALSE(list.body.contains("second") ||
               list.body.contains(base64_encode(as_bytes("second"))));
  const auto got = release("secret", good_ear());
  EXPECT_EQ(unwrap(got), "second");
  EXPECT_EQ(got.member("version"), "2");
  put("secret", "third");
  EXPECT_EQ(release("secret", good_ear()).member("version"), "3");
  EXPECT_TRUE(host.entry_json(1).contains(R"("namespace":"secrets","label":"secret",)"));
  EXPECT_TRUE(host.entry_json(1).contains(R"("body":{"name":"secret","version":1,"rule":")"));
}

TEST_F(Broker, NothingMovesUnderAnotherRuleOrName) {
  put("secret", "the weights");
  put("open", "nothing", rule("\"forbid\"", "\"allow\""));
  auto record = **kv->get(kSecretsTable, "secret");
  EXPECT_FALSE(std::string(as_text(record)).contains("the weights"));
  std::string widened(as_text(record));
  widened.replace(widened.find("\"forbid\""), 8, "\"allow\" ");
  ASSERT_TRUE(kv->put(kSecretsTable, "secret", as_bytes(widened)));
  const auto size = host.log_size();
  EXPECT_EQ(release("secret", good_ear()).refusal(), "500 secret.corrupt");
  // Under a name of the same length: only the name itself tells them apart.
  put("sesame", "nothing");
  ASSERT_TRUE(kv->put(kSecretsTable, "sesame", record));
  EXPECT_EQ(release("sesame", good_ear()).refusal(), "500 secret.corrupt");
  ASSERT_TRUE(kv->put(kSecretsTable, "open", record));
  EXPECT_EQ(release("open", good_ear()).refusal(), "500 secret.corrupt");
  ASSERT_TRUE(kv->put(kSecretsTable, "open", Bytes(3)));
  EXPECT_EQ(release("open", good_ear()).refusal(), "500 secret.corrupt");
  // Four attestations of this test and one put; nothing of the broker's releases.
  EXPECT_EQ(host.log_size(), size + 5);
}

TEST_F(Broker, NothingIsReleasedWithoutTheLedger) {
  put("secret", "the weights");
  const std::string token = sign(good_ear());
  const auto index = log_attestation(token);
  host.ledger().close();
  const auto got = release("secret", token, index);
  EXPECT_EQ(got.refusal(), "503 ledger.stopped");
  EXPECT_EQ(got.member("ciphertext"), "(absent)");
  EXPECT_EQ(admin(Method::kPut, "/v1/secrets/later", put_body("x")).refusal(),
            "503 ledger.stopped");
  EXPECT_FALSE(**kv->get(kVersionsTable, "later") == Bytes());
  EXPECT_FALSE(kv->get(kSecretsTable, "later")->has_value());
  EXPECT_EQ(release("nothing", token, index).refusal(), "503 ledger.stopped");
}

TEST_F(Broker, ServesEightClientsAtOnce) {
  put("secret", "the weights");
  std::atomic<int> released = 0;
  std::atomic<int> refused = 0;
  const std::string token = sign(good_ear());
  const auto index = log_attestation(token);
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&, i] {
        for (int round = 0; round < 10; ++round) {
          if (i == 0) admin(Method::kPut, "/v1/secrets/other", put_body("x"));
          if (release("secret", token, index).status == 200) ++released;
          if (release("secret", token, index - 1).status == 403) ++refused;
        }
      });
    }
  }
  EXPECT_EQ(released, 80);
  EXPECT_EQ(refused, 80);
  EXPECT_EQ(host.log_size(), index + 1 + 80 + 80 + 10);
  EXPECT_TRUE(admin(Method::kGet, "/v1/secrets").body.contains(R"("name":"other","version":10)"));
}

}  // namespace
}  // namespace atoma::broker
