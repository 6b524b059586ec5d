#include "atoma/ledger/evidence.h"

#include <gtest/gtest.h>

#include "atoma/ledger/bodies.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

TEST(MediaType, IsTwoNamesInLowerCase) {
  for (const auto good :
       {media::kCpuEvidence, media::kTpmEvidence, media::kComposite, media::kEventLog, media::kRim,
        media::kOcsp, media::kPlatformKeys, media::kCollateral, media::kPolicy, media::kJwt,
        media::kCwt, media::kJwks, std::string_view("a/b")}) {
    EXPECT_TRUE(is_media_type(good)) << good;
  }
  for (const std::string_view bad :
       {"", "/", "text", "text/", "/plain", "text/plain; charset=utf-8", "Text/plain", "a/b/c",
        "a/.b", "a/b\r\nX: y", "a /b", "text/pl\xC3\xA4in"}) {
    EXPECT_FALSE(is_media_type(bad)) << bad;
  }
  EXPECT_TRUE(is_media_type("a/" + std::string(kMediaTypeMax - 2, 'b')));
  EXPECT_FALSE(is_media_type("a/" + std::string(kMediaTypeMax - 1, 'b')));
}

// An attestation whose tenth field is this, by the ledger's verifier.
std::string append_with(TestLedger& ledger, const Bytes& kept) {
  Body body;
  body.add("refused").bytes(digest_of("evidence")).bytes(digest_of("policy 1")).null();
  body.bytes(digest_of("key")).bytes(digest_of("ear")).add("tdx").null().add(false).raw(kept);
  return ledger.append("verifier", "attestation", "evidence", body.take());
}

TEST(EvidenceRefs, AreNamedByEveryAttestation) {
  TestLedger ledger = TestLedger::begun();
  const EvidenceRef good = kept_of("quote");
  const auto item = ref_item(good);
  EXPECT_EQ(append_with(ledger, array_of({item})), "");
  EXPECT_EQ(append_with(ledger, array_of(std::vector(kEvidenceRefsMax, item))), "");
  EXPECT_EQ(append_with(ledger, array_of(std::vector(kEvidenceRefsMax + 1, item))), "rule.body");
  EXPECT_EQ(append_with(ledger, array_of({})), "rule.body");
  EXPECT_EQ(append_with(ledger, item), "rule.body");
  EXPECT_EQ(append_with(ledger, bytes_item(good.sha256)), "rule.body");
  EvidenceRef bad = good;
  bad.media_type = "Text/Plain";
  EXPECT_EQ(append_with(ledger, array_of({ref_item(bad)})), "rule.body");
  // As entries were before evidence was kept.
  Body old;
  old.add("refused").bytes(digest_of("evidence")).bytes(digest_of("policy 1")).null();
  old.bytes(digest_of("key")).bytes(digest_of("ear")).add("tdx").null().add(false);
  EXPECT_EQ(ledger.append("verifier", "attestation", "evidence", old.take()), "rule.body");
  EXPECT_TRUE(ledger.last_error.contains("from before evidence was kept")) << ledger.last_error;
}

TEST(EvidenceRefs, AreFoundInEntries) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.attest("key"), "");
  const auto of_last = [&] {
    const auto refs = read_evidence_refs(parse_entry(ledger.log.back())->statement);
    EXPECT_TRUE(refs) << refs.error().to_string();
    return refs.value_or(std::vector<EvidenceRef>());
  };
  EXPECT_EQ(of_last(), std::vector{kept_of("evidence")});
  const auto key_register = [&](const Bytes& wrapped) {
    Body body;
    body.add(-8).bytes(public_of("key")).add(ledger.last()).add(std::uint64_t{1});
    body.bytes(Bytes(16, 1)).raw(wrapped);
    return ledger.append("registrar", "key.register", "llama", body.take());
  };
  EXPECT_EQ(key_register(bytes_item(Bytes(32))), "rule.body");
  EXPECT_EQ(key_register(ref_item({{}, 1, "none"})), "rule.body");
  EXPECT_EQ(key_register(ref_item(kept_of("wrapped key"))), "");
  EXPECT_EQ(of_last(), std::vector{kept_of("wrapped key")});
  ASSERT_EQ(ledger.append("broker", "deployment", "shop", Body().add("x").take()), "");
  EXPECT_EQ(of_last(), std::vector<EvidenceRef>());
}

}  // namespace
}  // namespace atoma::ledger
