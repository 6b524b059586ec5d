#include "atoma/tlog/checkpoint.h"

#include <gtest/gtest.h>

#include <format>

#include "atoma/merkle/frontier.h"
#include "atoma/merkle/proof.h"
#include "atoma/wire/json.h"
#include "atoma/wire/reader.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

constexpr std::string_view kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

std::string_view reason_of(std::string_view text) {
  const auto parsed = parse_checkpoint(text);
  return parsed ? "" : parsed.error().reason;
}

TEST(Checkpoint, RoundTrips) {
  const std::string text = std::format("example.org/log\n20852163\n{}\n", kRoot);
  const auto checkpoint = parse_checkpoint(text);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  EXPECT_EQ(checkpoint->origin, "example.org/log");
  EXPECT_EQ(checkpoint->size, 20852163u);
  EXPECT_EQ(encode_checkpoint(*checkpoint), text);
  const NoteSigner signer = test_signer();
  const SignedCheckpoint made = sign_checkpoint(*checkpoint, signer);
  const auto opened = verify_checkpoint(made.note, signer.verifier_key());
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->checkpoint, *checkpoint);
  EXPECT_EQ(opened->note, made.note);
}

TEST(Checkpoint, RefusesOtherForms) {
  const std::string root(kRoot);
  EXPECT_EQ(reason_of("o\n0\n" + root + "\n"), "");
  EXPECT_EQ(reason_of("o\n0\n" + root + "\nextension\n"), "");
  EXPECT_EQ(reason_of("o\n0\n" + root + "\nextension"), "checkpoint.format");
  EXPECT_EQ(reason_of("o\n0\n" + root + "\n\n"), "checkpoint.format");
  EXPECT_EQ(reason_of("\n0\n" + root + "\n"), "checkpoint.format");
  EXPECT_EQ(reason_of("o\n0\n" + root), "checkpoint.format");
  EXPECT_EQ(reason_of("o\n0\n"), "checkpoint.format");
  EXPECT_EQ(reason_of(""), "checkpoint.format");
  for (const char* size : {"", "00", "01", "-1", "+1", " 1", "1 ", "0x1", "1e3",
                           "9223372036854775808", "99999999999999999999"}) {
    EXPECT_EQ(reason_of(std::format("o\n{}\n{}\n", size, root)), "checkpoint.size") << size;
  }
  EXPECT_EQ(reason_of("o\n9223372036854775807\n" + root + "\n"), "");
  EXPECT_EQ(reason_of("o\n1\nAAAA\n"), "checkpoint.root");
  EXPECT_EQ(reason_of("o\n1\n" + root.substr(1) + "\n"), "checkpoint.root");
}

TEST(Checkpoint, OneKeySpeaksForOneOrigin) {
  const NoteSigner signer = test_signer();
  const SignedCheckpoint made = sign_checkpoint({"example.org/other", 0, {}}, signer);
  EXPECT_EQ(verify_checkpoint(made.note, signer.verifier_key()).error().reason,
            "checkpoint.origin");
}

// A log of another implementation: each checkpoint verifies and has the root of our tree.
TEST(CheckpointVectors, LogGrownToFifteenEntries) {
  ATOMA_NEED_VECTORS();
  const auto key = VerifierKey::parse(
      "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
  ASSERT_TRUE(key) << key.error().to_string();
  merkle::Frontier frontier;
  const std::string entries = *read_vector("tiles15/tile/entries/000.p/15");
  wire::Reader in(as_bytes(entries));
  for (std::uint64_t n = 0; n <= 15; ++n) {
    const auto opened =
        verify_checkpoint(*read_vector(std::format("tiles15/checkpoint.{}", n)), *key);
    ASSERT_TRUE(opened) << n << ": " << opened.error().to_string();
    EXPECT_EQ(opened->checkpoint.size, n);
    EXPECT_EQ(opened->checkpoint.root, frontier.root()) << n;
    if (n < 15) frontier.append(merkle::leaf_hash(in.take(in.u16_be())));
  }
  EXPECT_TRUE(in.finish());
}

TEST(CheckpointVectors, LogOfSixHundredEntries) {
  ATOMA_NEED_VECTORS();
  const auto key = VerifierKey::parse(
      "sample.atoma.test/tiles600+918ff2bb+AW6zLyHA6eYCrAObcqeCWIvUwrdnx0Jn3qHW1jW+7B+3");
  ASSERT_TRUE(key) << key.error().to_string();
  const auto opened = verify_checkpoint(*read_vector("tiles600/checkpoint"), *key);
  ASSERT_TRUE(opened) << opened.error().to_string();
  // The leaf hashes are the level-0 tiles as they are served.
  merkle::Frontier frontier;
  for (const char* tile : {"000", "001", "002.p/88"}) {
    const std::string hashes = *read_vector(std::string("tiles600/tile/0/") + tile);
    wire::Reader in(as_bytes(hashes));
    while (in.remaining() > 0) frontier.append(in.take_array<32>());
  }
  EXPECT_EQ(frontier.size(), opened->checkpoint.size);
  EXPECT_EQ(frontier.root(), opened->checkpoint.root);
}

TEST(CheckpointVectors, SpecificationExamplesAndWitnessLines) {
  ATOMA_NEED_VECTORS();
  const auto document = wire::JsonDocument::parse(*read_vector("c2sp-examples.json"));
  ASSERT_TRUE(document);
  for (const char* name : {"checkpoint_example", "cosigned_checkpoint_example"}) {
    const auto note = parse_note(document->root().find(name)->find("text")->text());
    ASSERT_TRUE(note) << note.error().to_string();
    const auto checkpoint = parse_checkpoint(note->text);
    ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
    EXPECT_EQ(checkpoint->size, 20852163u);
  }
  // Cosigned by a witness, not signed by its log: whoever wants the log's signature refuses it.
  const auto note = parse_note(*read_vector("witness-cosigned-checkpoint.txt"));
  ASSERT_TRUE(note) << note.error().to_string();
  EXPECT_EQ(
      verify_note(*note, test_signer("milan2026h1.example.org").verifier_key()).error().reason,
      "note.unsigned");
}

TEST(CheckpointVectors, OfflineProofOfALargeLog) {
  ATOMA_NEED_VECTORS();
  const auto key = VerifierKey::parse(
      "log.atoma.test/reg1+69884086+AZoo+4Mk3HIU2GGgEFVgvJYXia/XWqOccIpzzVUsKYH+");
  ASSERT_TRUE(key) << key.error().to_string();
  const std::string file = *read_vector("proof/leaf123456.tlog-proof");
  const std::size_t body = file.find("\n\n") + 2;
  const auto opened = verify_checkpoint(file.substr(body), *key);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->checkpoint.size, 255161u);
}

}  // namespace
}  // namespace atoma::tlog
