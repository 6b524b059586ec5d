// What a whole server keeps of the evidence that it judged, to whom it gives it, and what it has
// from other replicas.
#include "atoma/ledger/bodies.h"
#include "peer_evidence.h"
#include "server/test_up.h"

namespace atoma::server {
namespace {

class UpEvidence : public Up {
 protected:
  static std::string bearer(const store::Path& file) {
    const auto text = file_text(file);
    return "Bearer " + text.substr(0, text.size() - 1);
  }
  std::vector<http::Field> reader() {
    return {{"Authorization", bearer(server->evidence_token_file())}};
  }
  // Hexadecimal digests that entry `index` names.
  std::vector<std::string> kept(std::string_view index) {
    const auto answer = ask(Method::kGet, "/v1/log/entries/" + std::string(index));
    const auto document = wire::JsonDocument::parse(answer.body);
    const auto entry =
        ledger::parse_entry(*wire::base64_decode(document->root().find("entry")->text()));
    std::vector<std::string> out;
    for (const auto& ref : *ledger::read_evidence_refs(entry->statement)) {
      out.push_back(wire::hex_encode(ref.sha256));
    }
    return out;
  }
};

TEST_F(UpEvidence, IsThereForItsReadersAlsoAfterARestart) {
  const auto got = attest(Tee::kSnp, sample_measurement(), workload);
  ASSERT_EQ(got.member("verdict"), "accepted") << got.body;
  const auto names = kept(got.member("index"));
  ASSERT_EQ(names.size(), 5u);
  const auto check = [&] {
    for (const auto& name : names) {
      const auto found = ask(Method::kGet, "/v1/evidence/" + name, "", reader());
      EXPECT_EQ(found.status, 200) << found.body;
      EXPECT_EQ(wire::hex_encode(crypto::sha256(as_bytes(found.body))), name);
      EXPECT_EQ(ask(Method::kGet, "/v1/evidence/" + name).refusal(), "401 auth.token");
    }
  };
  check();
  server.reset();
  start();
  check();
}

TEST_F(UpEvidence, NeedsRoom) {
  server.reset();
  Options options{.data = directory.path(), .sample = true, .evidence_bytes_max = 1024};
  EXPECT_EQ(Server::start(options, clock, entropy).error().reason, "up.evidence_bytes");
}

TEST_F(UpEvidence, OfAPeerIsBelievedByItsDigest) {
  const auto got = attest(Tee::kSnp, sample_measurement(), workload);
  const auto name = kept(got.member("index")).front();
  crypto::Digest256 sha256{};
  ASSERT_TRUE(wire::hex_decode_into(name, sha256));
  const auto token = [&] {
    return SecretBytes::copy_of(
        as_bytes(std::string_view(bearer(server->evidence_token_file())).substr(7)));
  };
  // One that is away, one that has another file for every digest, and then this one.
  test::ServiceHost liar;
  http::Router router;
  router.add(Method::kGet, "/v1/evidence/{sha256}",
             [](const http::Request&, http::Respond respond) {
               respond({.status = 200,
                        .content_type = "application/vnd.atoma.cpu-evidence",
                        .body = to_bytes("another"),
                        .headers = {}});
             },
             {.content_types = {}, .body_max = 0, .query = {"local"}});
  liar.serve(std::move(router));
  const std::string lies = std::format("http://127.0.0.1:{}", liar.port());
  const auto fetched =
      PeerEvidence::create({"http://127.0.0.1:1", lies, server->url()}, token())->fetch(sha256);
  ASSERT_TRUE(fetched) << fetched.error().to_string();
  EXPECT_EQ(crypto::sha256(fetched->bytes), sha256);
  EXPECT_EQ(fetched->media_type, "application/vnd.atoma.cpu-evidence");
  EXPECT_EQ(PeerEvidence::create({lies}, token())->fetch(sha256).error().reason,
            "evidence.unknown");
  EXPECT_EQ(PeerEvidence::create({server->url()}, SecretBytes::copy_of(as_bytes("another token")))
                ->fetch(sha256)
                .error()
                .reason,
            "evidence.unknown");
  EXPECT_EQ(PeerEvidence::create({"nonsense"}, token()).error().reason, "http.client.url");
  liar.stop();
}

}  // namespace
}  // namespace atoma::server
