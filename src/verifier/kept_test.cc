// What a verdict is about and stands on, in a real store, as entries name it.
#include "kept.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "atoma/appraisal/binding.h"
#include "atoma/cose/ear_token.h"
#include "atoma/crypto/hpke.h"
#include "atoma/ledger/bodies.h"
#include "atoma/registry/evidence_store.h"
#include "atoma/verifier/service.h"
#include "atoma/wire/text.h"
#include "cca/test_platform.h"
#include "registry/test_service.h"
#include "test_requests.h"

namespace atoma::verifier {
namespace {

using appraisal::AnyOf;
using evidence::Tee;
using evidence::intel::Collateral;
using ledger::EvidenceRef;
using wire::base64_encode;
namespace media = ledger::media;

std::vector<std::string_view> types_of(const std::vector<EvidenceRef>& refs) {
  std::vector<std::string_view> out;
  std::ranges::transform(refs, std::back_inserter(out), &EvidenceRef::media_type);
  return out;
}

class KeptTest : public ::testing::Test {
 protected:
  void TearDown() override { host.stop(); }

  // Over a store of this size.
  void serve(std::uint64_t bytes_max) {
    auto opened = registry::EvidenceStore::open(folder.path(), {.bytes_max = bytes_max});
    ASSERT_TRUE(opened) << opened.error().to_string();
    store = *std::move(opened);
    const ValidityWindow window{host.clock.now(),
                                host.clock.now() + sample_tee::kIntelCollateralLifetime};
    auto policy = appraisal::Policy::strict("set below");
    policy.report_data_bound = appraisal::Require::strict();
    policy.tdx->measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, 0x11)});
    policy.sample = appraisal::SamplePolicy{.roots = {platform.root_digest()}};
    service = std::make_unique<Service>(
        Config{.policy = std::make_shared<const appraisal::Policy>(policy),
               .policy_text = "as text",
               .signing_seed = Secret<32>(),
               .nonce_key = SecretBytes(Bytes(32, 0x6E)),
               .entry_key = atoma::test::issuer_key("verifier"),
               .build = "test",
               .at_hand = {.collateral = {*Collateral::parse(
                               platform.collateral_files(Tee::kTdx, window))}}},
        host.sequencer(), *store, host.ledger(), host.clock, host.entropy);
    http::Router router;
    service->mount(router);
    host.serve(std::move(router));
  }

  test::Answer attest(std::uint8_t mrtd = 0x11, std::string_view more = "") {
    const auto nonce = host.post("/v1/challenge", "{}").member("nonce");
    sample_tee::TdReportTemplate td;
    td.mrtd.fill(mrtd);
    td.report_data = appraisal::bind_report_data(*wire::base64_decode(nonce), key);
    quote = platform.quote_td(td);
    wire::JsonWriter out;
    out.begin_object().member("nonce", nonce).member("key", base64_encode(key));
    return host.post("/v1/attest",
                     out.member("evidence", base64_encode(quote)).take() + std::string(more) + "}");
  }

  // As the newest entry has it.
  ledger::AttestationBody recorded() {
    const auto entry = ledger::parse_entry(*host.ledger().entry(host.log_size() - 1));
    EXPECT_TRUE(entry) << (entry ? "" : entry.error().to_string());
    auto body = ledger::read_attestation(entry->statement.body);
    EXPECT_TRUE(body) << (body ? "" : body.error().to_string());
    return *std::move(body);
  }
  std::string text_of(const EvidenceRef& ref) {
    const auto found = store->find(ref.sha256);
    EXPECT_TRUE(found) << (found ? "" : found.error().to_string());
    EXPECT_EQ(found->bytes.size(), ref.size);
    return std::string(as_text(found->bytes));
  }

  test::ServiceHost host;
  test::TempDirectory folder;
  sample_tee::IntelPlatform platform = sample_tee::IntelPlatform::create(host.entropy);
  Bytes key = Bytes(crypto::kXwingPublicKeySize, 7);
  Bytes quote;
  std::unique_ptr<registry::EvidenceStore> store;
  std::unique_ptr<Service> service;
};

TEST_F(KeptTest, AttestationsNameAllThatTheyStandOn) {
  serve(registry::kEvidenceBytesDefault);
  const auto got = attest(0x11, R"(,"event_logs":["bG9n"],"format":"cwt")");
  ASSERT_EQ(got.status, 200) << got.body;
  const auto body = recorded();
  EXPECT_EQ(types_of(body.kept),
            (std::vector{media::kCpuEvidence, media::kEventLog, media::kCollateral, media::kPolicy,
                         media::kCwt, media::kJwks}));
  EXPECT_EQ(body.kept[0].sha256, body.evidence);
  EXPECT_EQ(text_of(body.kept[0]), as_text(quote));
  EXPECT_EQ(text_of(body.kept[1]), "log");
  const auto collateral = text_of(body.kept[2]);
  EXPECT_EQ(collateral, host.get("/v1/collateral/" + wire::hex_encode(*body.collateral)).body);
  EXPECT_EQ(text_of(body.kept[3]), "as text");
  EXPECT_EQ(body.kept[4].sha256, body.ear);
  // The result can be verified with what is kept, long after its key is published no more.
  auto keys = cose::VerificationKeys::parse_jwks(text_of(body.kept[5]));
  ASSERT_TRUE(keys) << keys.error().to_string();
  const auto token = base64_encode(as_bytes(text_of(body.kept[4])));
  EXPECT_EQ(token, got.member("ear"));
  EXPECT_TRUE(cose::verify_ear_token(token, *keys));
}

// What many attestations share lies there once.
TEST_F(KeptTest, WhatIsSharedIsKeptOnce) {
  serve(registry::kEvidenceBytesDefault);
  ASSERT_EQ(attest().status, 200);
  const auto first = recorded();
  ASSERT_EQ(store->count(), 5u);
  ASSERT_EQ(attest().status, 200);
  EXPECT_EQ(store->count(), 7u) << "a quote and a result";
  EXPECT_EQ(recorded().kept[1], first.kept[1]);
}

TEST_F(KeptTest, RefusedEvidenceIsKeptToo) {
  serve(registry::kEvidenceBytesDefault);
  ASSERT_EQ(attest(0x22).member("verdict"), "refused");
  const auto body = recorded();
  EXPECT_EQ(body.verdict, "refused");
  EXPECT_EQ(text_of(body.kept[0]), as_text(quote));
}

// What is refused may not take the room of what is accepted; and nothing is recorded without.
TEST_F(KeptTest, FullStoreRefusesAndTheLogIsUnchanged) {
  serve(200 * 1024);
  // Until there is no more room; gives how many were recorded.
  const auto fill = [&](std::uint8_t mrtd, std::string_view verdict) {
    for (int count = 0; count < 100; ++count) {
      const auto size = host.log_size();
      const auto got = attest(mrtd);
      if (got.status == 200) {
        EXPECT_EQ(got.member("verdict"), verdict);
        continue;
      }
      EXPECT_EQ(got.refusal(), "429 evidence.full");
      EXPECT_EQ(host.log_size(), size);
      return count;
    }
    ADD_FAILURE() << "never full";
    return 0;
  };
  EXPECT_GT(fill(0x22, "refused"), 0);
  EXPECT_LE(store->bytes(), 100u * 1024);
  EXPECT_GT(fill(0x11, "accepted"), 3) << "the other half is for what is accepted";
  EXPECT_LE(store->bytes(), 200u * 1024);
}

// What was kept and could not be named any more stays, and nothing names it.
TEST_F(KeptTest, EvidenceWithoutAnEntryHarmsNobody) {
  serve(registry::kEvidenceBytesDefault);
  const auto size = host.log_size();
  host.ledger().close();
  EXPECT_EQ(attest().refusal(), "503 ledger.stopped");
  EXPECT_EQ(host.log_size(), size);
  EXPECT_TRUE(store->find(crypto::sha256(quote)));
}

// Each part of a request that has a place of its own, once.
TEST_F(KeptTest, EachPartHasItsType) {
  serve(registry::kEvidenceBytesDefault);
  Subject subject;
  subject.other = appraisal::CompositeFile{};
  subject.document = "{composite}";
  subject.event_logs = {to_bytes("log 1"), to_bytes("log 2")};
  subject.rims = {to_bytes("rim")};
  subject.ocsp = {to_bytes("a"), to_bytes("b")};
  const auto own = evidence::cca::keys_of(evidence::cca::test_platform());
  subject.platform_keys = std::make_shared<const evidence::cca::PlatformKeys>(own);
  const ToKeep what{.subject = subject,
                    .policy = "policy",
                    .vendor_set = "{set}",
                    .token = to_bytes("a.b.c"),
                    .token_type = media::kJwt,
                    .jwks = "{jwks}"};
  const auto kept = keep_evidence(*store, what);
  ASSERT_TRUE(kept) << kept.error().to_string();
  EXPECT_EQ(types_of(*kept),
            (std::vector{media::kComposite, media::kEventLog, media::kEventLog, media::kRim,
                         media::kOcsp, media::kPlatformKeys, media::kCollateral, media::kPolicy,
                         media::kJwt, media::kJwks}));
  EXPECT_EQ(text_of(kept->at(0)), "{composite}");
  EXPECT_EQ(text_of(kept->at(4)), R"({"ocsp":["YQ==","Yg=="]})");
  subject.other = evidence::tpm::EvidenceFile{};
  EXPECT_EQ(types_of(*keep_evidence(*store, what)).front(), media::kTpmEvidence);
  EXPECT_EQ(text_of(kept->at(5)), own.text());
  // No more than an entry can name.
  EXPECT_LE(kEventLogsMax + kRimsMax + kRimsAtHandMax + 8, ledger::kEvidenceRefsMax);
}

}  // namespace
}  // namespace atoma::verifier
