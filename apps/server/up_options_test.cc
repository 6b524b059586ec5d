// What a server is told when it starts: tenants, signed reference values; and what it says of the
// collateral that it was given.
#include "atoma/cose/key_set.h"
#include "server/test_up.h"

namespace atoma::server {
namespace {

class UpOptions : public Up {};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST_F(UpOptions, LogThatIsNotReplicatedLeadsItself) {
  const auto answer = ask(Method::kGet, "/v1/log/leader");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.member("leads"), "true");
  EXPECT_EQ(answer.member("applied"), "1");
}

TEST_F(UpOptions, RefusesContradictionsAboutReplicas) {
  server.reset();
  const auto reason = [&](ReplicationOptions replication) {
    Options options{.data = directory.path(), .sample = true};
    options.replication = std::move(replication);
    auto started = Server::start(std::move(options), clock, entropy);
    return started ? std::string("starts") : std::string(started.error().reason);
  };
  EXPECT_EQ(reason({.node = "a"}), "up.replica");
  EXPECT_EQ(reason({.etcd = {"http://127.0.0.1:1"}}), "up.replica");
  EXPECT_EQ(reason({.etcd = {"http://127.0.0.1:1"}, .etcd_certificate = "a.pem", .node = "a"}),
            "up.replica");
  EXPECT_EQ(reason({.etcd = {"127.0.0.1:1"}, .node = "a"}), "http.client.url");
  EXPECT_EQ(reason({.etcd = {"http://127.0.0.1:1"}, .node = "a b"}), "replica.options");
  EXPECT_EQ(reason({.etcd = {"http://127.0.0.1:1"}, .node = "a"}), "queue.unavailable");
}

// Whoever asks chooses the tenant: a lax policy of one must not open another's secret.
TEST_F(UpOptions, KeepsTenantsApart) {
  const std::string measured = wire::hex_encode(sample_measurement());
  const auto lax_file = directory.path() / "lax.yaml";
  std::string lax = file_text(directory.path() / "sample-policy.yaml");
  for (auto at = lax.find("[\"" + measured); at != lax.npos; at = lax.find("[\"" + measured)) {
    lax.replace(at, lax.find(']', at) + 1 - at, "{accept_any: \"lax\"}");
  }
  ASSERT_TRUE(store::replace_file(store::posix_file_system(), lax_file, as_bytes(lax)));
  server.reset();
  const auto start_with = [&](std::vector<std::pair<std::string, std::string>> tenants) {
    return Server::start(
        {.data = directory.path(), .tenant_files = std::move(tenants), .sample = true}, clock,
        entropy);
  };
  EXPECT_EQ(start_with({{"lax", lax_file}, {"lax", lax_file}}).error().reason, "tenant.twice");
  EXPECT_EQ(start_with({{"l x", lax_file}}).error().reason, "tenant.name");
  auto started = start_with({{"lax", lax_file}});
  ASSERT_TRUE(started) << started.error().to_string();
  server = *std::move(started);

  EXPECT_EQ(ask(Method::kGet, "/v1/policy?tenant=lax").member("text"), lax);
  EXPECT_NE(ask(Method::kGet, "/v1/policy").member("text"), lax);
  EXPECT_EQ(ask(Method::kGet, "/v1/policy?tenant=other").refusal(), "404 tenant.unknown");
  const auto lax_digest = ask(Method::kGet, "/v1/policy?tenant=lax").member("sha256");

  // The rule is about a measurement which the lax policy no longer asks for.
  const std::string rule =
      replaced(file_text(directory.path() / "sample-rule.json"),
               "{\"mrtd\": [\"" + measured + "\"]}", R"({"accept_any": "the policy looks at it"})");
  ASSERT_EQ(put("the weights", rule).status, 201);
  Measurement other = sample_measurement();
  other[0] ^= 1;
  EXPECT_EQ(attest(Tee::kTdx, other, workload).member("verdict"), "refused");
  const auto got = attest(Tee::kTdx, other, workload, "lax");
  ASSERT_EQ(got.member("verdict"), "accepted") << got.body;
  EXPECT_EQ(release(got, workload).refusal(), "403 release.policy");
  // Who means the tenant's policy names it.
  const auto any = rule.find("{\"accept_any\": \"the default");
  ASSERT_NE(any, std::string::npos);
  std::string named = rule;
  named.replace(any, named.find('}', any) + 1 - any, "[\"" + lax_digest + "\"]");
  ASSERT_EQ(put("the weights", named).status, 201);
  EXPECT_EQ(release(got, workload).status, 200);
  EXPECT_EQ(release(attest(Tee::kTdx, sample_measurement(), workload), workload).refusal(),
            "403 release.policy");
  EXPECT_EQ(attest(Tee::kTdx, other, workload, "Lax").refusal(), "404 tenant.unknown");
}

// Sets that nobody signed, or that can't be read, do not start a server that is to believe them.
TEST_F(UpOptions, ReadsSignedReferenceValues) {
  const test::TempDirectory work;
  auto& files = store::posix_file_system();
  const auto write = [&](const char* name, std::string_view text) {
    ASSERT_TRUE(store::replace_file(files, work.path() / name, as_bytes(text)));
  };
  const cose::SigningKey key(
      *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, 1)));
  cose::VerificationKeys keys;
  keys.add(key.public_key());
  const std::string yaml =
      "atoma_reference_values: 1\nname: images\nnot_before: 2025-01-01T00:00:00Z\n"
      "not_after: 2027-01-01T00:00:00Z\nvalues:\n"
      "  - {tee: tdx, label: one, measurements: {mrtd: \"" +
      wire::hex_encode(sample_measurement()) + "\"}}\n";
  write("set.yaml", yaml);
  write("keys.jwks", keys.to_jwks());
  const ReferenceFiles found{{work.path() / "set.yaml"}, work.path() / "keys.jwks"};
  EXPECT_EQ(load_reference_sets({found.sets, ""}).error().reason, "up.reference_keys");
  EXPECT_TRUE(load_reference_sets({})->empty());
  EXPECT_FALSE(load_reference_sets(found)) << "no signature";
  write("set.yaml.jws", appraisal::sign_reference_set(yaml, key));
  const auto sets = load_reference_sets(found);
  ASSERT_TRUE(sets) << sets.error().to_string();
  EXPECT_EQ(sets->size(), 1u);

  // A policy that names the signer in place of the value.
  std::string policy = file_text(directory.path() / "sample-policy.yaml");
  const auto at = policy.find("mrtd: [");
  ASSERT_NE(at, std::string::npos) << policy;
  policy.replace(at, policy.find(']', at) + 1 - at,
                 "mrtd: {signed_by: [\"" + cose::key_id(key.public_key()) + "\"]}");
  write("policy.yaml", policy);
  server.reset();
  const auto start_with = [&](const ReferenceFiles& references) {
    return Server::start({.data = directory.path(),
                          .policy_file = work.path() / "policy.yaml",
                          .references = references,
                          .sample = true},
                         clock, entropy);
  };
  auto started = start_with(found);
  ASSERT_TRUE(started) << started.error().to_string();
  server = *std::move(started);
  const auto good = attest(Tee::kTdx, sample_measurement(), workload);
  EXPECT_EQ(good.member("verdict"), "accepted") << good.body;
  Measurement other = sample_measurement();
  other[0] ^= 1;
  EXPECT_EQ(attest(Tee::kTdx, other, workload).member("verdict"), "refused");
  server.reset();
  write("set.yaml", yaml + "# changed\n");
  EXPECT_FALSE(start_with(found));
}

// A server that is left alone says what ends, before it has.
TEST_F(UpOptions, SaysWhenItsCollateralEnds) {
  const auto health = [&] { return ask(Method::kGet, "/healthz"); };
  EXPECT_EQ(health().member("status"), "ok") << health().body;
  EXPECT_EQ(health().member("collateral"), "(absent)");
  const auto count = [&](std::string_view line) {
    return ask(Method::kGet, "/metrics").body.contains(line);
  };
  EXPECT_TRUE(count("atoma_collateral_unusable_items{kind=\"intel/tcb_info\"} 0\n"));
  EXPECT_TRUE(count("atoma_collateral_next_update_seconds{kind=\"amd/crl\"} 31536000\n"));
  clock.advance(Duration{363ll * 86400});
  auto got = health();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.member("status"), "degraded");
  EXPECT_TRUE(
      got.member("collateral")
          .contains(R"({"item":"intel/tcb_info at hand, number 1","freshness":"stale","error":"",)"
                    R"("good_until":"2027-01-01T00:00:00Z"})"))
      << got.body;
  clock.advance(Duration{3 * 86400});
  got = health();
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.member("collateral").starts_with(R"([{"item":"intel/)"));
  EXPECT_TRUE(got.body.contains(R"("freshness":"expired")")) << got.body;
  EXPECT_TRUE(count("atoma_collateral_unusable_items{kind=\"intel/tcb_info\"} 2\n"));
  EXPECT_TRUE(count("atoma_collateral_next_update_seconds{kind=\"intel/tcb_info\"} -86400\n"));
  EXPECT_TRUE(count("atoma_collateral_age_seconds{kind=\"intel/tcb_info\"} "));
}

}  // namespace
}  // namespace atoma::server
