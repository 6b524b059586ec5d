// For tests: all roles together, as `atoma up` runs them, with the sample platform and one client.
#pragma once

#include <gtest/gtest.h>

#include "atoma/appraisal/binding.h"
#include "atoma/crypto/hpke.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "registry/test_service.h"
#include "server/sample_platform.h"
#include "server/server.h"

namespace atoma::server {

using evidence::Tee;
using http::Method;
using wire::base64_encode;

inline std::string file_text(const store::Path& path) {
  auto bytes = store::read_file(store::posix_file_system(), path, 64 * 1024);
  EXPECT_TRUE(bytes) << path;
  return bytes ? std::string(as_text(*bytes)) : "";
}

class Up : public ::testing::Test {
 protected:
  // One platform for all tests: its RSA keys take seconds.
  static void SetUpTestSuite() {
    shared = new test::TempDirectory;
    crypto::SystemEntropy random;
    ASSERT_TRUE(SamplePlatform::create(shared->path() / "sample", random));
  }
  static void TearDownTestSuite() { delete std::exchange(shared, nullptr); }

  void SetUp() override {
    std::filesystem::copy(shared->path(), directory.path(),
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
    auto loaded = SamplePlatform::load(directory.path() / "sample");
    ASSERT_TRUE(loaded) << loaded.error().to_string();
    platform.emplace(*std::move(loaded));
    start();
  }
  void start() {
    auto started = Server::start(
        {.data = directory.path(), .sample = true, .index_interval = std::chrono::hours(1)}, clock,
        entropy);
    ASSERT_TRUE(started) << started.error().to_string();
    server = *std::move(started);
  }

  test::Answer ask(Method method, std::string_view target, std::string_view body = "",
                   std::vector<http::Field> headers = {}) {
    auto url = *http::parse_url(server->url());
    url.target = target;
    if (!body.empty()) headers.push_back({"Content-Type", "application/json"});
    const auto got = http::Client().request(url, method, headers, as_bytes(body),
                                            std::chrono::milliseconds(10'000));
    if (!got) return {.status = 0, .type = got.error().to_string(), .body = ""};
    return {got->status, std::string(got->header("Content-Type").value_or("")),
            std::string(as_text(got->body))};
  }

  test::Answer attest(Tee tee, const Measurement& measurement, const crypto::XwingPrivateKey& key,
                      std::string_view tenant = "", std::vector<http::Field> headers = {}) {
    const auto nonce = ask(Method::kPost, "/v1/challenge", "{}").member("nonce");
    const auto data = appraisal::bind_report_data(*wire::base64_decode(nonce), key.public_key());
    wire::JsonWriter out;
    out.begin_object()
        .member("nonce", nonce)
        .member("key", base64_encode(key.public_key()))
        .member("evidence", base64_encode(platform->evidence(tee, data, measurement)));
    if (!tenant.empty()) out.member("tenant", tenant);
    return ask(Method::kPost, "/v1/attest", out.end_object().take(), std::move(headers));
  }
  test::Answer release(const test::Answer& attested, const crypto::XwingPrivateKey& key) {
    wire::JsonWriter out;
    out.begin_object()
        .member("ear", attested.member("ear"))
        .key("index")
        .raw(attested.member("index"))
        .member("key", base64_encode(key.public_key()))
        .end_object();
    return ask(Method::kPost, "/v1/secrets/password/release", out.str());
  }
  test::Answer put(std::string_view secret) {
    return put(secret, file_text(directory.path() / "sample-rule.json"));
  }
  test::Answer put(std::string_view secret, std::string_view rule) {
    const auto token = file_text(server->token_file());
    return ask(Method::kPut, "/v1/secrets/password",
               std::format(R"({{"secret":"{}","rule":{}}})", base64_encode(as_bytes(secret)), rule),
               {{"Authorization", "Bearer " + token.substr(0, token.size() - 1)}});
  }

  static inline test::TempDirectory* shared = nullptr;
  test::TempDirectory directory;
  test::StandingClock clock;
  crypto::SystemEntropy entropy;
  crypto::XwingPrivateKey workload = crypto::XwingPrivateKey::generate(entropy);
  std::optional<SamplePlatform> platform;
  std::unique_ptr<Server> server;
};

}  // namespace atoma::server
