// All roles together, as `atoma up` runs them, with the sample platform.
#include "server/server.h"

#include <gtest/gtest.h>

#include <thread>

#include "atoma/appraisal/binding.h"
#include "atoma/broker/service.h"
#include "atoma/cose/ear.h"
#include "atoma/crypto/hpke.h"
#include "atoma/ledger/audit.h"
#include "atoma/sample_tee/cca.h"
#include "atoma/sample_tee/nvidia_rim.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "collateral/test_source.h"
#include "registry/test_service.h"
#include "server/collateral_directory.h"
#include "server/sample_platform.h"
#include "server/test_up.h"
#include "server/watched_ledger.h"

namespace atoma::server {
namespace {

TEST_F(Up, AttestsReleasesAndProves) {
  ASSERT_EQ(put("the weights").status, 201);
  const auto attested = attest(Tee::kTdx, sample_measurement(), workload);
  ASSERT_EQ(attested.member("verdict"), "accepted") << attested.body;
  const auto got = release(attested, workload);
  ASSERT_EQ(got.status, 200) << got.body;
  const auto secret = crypto::hpke_open(workload, *wire::base64_decode(got.member("enc")),
                                        as_bytes(broker::kReleaseInfo), as_bytes(got.member("aad")),
                                        *wire::base64_decode(got.member("ciphertext")));
  ASSERT_TRUE(secret);
  EXPECT_EQ(as_text(secret->expose("test")), "the weights");
  const auto bundle = tlog::parse_bundle(got.member("bundle"));
  ASSERT_TRUE(bundle);
  const auto log_key = tlog::VerifierKey::parse(server->log_key());
  EXPECT_TRUE(ledger::all_ok(ledger::audit_bundle(*bundle, &*log_key)));
}

TEST_F(Up, AppraisesSnpReports) {
  const auto attested = attest(Tee::kSnp, sample_measurement(), workload);
  EXPECT_EQ(attested.member("verdict"), "accepted") << attested.body;
  // The rule names tdx alone.
  ASSERT_EQ(put("x").status, 201);
  EXPECT_EQ(release(attested, workload).refusal(), "403 release.tee");
}

TEST_F(Up, GivesAnImpostorNothing) {
  ASSERT_EQ(put("the weights").status, 201);
  Measurement other = sample_measurement();
  other[0] ^= 1;
  const auto modified = attest(Tee::kTdx, other, workload);
  EXPECT_EQ(modified.member("verdict"), "refused");
  EXPECT_EQ(release(modified, workload).refusal(), "403 release.verdict");
  const auto victim = attest(Tee::kTdx, sample_measurement(), workload);
  const auto thief = crypto::XwingPrivateKey::generate(entropy);
  EXPECT_EQ(release(victim, thief).refusal(), "403 release.key");
}

TEST_F(Up, KeepsItsStateAcrossARestart) {
  ASSERT_EQ(put("the weights").status, 201);
  const auto attested = attest(Tee::kTdx, sample_measurement(), workload);
  const auto size = server->log_size();
  const auto log_key = server->log_key();
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "address"));
  start();
  EXPECT_EQ(server->log_size(), size);
  EXPECT_EQ(server->log_key(), log_key);
  EXPECT_EQ(file_text(directory.path() / "address"), server->url() + "\n");
  EXPECT_EQ(release(attested, workload).status, 200);
}

TEST_F(Up, KeepsItsFilesToItself) {
  using std::filesystem::perms;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
    const auto mode = entry.status().permissions();
    EXPECT_EQ(mode & (perms::group_all | perms::others_all), perms::none) << entry.path();
  }
  server.reset();
  const auto root_key = directory.path() / "keys" / "root.key";
  std::filesystem::permissions(root_key, perms::others_read, std::filesystem::perm_options::add);
  const auto refused = Server::start({.data = directory.path(), .sample = true}, clock, entropy);
  EXPECT_EQ(refused.error().reason, "data.permissions");
  std::filesystem::permissions(root_key, perms::owner_read | perms::owner_write);
  std::filesystem::resize_file(root_key, 31);
  const auto damaged = Server::start({.data = directory.path(), .sample = true}, clock, entropy);
  EXPECT_EQ(damaged.error().reason, "data.key");
}

TEST_F(Up, KeysRotateUnderTheBrokerToo) {
  ASSERT_EQ(put("the weights").status, 201);
  EXPECT_EQ(ask(Method::kGet, "/healthz").member("next_key_rotation"), "2026-01-02T00:00:00Z");
  clock.advance(Duration{24 * 3600 - 1});
  const auto attested = attest(Tee::kTdx, sample_measurement(), workload);
  ASSERT_EQ(attested.member("verdict"), "accepted") << attested.body;
  clock.advance(Duration{1});
  EXPECT_EQ(ask(Method::kGet, "/healthz").member("next_key_rotation"), "2026-01-03T00:00:00Z");
  EXPECT_EQ(release(attested, workload).status, 200);
  const auto later = attest(Tee::kTdx, sample_measurement(), workload);
  EXPECT_EQ(release(later, workload).status, 200);
}

TEST_F(Up, ReplicasHaveTheSameKeys) {
  const auto jwks = ask(Method::kGet, "/.well-known/jwks.json").body;
  const test::TempDirectory other;
  std::filesystem::create_directory(other.path() / "keys");
  std::filesystem::copy(directory.path() / "keys" / "ear.seed", other.path() / "keys" / "ear.seed");
  const auto replica =
      Server::start({.data = other.path(), .policy_file = directory.path() / "sample-policy.yaml"},
                    clock, entropy);
  ASSERT_TRUE(replica) << replica.error().to_string();
  auto url = *http::parse_url((*replica)->url());
  url.target = "/.well-known/jwks.json";
  const auto got =
      http::Client().request(url, Method::kGet, {}, {}, std::chrono::milliseconds(10'000));
  ASSERT_TRUE(got);
  EXPECT_EQ(as_text(got->body), jwks);
}

TEST_F(Up, BoundsThePeriodOfKeys) {
  server.reset();
  for (const Duration period : {Duration{599}, Duration{0}, Duration{-1}, Duration{367 * 86'400}}) {
    const auto refused = Server::start(
        {.data = directory.path(), .sample = true, .ear_key_period = period}, clock, entropy);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "up.ear_key_period");
  }
}

TEST_F(Up, BoundsHowFarBehindTheIndexIs) {
  server.reset();
  for (const int seconds : {0, -1, 86'401}) {
    const std::chrono::seconds interval(seconds);
    const auto refused = Server::start(
        {.data = directory.path(), .sample = true, .index_interval = interval}, clock, entropy);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "up.index_interval");
  }
}

TEST_F(Up, NeedsAPolicy) {
  server.reset();
  const auto refused = Server::start({.data = directory.path()}, clock, entropy);
  EXPECT_EQ(refused.error().reason, "up.policy");
}

TEST_F(Up, SaysHowItIs) {
  const auto healthy = ask(Method::kGet, "/healthz");
  EXPECT_EQ(healthy.status, 200);
  EXPECT_EQ(healthy.member("status"), "ok");
  EXPECT_TRUE(ask(Method::kGet, "/").body.contains("SAMPLE TEE"));
}

TEST(Watched, RemembersWhyTheLogStopped) {
  test::ServiceHost host;
  WatchedLedger ledger(host.ledger());
  const auto append = [&] { ledger.append(to_bytes("{}"), [](Result<tlog::Receipt>) {}); };
  ledger.append({}, [](Result<tlog::Receipt> receipt) { EXPECT_FALSE(receipt); });
  EXPECT_EQ(ledger.failure(), "");
  host.ledger().close();
  append();
  EXPECT_EQ(ledger.failure(), "ledger.stopped");
}

Bytes sample_manifest(Entropy& entropy) {
  const sample_tee::NvidiaRimVendor vendor(sample_tee::NvidiaRimKeys::generate(entropy),
                                           {{1'700'000'000}, {1'900'000'000}});
  const auto report =
      sample_tee::sample_nvidia_report(evidence::nvidia::Architecture::kHopper, Bytes(48, 1));
  return vendor.make_rim(sample_tee::matching_rim(report, "550.90.07", "GH100", {1}));
}

// Intel's and AMD's sets of a directory, by what lies in them.
TEST_F(Up, FindsCollateralAtHand) {
  const test::TempDirectory sets;
  auto& files = store::posix_file_system();
  EXPECT_EQ(load_at_hand(sets.path()).error().reason, "collateral.directory");
  const auto intel = sample_tee::IntelPlatform::create(entropy).collateral_files(
      Tee::kTdx, {clock.now(), clock.now() + Duration{60}});
  for (const auto* name : {"a", "b", "amd", "empty"}) {
    ASSERT_TRUE(files.make_directory(sets.path() / name));
  }
  for (const auto* name : {"a", "b"}) {
    ASSERT_TRUE(store::replace_file(files, sets.path() / name / "tcb_info.json", intel.tcb_info));
    ASSERT_TRUE(store::replace_file(files, sets.path() / name / "pck_crl.der", intel.pck_crl));
  }
  ASSERT_TRUE(store::replace_file(files, sets.path() / "amd" / "root_crl.crl", intel.root_crl));
  const auto found = load_at_hand(sets.path());
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->collateral.size(), 2u);
  EXPECT_EQ(found->endorsements.size(), 1u);
  // What belongs to a part of its own stands beside them.
  const auto nvidia = sets.path() / "nvidia";
  ASSERT_TRUE(files.make_directory(nvidia));
  ASSERT_TRUE(store::replace_file(files, nvidia / "a.xml", as_bytes("<a/>")));
  EXPECT_EQ(load_at_hand(sets.path()).error().reason, "rim.structure");
  ASSERT_TRUE(store::replace_file(files, nvidia / "a.xml", sample_manifest(entropy)));
  ASSERT_TRUE(store::replace_file(files, nvidia / "a.ocsp", as_bytes("no answer")));
  EXPECT_EQ(load_at_hand(sets.path()).error().reason, "ocsp.syntax");
  std::filesystem::remove(nvidia / "a.ocsp");
  const auto keys = sets.path() / "empty" / "platform_keys.json";
  ASSERT_TRUE(store::replace_file(files, keys, as_bytes("{}")));
  EXPECT_EQ(load_at_hand(sets.path()).error().reason, "cca.platform_keys");
  const auto platform_key = sample_tee::CcaPlatform::create(entropy).platform_key_jwk();
  ASSERT_TRUE(store::replace_file(files, keys, as_bytes(platform_key)));
  const auto more = load_at_hand(sets.path());
  ASSERT_TRUE(more) << more.error().to_string();
  EXPECT_EQ(more->rims.size(), 1u);
  EXPECT_EQ(more->platform_keys.size(), 1u);
  EXPECT_EQ(more->collateral.size(), 2u);
  ASSERT_TRUE(store::replace_file(files, sets.path() / "b" / "tcb_info.json", as_bytes("{")));
  EXPECT_EQ(load_at_hand(sets.path()).error().reason, "json.syntax");
}

// What a source serves reaches the verifier while it runs, and stays when the source has gone.
TEST_F(Up, FetchesCollateralWhileItRuns) {
  const auto keys = store::read_file(store::posix_file_system(),
                                     directory.path() / "sample" / "intel.json", 64 * 1024);
  ASSERT_TRUE(keys);
  const auto intel = sample_tee::IntelPlatform::load(*keys);
  ASSERT_TRUE(intel);
  const auto files =
      intel->collateral_files(Tee::kTdx, {clock.now(), clock.now() + Duration{30 * 86400}});
  const auto serve = [&](collateral::test::TestSource& source) {
    const auto chain = [](std::string_view name, ByteView pem) {
      return std::string(name) + ": " + collateral::test::percent_encoded(pem) + "\r\n";
    };
    const auto fmspc = wire::hex_encode(intel->pck_info().fmspc);
    source.serve("/tdx/certification/v4/tcb?fmspc=" + fmspc,
                 {.body = files.tcb_info,
                  .fields = chain("TCB-Info-Issuer-Chain", files.tcb_signing_chain)});
    source.serve("/tdx/certification/v4/qe/identity",
                 {.body = files.qe_identity,
                  .fields = chain("SGX-Enclave-Identity-Issuer-Chain", files.tcb_signing_chain)});
    source.serve("/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
                 {.body = files.pck_crl,
                  .fields = chain("SGX-PCK-CRL-Issuer-Chain", files.pck_crl_issuer_chain)});
    source.serve("/sgx/certification/v4/rootcacrl", {.body = files.root_crl});
  };
  const auto evidence = directory.path() / "quote.bin";
  ASSERT_TRUE(store::replace_file(store::posix_file_system(), evidence, intel->quote_td({})));
  const auto restart = [&](const std::string& url) {
    server.reset();
    Options options{.data = directory.path(),
                    .policy_file = directory.path() / "sample-policy.yaml"};
    options.fetch.wanted_for = {evidence.string()};
    ASSERT_TRUE(options.fetch.endpoints.set("intel=" + url));
    auto started = Server::start(options, clock, entropy);
    ASSERT_TRUE(started) << started.error().to_string();
    server = *std::move(started);
  };
  const auto accepted = [&] {
    for (int i = 0; i < 100; ++i) {
      const auto verdict = attest(Tee::kTdx, sample_measurement(), workload).member("verdict");
      if (verdict == "accepted") return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  };
  {
    collateral::test::TestSource source;
    serve(source);
    restart(source.url());
    EXPECT_TRUE(accepted()) << ask(Method::kGet, "/v1/collateral").body;
    const auto status = ask(Method::kGet, "/v1/collateral").body;
    EXPECT_TRUE(status.contains(R"("freshness":"fresh")")) << status;
    EXPECT_FALSE(status.contains("missing")) << status;
  }
  restart("http://127.0.0.1:1");
  EXPECT_TRUE(accepted()) << ask(Method::kGet, "/v1/collateral").body;
  server.reset();
  auto offline = Server::start(
      {.data = directory.path(), .policy_file = directory.path() / "sample-policy.yaml"}, clock,
      entropy);
  ASSERT_TRUE(offline) << offline.error().to_string();
  server = *std::move(offline);
  EXPECT_TRUE(accepted()) << ask(Method::kGet, "/v1/collateral").body;
}

TEST_F(Up, RefusesToFetchWhatItDoesNotKnow) {
  server.reset();
  Options options{.data = directory.path(), .policy_file = directory.path() / "sample-policy.yaml"};
  ASSERT_TRUE(options.fetch.endpoints.set("amd=http://127.0.0.1:1"));
  options.fetch.items = {"arm/root"};
  EXPECT_EQ(Server::start(options, clock, entropy).error().reason, "collateral.item");
  options.fetch.items = {};
  options.fetch.wanted_for = {directory.path() / "absent"};
  EXPECT_EQ(Server::start(options, clock, entropy).error().reason, "store.missing");
}

// "GET /healthz" for each operation of the document.
std::vector<std::string> documented() {
  std::vector<std::string> out;
  const auto document = wire::JsonDocument::parse(openapi_json());
  EXPECT_TRUE(document) << document.error().to_string();
  for (const auto& path : document->root().find("paths")->items()) {
    for (const auto& operation : path.items()) {
      std::string method(operation.name());
      for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
      out.push_back(method + " " + std::string(path.name()));
    }
  }
  std::ranges::sort(out);
  return out;
}

TEST_F(Up, CountsWhatItDoes) {
  ask(Method::kGet, "/healthz");
  ask(Method::kGet, "/nowhere");
  const std::string text = ask(Method::kGet, "/metrics").body;
  for (const auto* line :
       {"atoma_http_answers_total{status=\"2xx\"} 1\n",
        "atoma_http_answers_total{status=\"4xx\"} 1\n", "atoma_registry_log_entries 1\n",
        "atoma_registry_log_failing 0\n", "atoma_registry_evidence_bytes 0\n",
        "atoma_registry_evidence_max_bytes 1073741824\n",
        "atoma_verifier_waiting_appraisals 0\n"}) {
    EXPECT_TRUE(text.contains(line)) << line << text;
  }
}

// What a span says, by the names of OTLP's JSON.
std::string text_of(const wire::JsonValue& span, std::string_view name) {
  const auto* value = span.find(name);
  return value == nullptr ? "" : std::string(value->text());
}

TEST_F(Up, TracesARequestToAFile) {
  server.reset();
  const auto file = directory.path() / "spans.jsonl";
  auto started = Server::start(
      {.data = directory.path(), .sample = true, .trace_file = file.string()}, clock, entropy);
  ASSERT_TRUE(started) << started.error().to_string();
  server = *std::move(started);
  const std::string trace = "0af7651916cd43dd8448eb211c80319c", caller = "b7ad6b7169203331";
  const auto traceparent = [&](std::string_view flags) {
    return http::Field{"traceparent", "00-" + trace + "-" + caller + "-" + std::string(flags)};
  };
  for (const auto* flags : {"01", "00"}) {  // the second caller does not sample
    const auto attested =
        attest(Tee::kTdx, sample_measurement(), workload, "", {traceparent(flags)});
    EXPECT_EQ(attested.status, 200) << attested.body;
  }
  auto url = *http::parse_url(server->url());
  url.target = "/v1/appraise";
  const std::vector<http::Field> headers{traceparent("01"), {"Content-Type", "application/json"}};
  const auto refused = http::Client().request(url, Method::kPost, headers, as_bytes("{}"),
                                              std::chrono::milliseconds(10'000));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_TRUE(refused->header("traceparent").value_or("").starts_with("00-" + trace + "-"));
  server.reset();

  const std::string lines = file_text(file);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto document = wire::JsonDocument::parse(lines.substr(0, lines.find('\n')));
  ASSERT_TRUE(document) << document.error().to_string();
  const auto& resource = document->root().find("resourceSpans")->items()[0];
  const auto spans = resource.find("scopeSpans")->items()[0].find("spans")->items();
  std::vector<std::string> names;
  for (const auto& span : spans) {
    names.push_back(text_of(span, "name"));
    EXPECT_EQ(text_of(span, "traceId"), trace);
    EXPECT_EQ(text_of(span, "parentSpanId"),
              &span == &spans[0] ? caller : text_of(spans[0], "spanId"));
    EXPECT_LE(text_of(span, "startTimeUnixNano"), text_of(span, "endTimeUnixNano"));
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"POST /v1/attest", "verifier.wait", "verifier.appraise",
                                      "verifier.sign", "verifier.keep", "registry.append"}));
}

TEST_F(Up, DocumentsEveryRouteAndNoOther) {
  auto mounted = server->routes();
  std::ranges::sort(mounted);
  EXPECT_EQ(mounted, documented());
  EXPECT_EQ(ask(Method::kGet, "/openapi.json").body, openapi_json());
}

TEST_F(Up, DocumentsRefusalsWithTheirReasons) {
  for (const auto* reason : {"release.ear",
                             "release.expired",
                             "release.not_on_ledger",
                             "release.verdict",
                             "release.key",
                             "release.tee",
                             "release.sample",
                             "release.measurement",
                             "release.policy",
                             "release.age",
                             "release.no_such_secret",
                             "challenge.used",
                             "challenge.unknown",
                             "challenge.expired",
                             "challenge.full",
                             "verifier.busy",
                             "auth.token",
                             "request.unknown_field",
                             "request.missing_field",
                             "request.field",
                             "ledger.busy",
                             "ledger.stopped",
                             "ledger.halted",
                             "publisher.unwitnessed",
                             "ledger.index",
                             "ledger.size",
                             "sequencer.settling",
                             "sequencer.pending",
                             "rule.revoked",
                             "rule.previous",
                             "lookup.no_map_head",
                             "evidence.unknown",
                             "evidence.corrupt",
                             "evidence.full",
                             "evidence.missing",
                             "evidence.size",
                             "evidence.media_type"}) {
    EXPECT_TRUE(openapi_json().contains(std::format("urn:atoma:problem:{}\"", reason))) << reason;
  }
}

}  // namespace
}  // namespace atoma::server
