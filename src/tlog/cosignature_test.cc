#include "atoma/tlog/cosignature.h"

#include <gtest/gtest.h>

#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "note_parts.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

const Checkpoint kTree{.origin = "example.org/log", .size = 7, .root = {1, 2, 3}};

std::string_view reason_of(const auto& result) { return result ? "" : result.error().reason; }

std::string with_lines(const std::string& lines) {
  return sign_checkpoint(kTree, test_signer()).note + lines;
}

TEST(Cosignature, BothKindsVerify) {
  const std::string text = encode_checkpoint(kTree);
  for (const Cosigner& witness : {test_witness(), test_ml_dsa_witness()}) {
    const auto line = witness.sign(text, 1234);
    ASSERT_TRUE(line) << line.error().to_string();
    const auto note = parse_note(with_lines(*line));
    ASSERT_TRUE(note) << note.error().to_string();
    const auto time = verify_cosignature(*note, witness.key());
    ASSERT_TRUE(time) << time.error().to_string();
    EXPECT_EQ(*time, 1234u);
    const auto key = CosignerKey::parse(witness.key().to_string());
    ASSERT_TRUE(key) << key.error().to_string();
    EXPECT_EQ(key->key_id(), witness.key().key_id());
    EXPECT_TRUE(verify_cosignature(*note, *key));
    // The log's own signature is not touched.
    EXPECT_TRUE(verify_note(*note, test_signer().verifier_key()));
  }
}

TEST(Cosignature, TheNewestOfSeveralCounts) {
  const std::string text = encode_checkpoint(kTree);
  const Cosigner witness = test_witness();
  const std::string both = *witness.sign(text, 9) + *witness.sign(text, 5);
  EXPECT_EQ(*verify_cosignature(*parse_note(with_lines(both)), witness.key()), 9u);
  const std::string other = *witness.sign(encode_checkpoint({"example.org/log", 8, {}}), 5);
  EXPECT_EQ(reason_of(verify_cosignature(*parse_note(with_lines(*witness.sign(text, 9) + other)),
                                         witness.key())),
            "cosignature.signature");
}

TEST(Cosignature, EveryChangedBitIsRefused) {
  for (const Cosigner& witness : {test_witness(), test_ml_dsa_witness()}) {
    const Note good = *parse_note(with_lines(*witness.sign(encode_checkpoint(kTree), 77)));
    const Bytes& signature = good.signatures.back().signature;
    // ML-DSA: a few of the bits.
    const std::size_t step = signature.size() > 100 ? 61 : 1;
    for (std::size_t bit = 0; bit < signature.size() * 8; bit += step) {
      Note bad = good;
      auto& byte = bad.signatures.back().signature[bit / 8];
      byte = static_cast<std::uint8_t>(byte ^ 1 << bit % 8);
      EXPECT_FALSE(verify_cosignature(bad, witness.key())) << bit;
    }
  }
}

TEST(Cosignature, Ed25519CoversExtensionsAndMlDsaDoesNot) {
  const std::string text = encode_checkpoint(kTree);
  const std::string extended = text + "extension\n";
  const auto moved = [&](const Cosigner& witness) {
    const std::string note = test_signer().sign(extended) + *witness.sign(text, 5);
    return reason_of(verify_cosignature(*parse_note(note), witness.key()));
  };
  EXPECT_EQ(moved(test_witness()), "cosignature.signature");
  EXPECT_EQ(moved(test_ml_dsa_witness()), "");
  // Nor does Ed25519 cover the name, so that another name is another key; ML-DSA covers it.
  const Cosigner a = test_ml_dsa_witness("a");
  auto note = *parse_note(with_lines(*a.sign(text, 5)));
  const Cosigner b = test_ml_dsa_witness("b");
  note.signatures.back().name = "b";
  note.signatures.back().key_id = b.key().key_id();
  EXPECT_EQ(reason_of(verify_cosignature(note, b.key())), "cosignature.signature");
}

TEST(Cosignature, RefusesOtherForms) {
  const Cosigner witness = test_witness();
  const Note good = *parse_note(with_lines(*witness.sign(encode_checkpoint(kTree), 77)));
  const auto reason = [&](auto damage) {
    Note note = good;
    damage(note.signatures.back().signature);
    return reason_of(verify_cosignature(note, witness.key()));
  };
  EXPECT_EQ(reason([](Bytes& s) { s.push_back(0); }), "cosignature.format");
  EXPECT_EQ(reason([](Bytes& s) { s.resize(64); }), "cosignature.format");
  EXPECT_EQ(reason([](Bytes& s) { s[0] = 0x80; }), "cosignature.format");
  EXPECT_EQ(reason([](Bytes& s) { std::fill_n(s.begin(), 8, std::uint8_t{0}); }),
            "cosignature.format");
  EXPECT_EQ(reason([](Bytes& s) { s[7] = 78; }), "cosignature.signature");
  EXPECT_EQ(reason_of(verify_cosignature(*parse_note(with_lines("")), witness.key())),
            "cosignature.missing");
  EXPECT_EQ(reason_of(verify_cosignature({.text = "x\n", .signatures = {}}, witness.key())),
            "checkpoint.format");
  const std::string far(256, 'o');
  const std::string text = encode_checkpoint({.origin = far, .size = 1, .root = {}});
  EXPECT_TRUE(witness.sign(text, 1));
  EXPECT_EQ(reason_of(test_ml_dsa_witness().sign(text, 1)), "cosignature.name");
  EXPECT_EQ(reason_of(Cosigner::create(far, test_key(1))), "cosignature.name");
  EXPECT_EQ(reason_of(Cosigner::create("a b", test_key(1))), "note.key_name");
}

TEST(CosignerKey, RefusesOthers) {
  const auto reason = [](std::string_view text) { return reason_of(CosignerKey::parse(text)); };
  EXPECT_EQ(reason(test_signer().verifier_key().to_string()), "vkey.algorithm");
  EXPECT_EQ(reason(join_verifier_key("w", kEd25519CosignatureType, Bytes(31))), "key.ed25519");
  EXPECT_EQ(reason(join_verifier_key("w", kMlDsa44CosignatureType, Bytes(1311))), "key.ml_dsa");
  EXPECT_EQ(reason(join_verifier_key("", kMlDsa44CosignatureType, Bytes(1312))), "note.key_name");
  EXPECT_EQ(reason("w"), "vkey.format");
  std::string other = test_witness().key().to_string();
  other.front() = 'v';
  EXPECT_EQ(reason(other), "vkey.key_id");
}

TEST(LogByMlDsa, SignsItsCheckpoints) {
  const Cosigner log = test_ml_dsa_witness(kTree.origin);
  const std::string line = *log.sign(encode_checkpoint(kTree), 0);
  const auto opened = verify_checkpoint(with_lines(line), log.key());
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->checkpoint, kTree);
  const Cosigner other = test_ml_dsa_witness("example.org/other");
  EXPECT_EQ(reason_of(verify_checkpoint(with_lines(*other.sign(encode_checkpoint(kTree), 0)),
                                        other.key())),
            "checkpoint.origin");
}

TEST(CosignatureVectors, SpecificationExample) {
  ATOMA_NEED_VECTORS();
  const auto document = wire::JsonDocument::parse(*read_vector("c2sp-examples.json"));
  ASSERT_TRUE(document);
  const auto note =
      parse_note(document->root().find("cosigned_checkpoint_example")->find("text")->text());
  ASSERT_TRUE(note) << note.error().to_string();
  ASSERT_EQ(note->signatures.size(), 2u);
  EXPECT_EQ(note->signatures[1].signature.size(), 72u);
  const auto tree = parse_checkpoint(note->text);
  ASSERT_TRUE(tree) << tree.error().to_string();
  const Bytes message =
      cosigned_message(CosignatureKind::kEd25519, "any", note->text, *tree, 1679315147);
  EXPECT_EQ(as_text(message), document->root().find("ed25519_cosigned_message_example")->text());
}

TEST(CosignatureVectors, AnotherWitnesssCheckpoint) {
  ATOMA_NEED_VECTORS();
  const auto key = CosignerKey::parse(
      "witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9");
  ASSERT_TRUE(key) << key.error().to_string();
  const auto note = parse_note(*read_vector("witness-cosigned-checkpoint.txt"));
  ASSERT_TRUE(note) << note.error().to_string();
  EXPECT_TRUE(verify_cosignature(*note, *key));
  // Nothing on it is a log's.
  EXPECT_EQ(reason_of(verify_checkpoint(*read_vector("witness-cosigned-checkpoint.txt"), *key)),
            "checkpoint.origin");
}

TEST(CosignatureVectors, MlDsa44) {
  ATOMA_NEED_VECTORS();
  const auto document = wire::JsonDocument::parse(*read_vector("mldsa44-cosignature.json"));
  ASSERT_TRUE(document);
  const auto& root = document->root();
  const auto key = CosignerKey::parse(root.find("vkey")->text());
  ASSERT_TRUE(key) << key.error().to_string();
  EXPECT_EQ(key->to_string(), root.find("vkey")->text());
  const std::string text(root.find("note")->text());
  const auto note = parse_note(text);
  ASSERT_TRUE(note) << note.error().to_string();
  const auto time = verify_cosignature(*note, *key);
  ASSERT_TRUE(time) << time.error().to_string();
  EXPECT_EQ(*time, *root.find("timestamp")->unsigned_integer());
  const Bytes message =
      cosigned_message(key->kind(), key->name(), note->text, *parse_checkpoint(note->text), *time);
  EXPECT_EQ(wire::hex_encode(message), root.find("signed_message_hex")->text());
  Note grown = *note;
  grown.text.replace(grown.text.find("255161"), 6, "255162");
  EXPECT_EQ(reason_of(verify_cosignature(grown, *key)), "cosignature.signature");
}

}  // namespace
}  // namespace atoma::tlog
