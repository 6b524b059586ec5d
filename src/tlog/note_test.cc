#include "atoma/tlog/note.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/wire/json.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

std::string_view reason_of(std::string_view note) {
  const auto parsed = parse_note(note);
  return parsed ? "" : parsed.error().reason;
}

constexpr std::string_view kLine = "\u2014 example.org/log AAAAAAE=\n";

std::string note_of(std::string_view text) { return std::string(text) + "\n" + std::string(kLine); }

TEST(Note, SignedNoteParsesAndVerifies) {
  const NoteSigner signer = test_signer();
  const std::string text = signer.sign("first\n\nthird\n");
  const auto note = parse_note(text);
  ASSERT_TRUE(note) << note.error().to_string();
  EXPECT_EQ(note->text, "first\n\nthird\n");
  ASSERT_EQ(note->signatures.size(), 1u);
  EXPECT_EQ(note->signatures[0].name, "example.org/log");
  EXPECT_TRUE(verify_note(*note, signer.verifier_key()));
}

TEST(Note, EveryChangedByteOfTextOrSignatureIsRefused) {
  const NoteSigner signer = test_signer();
  const std::string good = signer.sign("some text\n");
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      const auto note = parse_note(bad);
      EXPECT_FALSE(note && verify_note(*note, signer.verifier_key())) << "byte " << i;
    }
  }
}

TEST(Note, OtherKeysAreIgnoredButKnownOnesMustVerify) {
  const NoteSigner signer = test_signer();
  const NoteSigner other = test_signer("example.org/log", 2);  // same name, other id
  auto note = *parse_note(signer.sign("text\n"));
  EXPECT_EQ(verify_note(note, other.verifier_key()).error().reason, "note.unsigned");
  note.signatures.push_back(parse_note(other.sign("other text\n"))->signatures[0]);
  EXPECT_TRUE(verify_note(note, signer.verifier_key()));
  EXPECT_EQ(verify_note(note, other.verifier_key()).error().reason, "note.signature");
  // One good signature does not excuse a wrong one by the same key.
  note.signatures.push_back(parse_note(signer.sign("other text\n"))->signatures[0]);
  EXPECT_EQ(verify_note(note, signer.verifier_key()).error().reason, "note.signature");
}

TEST(Note, RefusesWhatIsNoNote) {
  EXPECT_EQ(reason_of(note_of("text\n")), "");
  for (const std::string& text : {std::string(), std::string("text\n"), std::string("text\n\n"),
                                  "text\n" + std::string(kLine), note_of("text\n") + "x",
                                  note_of("text\n") + "\n", note_of("text\n") + "- a AAAAAAE=\n",
                                  note_of("text\n") + "\u2014 nosignature\n", note_of("text")}) {
    EXPECT_EQ(reason_of(text), "note.format") << text;
  }
  EXPECT_EQ(reason_of(note_of("a\tb\n")), "note.control");
  EXPECT_EQ(reason_of(note_of("a\rb\n")), "note.control");
  EXPECT_EQ(reason_of(note_of(std::string_view("a\0b\n", 4))), "note.control");
  EXPECT_EQ(reason_of(std::string(limits::kNoteMax, 'a') + note_of("\n")), "note.size");
}

TEST(Note, RefusesBadUtf8) {
  for (std::string_view bad : {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                               "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xE2\x82"}) {
    EXPECT_EQ(reason_of(note_of("a" + std::string(bad) + "\n")), "note.utf8");
  }
  EXPECT_EQ(reason_of(note_of("\u00e4 \u20ac \U0001F512 \U0010FFFF\n")), "");
}

TEST(Note, RefusesBadSignatureLines) {
  const auto with = [](std::string_view line) { return reason_of("text\n\n" + std::string(line)); };
  EXPECT_EQ(with("\u2014 a+b AAAAAAE=\n"), "note.key_name");
  EXPECT_EQ(with("\u2014  AAAAAAE=\n"), "note.key_name");
  EXPECT_EQ(with("\u2014 a\u00a0b AAAAAAE=\n"), "note.key_name");
  EXPECT_EQ(with("\u2014 a\u3000b AAAAAAE=\n"), "note.key_name");
  EXPECT_EQ(with("\u2014 a AAAAAA==\n"), "note.signature_encoding");  // a key id and nothing else
  EXPECT_EQ(with("\u2014 a AAAAAAF=\n"), "note.signature_encoding");  // unused bits set
  EXPECT_EQ(with("\u2014 a AAAAAAE= \n"), "note.signature_encoding");
  EXPECT_EQ(with("\u2014 a b AAAAAAE=\n"), "note.signature_encoding");
}

TEST(Note, BoundsTheSignatures) {
  std::string text = "text\n\n";
  for (std::size_t i = 0; i < limits::kNoteSignaturesMax; ++i) text += kLine;
  EXPECT_EQ(reason_of(text), "");
  EXPECT_EQ(reason_of(text + std::string(kLine)), "note.signatures_max");
}

TEST(VerifierKey, RoundTrips) {
  const VerifierKey key = test_signer().verifier_key();
  const auto parsed = VerifierKey::parse(key.to_string());
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(*parsed, key);
  EXPECT_EQ(parsed->key_id(), key.key_id());
  EXPECT_FALSE(key == test_signer("example.org/log", 2).verifier_key());
  EXPECT_FALSE(key == test_signer("example.org/other").verifier_key());
}

TEST(VerifierKey, RefusesOthers) {
  const auto reason = [](std::string_view text) {
    const auto key = VerifierKey::parse(text);
    return key ? std::string_view() : key.error().reason;
  };
  const std::string key = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  EXPECT_EQ(reason("example.com/foo+530d903a+" + key), "");
  EXPECT_EQ(reason("example.com/foo+530d903b+" + key), "vkey.key_id");
  EXPECT_EQ(reason("example.com/fop+530d903a+" + key), "vkey.key_id");
  EXPECT_EQ(reason("example.com/foo+530d903a"), "vkey.format");
  EXPECT_EQ(reason("example.com/foo"), "vkey.format");
  EXPECT_EQ(reason("example.com/foo+530d903+" + key), "vkey.format");
  EXPECT_EQ(reason("example.com/foo+530d903a+!" + key), "vkey.format");
  EXPECT_EQ(reason("example.com/foo+530d903a+"), "vkey.format");
  EXPECT_EQ(reason("example.com/foo+530d903a+B" + key.substr(1)), "vkey.algorithm");
  EXPECT_EQ(reason("example.com/foo+530d903a+AekyeQ=="), "key.ed25519");
  EXPECT_EQ(reason("+530d903a+" + key), "note.key_name");
  EXPECT_EQ(reason("a b+530d903a+" + key), "note.key_name");
  EXPECT_EQ(NoteSigner::create("a b", test_key(1)).error().reason, "note.key_name");
}

TEST(NoteVectors, SpecificationExample) {
  ATOMA_NEED_VECTORS();
  const auto document = wire::JsonDocument::parse(*read_vector("c2sp-examples.json"));
  ASSERT_TRUE(document);
  const auto* example = document->root().find("signed_note");
  const auto key = VerifierKey::parse(example->find("vkey")->text());
  ASSERT_TRUE(key) << key.error().to_string();
  EXPECT_EQ(key->to_string(), example->find("vkey")->text());
  const auto note = parse_note(example->find("note")->text());
  ASSERT_TRUE(note) << note.error().to_string();
  const auto status = verify_note(*note, *key);
  EXPECT_TRUE(status) << status.error().to_string();
}

}  // namespace
}  // namespace atoma::tlog
