#include "atoma/ledger/bodies.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

AttestationBody attestation_of(std::string_view key) {
  return {.verdict = "accepted",
          .evidence = digest_of("evidence"),
          .policy = digest_of("policy 1"),
          .collateral = std::nullopt,
          .key = crypto::sha256(public_of(key)),
          .ear = digest_of("ear"),
          .tee = "tdx",
          .measurement = to_bytes(ByteView(digest_of("image 1"))),
          .sample = false,
          .kept = {kept_of("evidence")}};
}

ReleaseBody release_of(std::string_view key, std::uint64_t attestation) {
  return {.name = "default/db/1",
          .version = 3,
          .attestation = attestation,
          .ear = digest_of("ear"),
          .key = crypto::sha256(public_of(key)),
          .ciphertext = digest_of("ciphertext")};
}

struct World {
  World() : ledger(TestLedger::begun()) {
    EXPECT_EQ(ledger.attest("key"), "");
    attestation = ledger.last();
  }
  std::string release(const ReleaseBody& body) {
    return ledger.append("broker", "release", "default/db/1", encode_release(body));
  }

  TestLedger ledger;
  std::uint64_t attestation = 0;
};

TEST(LedgerSecrets, AreReleasedToWhatIsAttested) {
  World world;
  EXPECT_EQ(world.release(release_of("key", world.attestation)), "");
  EXPECT_EQ(world.release(release_of("other key", world.attestation)), "rule.attestation");
  EXPECT_EQ(world.release(release_of("key", 0)), "rule.attestation");
  ReleaseBody other = release_of("key", world.attestation);
  other.ear = digest_of("another result");
  EXPECT_EQ(world.release(other), "rule.attestation");
  const Bytes refused = world.ledger.attestation_body("bad key", "refused");
  ASSERT_EQ(world.ledger.append("verifier", "attestation", "bad", refused), "");
  EXPECT_EQ(world.release(release_of("bad key", world.ledger.last())), "rule.attestation");
  EXPECT_EQ(world.ledger.append("registrar", "release", "default/db/1",
                                encode_release(release_of("key", world.attestation))),
            "rule.role");
}

TEST(LedgerSecrets, AreReleasedWhileTheAttestationHolds) {
  World world;
  world.ledger.now = world.ledger.now + Duration{600};
  EXPECT_EQ(world.release(release_of("key", world.attestation)), "");
  world.ledger.now = world.ledger.now + Duration{1};
  EXPECT_EQ(world.release(release_of("key", world.attestation)), "rule.attestation");
}

TEST(LedgerSecrets, AreNotReleasedToWhatIsRevoked) {
  World world;
  ASSERT_EQ(world.ledger.propose("policy.remove", bytes_item(digest_of("policy 1"))), "");
  const std::uint64_t proposal = world.ledger.last();
  ASSERT_EQ(world.ledger.vote("anna", proposal), "");
  ASSERT_EQ(world.ledger.activate("anna", proposal), "");
  EXPECT_EQ(world.release(release_of("key", world.attestation)), "rule.revoked");
}

TEST(LedgerSecrets, StoringAndRefusingNeedNoAttestation) {
  TestLedger ledger = TestLedger::begun();
  const SecretPutBody put{.name = "default/db/1", .version = 1, .rule = digest_of("rule")};
  EXPECT_EQ(ledger.append("broker", "secret.put", "default/db/1", encode_secret_put(put)), "");
  const RefusalBody refusal{.name = "default/db/1",
                            .reason = "release.expired",
                            .ear = digest_of("ear"),
                            .key = digest_of("key")};
  EXPECT_EQ(ledger.append("broker", "refusal", "refused", encode_refusal(refusal)), "");
}

TEST(LedgerBodies, AreReadAsTheyWereWritten) {
  AttestationBody attestation = attestation_of("key");
  EXPECT_EQ(encode_attestation(attestation), TestLedger().attestation_body("key"));
  EXPECT_EQ(encode_attestation(*read_attestation(encode_attestation(attestation))),
            encode_attestation(attestation));
  attestation.collateral = digest_of("collateral");
  attestation.measurement.reset();
  const auto read = read_attestation(encode_attestation(attestation));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->collateral, attestation.collateral);
  EXPECT_FALSE(read->measurement);
  EXPECT_EQ(read->kept, attestation.kept);
  const Bytes release = encode_release(release_of("key", 7));
  EXPECT_EQ(encode_release(*read_release(release)), release);
  EXPECT_EQ(read_release(release)->attestation, 7U);
  const Bytes put = encode_secret_put({"default/db/1", 2, digest_of("rule")});
  EXPECT_EQ(encode_secret_put(*read_secret_put(put)), put);
  const Bytes refusal = encode_refusal({"x", "release.key", digest_of("ear"), digest_of("key")});
  EXPECT_EQ(encode_refusal(*read_refusal(refusal)), refusal);
}

// A body without one of its fields, with one field too many, with a field of another type.
TEST(LedgerBodies, WithAnotherShapeAreRefused) {
  World world;
  const Bytes digest = bytes_item(digest_of("x"));
  wire::CborWriter text, number;
  const std::vector<Bytes> put{text.value("a").take(), number.value(1).take(), digest};
  const std::vector<Bytes> refusal{put[0], put[0], digest, digest};
  const std::vector<Bytes> release{put[0], put[1], put[1], digest, digest, digest};
  const auto append = [&](std::string_view type, const std::vector<Bytes>& items) {
    Body body;
    for (const Bytes& item : items) body.raw(item);
    return world.ledger.append("broker", std::string(type), std::string(type), body.take());
  };
  const auto check = [&](std::string_view type, const std::vector<Bytes>& good) {
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::vector<Bytes> changed = good;
      changed[i] = Bytes{0xF6};  // null
      EXPECT_EQ(append(type, changed), "rule.body") << type << ' ' << i;
    }
    std::vector<Bytes> changed = good;
    changed.pop_back();
    EXPECT_EQ(append(type, changed), "rule.body") << type;
    changed = good;
    changed.push_back(digest);
    EXPECT_EQ(append(type, changed), "rule.body") << type;
  };
  check("secret.put", put);
  check("refusal", refusal);
  check("release", release);
  EXPECT_EQ(append("secret.put", put), "");
  EXPECT_EQ(append("refusal", refusal), "");
  EXPECT_EQ(append("release", release), "rule.attestation");
}

}  // namespace
}  // namespace atoma::ledger
