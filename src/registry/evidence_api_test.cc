// Evidence over a real server, to those who may have it.
#include "atoma/registry/evidence_api.h"

#include <gtest/gtest.h>

#include "atoma/ledger/bodies.h"
#include "atoma/registry/typed_api.h"
#include "atoma/wire/text.h"
#include "registry/test_service.h"

namespace atoma::registry {
namespace {

using http::Method;
using wire::hex_encode;

constexpr std::string_view kQuote = "application/vnd.atoma.cpu-evidence";

class EvidenceApiTest : public ::testing::Test {
 protected:
  void TearDown() override { host.stop(); }

  void serve(bool open = false, Elsewhere elsewhere = nullptr) {
    const auto token = [](std::string_view text) { return SecretBytes::copy_of(as_bytes(text)); };
    http::Router router;
    mount_evidence_api(
        router, host.evidence(),
        {.reader_token = token("reader"), .admin_token = token("admin"), .open = open},
        std::move(elsewhere));
    mount_typed_api(router, host.sequencer(), &host.evidence());
    host.serve(std::move(router));
  }
  ledger::EvidenceRef keep(std::string_view text) {
    return *host.evidence().keep(as_bytes(text), kQuote, ledger::Standing::kProven);
  }
  http::ClientResponse ask(Method method, std::string_view target, std::string_view token = "",
                           std::string_view body = "", std::string_view type = "") {
    const http::Url url{"127.0.0.1", host.port(), std::string(target)};
    std::vector<http::Field> fields;
    if (!token.empty()) fields.push_back({"Authorization", "Bearer " + std::string(token)});
    if (!type.empty()) fields.push_back({"Content-Type", std::string(type)});
    auto got = http::Client().request(url, method, fields, as_bytes(body),
                                      std::chrono::milliseconds(10'000));
    EXPECT_TRUE(got) << (got ? "" : got.error().to_string());
    return got.value_or(http::ClientResponse{});
  }
  http::ClientResponse get(std::string_view name, std::string_view token = "reader") {
    return ask(Method::kGet, "/v1/evidence/" + std::string(name), token);
  }
  static std::string refusal(const http::ClientResponse& got) {
    return test::Answer{got.status, std::string(got.header("Content-Type").value_or("")),
                        std::string(as_text(got.body))}
        .refusal();
  }
  static std::string heads(const http::ClientResponse& got) {
    return std::string(got.header("Content-Type").value_or("")) + "; " +
           std::string(got.header("Cache-Control").value_or(""));
  }

  test::ServiceHost host;
};

TEST_F(EvidenceApiTest, GivesEvidenceToItsReaders) {
  serve();
  const auto ref = keep("a quote");
  const auto name = hex_encode(ref.sha256);
  const auto got = get(name);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(as_text(got.body), "a quote");
  EXPECT_EQ(heads(got), std::string(kQuote) + "; private, max-age=31536000, immutable");
  EXPECT_EQ(get(name, "admin").status, 200);
  EXPECT_EQ(refusal(get(name, "")), "401 auth.token");
  EXPECT_EQ(refusal(get(name, "Reader")), "401 auth.token");
  EXPECT_EQ(get(name, "").header("WWW-Authenticate"), "Bearer");
}

TEST_F(EvidenceApiTest, OpenedItIsForWhoKnowsTheDigest) {
  serve(true);
  const auto got = get(hex_encode(keep("a quote").sha256), "");
  EXPECT_EQ(as_text(got.body), "a quote");
  EXPECT_EQ(heads(got), std::string(kQuote) + "; public, max-age=31536000, immutable");
  EXPECT_EQ(refusal(ask(Method::kPost, "/v1/evidence", "reader", "x", "a/b")), "401 auth.token");
}

TEST_F(EvidenceApiTest, RefusesWhatIsNotThereOrNotAsItWas) {
  serve();
  const auto name = hex_encode(keep("a quote").sha256);
  EXPECT_EQ(refusal(get(std::string(64, '0'))), "404 evidence.unknown");
  for (const auto& bad : {name.substr(1), std::string(64, 'g'), std::string(64, 'A')}) {
    EXPECT_EQ(refusal(get(bad)), "400 request.field") << bad;
  }
  EXPECT_EQ(refusal(get(name + "?local=1")), "400 request.field");
  const auto file = host.dir.path() / "evidence" / name.substr(0, 2) / name;
  ASSERT_TRUE(store::replace_file(store::posix_file_system(), file, as_bytes("another")));
  EXPECT_EQ(refusal(get(name)), "500 evidence.corrupt");
}

TEST_F(EvidenceApiTest, AdministratorsBringMore) {
  serve();
  const auto post = [&](std::string_view body, std::string_view type,
                        std::string_view token = "admin") {
    return ask(Method::kPost, "/v1/evidence", token, body, type);
  };
  const auto got = post("a wrapped key", "application/cose; cose-type=\"cose-encrypt\"");
  EXPECT_EQ(got.status, 201);
  const auto sha256 = hex_encode(crypto::sha256(as_bytes("a wrapped key")));
  EXPECT_EQ(as_text(got.body),
            R"({"sha256":")" + sha256 + R"(","size":13,"media_type":"application/cose"})");
  EXPECT_EQ(as_text(get(sha256).body), "a wrapped key");
  EXPECT_EQ(refusal(post("x", "text/plain", "")), "401 auth.token");
  EXPECT_EQ(refusal(post("x", "Text/plain")), "400 evidence.media_type");
  EXPECT_EQ(refusal(post(std::string(limits::kRequestBodyMax + 1, 'x'), "a/b")),
            "413 http.body.too_large");
}

TEST_F(EvidenceApiTest, ReadersGetWhatLiesElsewhere) {
  int asked = 0;
  serve(true, [&](const crypto::Digest256& sha256) -> Result<Evidence> {
    ++asked;
    if (sha256 != crypto::sha256(as_bytes("of a peer"))) {
      return fail(Code::kNotFound, "evidence.unknown", "there neither");
    }
    return Evidence{to_bytes("of a peer"), "text/plain"};
  });
  const auto name = hex_encode(crypto::sha256(as_bytes("of a peer")));
  // Neither strangers nor peers make this one ask.
  EXPECT_EQ(refusal(get(name, "")), "404 evidence.unknown");
  EXPECT_EQ(refusal(get(name + "?local=true")), "404 evidence.unknown");
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(as_text(get(name).body), "of a peer");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(as_text(get(name, "").body), "of a peer") << "it is here now";
  EXPECT_EQ(refusal(get(std::string(64, '0'))), "404 evidence.unknown");
  EXPECT_EQ(asked, 2);
}

// An entry may name only what is kept.
TEST_F(EvidenceApiTest, EntriesNameOnlyWhatIsThere) {
  serve();
  const auto submit = [&](const ledger::EvidenceRef& ref) {
    const auto bytes = ledger::sign_entry({.type = "attestation",
                                           .label = {"attestations", hex_encode(ref.sha256)},
                                           .previous = std::nullopt,
                                           .time = host.clock.now(),
                                           .expiry = std::nullopt,
                                           .nonce = Bytes(8, 1),
                                           .body = ledger::encode_attestation({.verdict = "refused",
                                                                               .collateral = {},
                                                                               .tee = "tdx",
                                                                               .measurement = {},
                                                                               .kept = {ref}})},
                                          test::issuer_key("verifier"));
    return host.post("/v1/registry/entries",
                     R"({"entry":")" + wire::base64_encode(bytes) + R"("})");
  };
  auto ref = keep("a quote");
  ref.size = 8;
  EXPECT_EQ(submit(ref).refusal(), "400 evidence.missing");
  EXPECT_EQ(submit({crypto::sha256(as_bytes("another")), 7, "a/b"}).refusal(),
            "400 evidence.missing");
  EXPECT_EQ(host.log_size(), 1u);
  ref.size = 7;
  const auto got = submit(ref);
  EXPECT_EQ(got.status, 201) << got.body;
  // What is no entry is refused as that.
  EXPECT_EQ(host.post("/v1/registry/entries", R"({"entry":"AAAA"})").status, 400);
}

}  // namespace
}  // namespace atoma::registry
