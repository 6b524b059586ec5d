#include "atoma/wire/cbor.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"

namespace atoma::wire {
namespace {

constexpr CborForms kNitro{.unsorted_maps = true, .indefinite_root_map = true};

Bytes hex(std::string_view text) { return hex_decode(text).value(); }

std::string_view reason(ByteView bytes, CborForms forms = {}) {
  const auto document = CborDocument::parse(bytes, forms);
  return document ? std::string_view("parsed") : document.error().reason;
}

std::string_view reason(std::string_view text, CborForms forms = {}) {
  return reason(hex(text), forms);
}

// RFC 8949 appendix A: each encoding, and what it means.
TEST(Cbor, ReadsAndWritesTheNumbersOfTheStandard) {
  struct Row {
    std::string_view bytes;
    std::int64_t number;
  };
  for (const auto& [bytes, number] :
       {Row{"00", 0}, Row{"17", 23}, Row{"1818", 24}, Row{"1864", 100}, Row{"1903e8", 1000},
        Row{"1a000f4240", 1000000}, Row{"1b000000e8d4a51000", 1000000000000}, Row{"20", -1},
        Row{"3863", -100}, Row{"3903e7", -1000}, Row{"3b7fffffffffffffff", INT64_MIN},
        Row{"1b7fffffffffffffff", INT64_MAX}}) {
    const Bytes input = hex(bytes);
    const auto document = CborDocument::parse(input);
    ASSERT_TRUE(document) << bytes << document.error().to_string();
    EXPECT_EQ(document->root().integer(), number);
    EXPECT_EQ(hex_encode(CborWriter().value(number).take()), bytes);
  }
  const Bytes largest = hex("1bffffffffffffffff");
  const auto document = CborDocument::parse(largest);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(document->root().integer(), std::nullopt);
  EXPECT_EQ(CborWriter().value(UINT64_MAX).take(), largest);
  const Bytes smallest = hex("3bffffffffffffffff");
  EXPECT_EQ(CborDocument::parse(smallest)->root().integer(), std::nullopt);
}

TEST(Cbor, ReadsEveryType) {
  const Bytes input = CborWriter()
                          .begin_map()
                          .key("text")
                          .value("ü€")
                          .key(7)
                          .begin_array()
                          .value(true)
                          .value(false)
                          .null()
                          .end_array()
                          .key(-1)
                          .tag(18)
                          .bytes(Bytes{1, 2, 3})
                          .end_map()
                          .take();
  EXPECT_EQ(hex_encode(input),
            "a30783f5f4f620d2430102036474657874"
            "65c3bce282ac");
  const auto document = CborDocument::parse(input);
  ASSERT_TRUE(document) << document.error().to_string();
  const CborItem root = document->root();
  ASSERT_TRUE(root.is_map());
  EXPECT_TRUE(equal(root.raw(), input));
  EXPECT_EQ(root.size(), 6u);
  EXPECT_EQ(root.find("text")->text(), "ü€");
  const auto list = root.find(7)->items();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].boolean(), true);
  EXPECT_EQ(list[1].boolean(), false);
  EXPECT_TRUE(list[2].is_null());
  const auto tagged = root.find(-1)->tagged(18);
  ASSERT_TRUE(tagged);
  EXPECT_TRUE(equal(*tagged->bytes(), Bytes{1, 2, 3}));
  EXPECT_TRUE(equal(tagged->raw(), hex("43010203")));
  EXPECT_TRUE(equal(root.find(-1)->raw(), hex("d243010203")));
  EXPECT_FALSE(root.find(-1)->tagged(17));
  EXPECT_FALSE(root.find(8) || root.find("other") || root.find(7)->find(1));
  EXPECT_FALSE(root.text() || root.bytes() || root.boolean() || root.unsigned_integer());
}

TEST(Cbor, FindsAValueThatLiesBehindNestedOnes) {
  const Bytes input = CborWriter()
                          .begin_map()
                          .key(1)
                          .begin_map()
                          .key(2)
                          .value(20)
                          .end_map()
                          .key(2)
                          .value(30)
                          .end_map()
                          .take();
  const auto document = CborDocument::parse(input);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().find(2)->integer(), 30);
  EXPECT_EQ(document->root().find(1)->find(2)->integer(), 20);
}

TEST(Cbor, RefusesEveryLongerForm) {
  for (std::string_view text : {"1800", "1817", "190018", "1900ff", "1a00000000", "1a0000ffff",
                                "1b00000000ffffffff", "3817", "580100",
                                "7801"
                                "61",
                                "9800", "b800", "d80100",
                                "98"
                                "01"
                                "00"}) {
    EXPECT_EQ(reason(text), "cbor.canonical") << text;
    EXPECT_EQ(reason(text, kNitro), "cbor.canonical") << text;
  }
}

TEST(Cbor, RefusesIndefiniteLengths) {
  for (std::string_view text : {"9fff", "9f01ff", "5f4101ff", "7f6161ff", "a101bfff", "81bfff"}) {
    EXPECT_EQ(reason(text), "cbor.canonical") << text;
    EXPECT_EQ(reason(text, kNitro), "cbor.canonical") << text;
  }
  EXPECT_EQ(reason("bfff"), "cbor.canonical");
}

TEST(Cbor, AdmitsAnIndefiniteMapOnlyOutsideAndOnlyByOption) {
  const Bytes input = hex("bf02200120ff");
  EXPECT_EQ(reason(input), "cbor.canonical");
  EXPECT_EQ(reason(input, {.unsorted_maps = true}), "cbor.canonical");
  const auto document = CborDocument::parse(input, kNitro);
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->root().find(1)->integer(), -1);
  EXPECT_TRUE(equal(document->root().raw(), input));
  EXPECT_EQ(reason("bfff", kNitro), "parsed");
  EXPECT_EQ(reason("bf01ff", kNitro), "cbor.truncated");
  EXPECT_EQ(reason("bf0120", kNitro), "cbor.truncated");
  EXPECT_EQ(reason("bf0120ff00", kNitro), "cbor.leftover");
  EXPECT_EQ(reason("bf0120ffff", kNitro), "cbor.leftover");
  EXPECT_EQ(reason("bf01200120ff", kNitro), "cbor.duplicate_key");
}

TEST(Cbor, RefusesUnsortedKeysUnlessTheyAreAdmitted) {
  // Bytewise order of the encodings: 10, 100, -1, "z", "aa" (RFC 8949 §4.2.1).
  EXPECT_EQ(reason("a50a00186400200061"
                   "7a0062616100"),
            "parsed");
  for (std::string_view text : {"a202000100", "a22000186400",
                                "a26261610061"
                                "7a00",
                                "a2810202000100"}) {
    EXPECT_NE(reason(text), "parsed") << text;
  }
  EXPECT_EQ(reason("a202000100"), "cbor.canonical");
  EXPECT_EQ(reason("a202000100", {.unsorted_maps = true}), "parsed");
}

TEST(Cbor, RefusesDuplicateKeysInWhateverOrder) {
  for (const auto forms : {CborForms{}, kNitro}) {
    EXPECT_EQ(reason("a201000100", forms), "cbor.duplicate_key");
    EXPECT_EQ(reason("a2616100616100", forms), "cbor.duplicate_key");
    EXPECT_EQ(reason("a2416100416100", forms), "cbor.duplicate_key");
  }
  EXPECT_EQ(reason("a3010002000100", kNitro), "cbor.duplicate_key");
  // A text and a byte string with the same bytes are different keys.
  EXPECT_EQ(reason("a2416100616100"), "parsed");
}

TEST(Cbor, RefusesOtherKeys) {
  for (std::string_view text : {"a18000", "a1a000", "a1f500", "a1f600", "a1c10000"}) {
    EXPECT_EQ(reason(text), "cbor.key") << text;
    EXPECT_EQ(reason(text, kNitro), "cbor.key") << text;
  }
}

TEST(Cbor, RefusesLeftoversAndTruncation) {
  EXPECT_EQ(reason("0000"), "cbor.leftover");
  EXPECT_EQ(reason("f6ff"), "cbor.leftover");
  const Bytes whole = hex("a30783f5f4f620d243010203647465787465c3bce282ac");
  ASSERT_EQ(reason(whole), "parsed");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(reason(ByteView(whole).first(size)), "cbor.truncated") << size;
  }
  // Claims far beyond the input are refused before anything is reserved.
  for (std::string_view text : {"9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff",
                                "7bffffffffffffffff", "9a00100000", "ba00100000"}) {
    EXPECT_EQ(reason(text), "cbor.truncated") << text;
  }
}

TEST(Cbor, RefusesWhatNobodyNeeds) {
  for (std::string_view text :
       {"f7", "e0", "f0", "f3", "f820", "f8ff", "f90000", "fa00000000", "fb0000000000000000", "ff",
        "81ff", "1c", "3d", "5e", "fc", "fd", "fe"}) {
    EXPECT_EQ(reason(text), "cbor.unsupported") << text;
  }
}

TEST(Cbor, RefusesTextThatIsNotUtf8) {
  for (std::string_view text : {"61ff", "62c328", "63eda080", "62c080", "64f4908080", "61c3"}) {
    EXPECT_EQ(reason(text), "cbor.utf8") << text;
  }
}

TEST(Cbor, BoundsDepthItemsAndSize) {
  Bytes deep(limits::kCborDepthMax, 0x81);
  deep.push_back(0);
  EXPECT_EQ(reason(deep), "parsed");
  deep.insert(deep.begin(), 0x81);
  EXPECT_EQ(reason(deep), "cbor.depth");
  Bytes tags(limits::kCborDepthMax + 1, 0xC1);
  tags.push_back(0);
  EXPECT_EQ(reason(tags), "cbor.depth");

  const auto array = [](std::size_t items) {
    CborWriter out;
    out.begin_array();
    for (std::size_t i = 0; i < items; ++i) out.value(0);
    return out.end_array().take();
  };
  EXPECT_EQ(reason(array(limits::kCborItemsMax - 1)), "parsed");
  EXPECT_EQ(reason(array(limits::kCborItemsMax)), "cbor.items");

  Bytes large = CborWriter().bytes(Bytes(limits::kCborSizeMax - 3)).take();
  ASSERT_EQ(large.size(), limits::kCborSizeMax);
  EXPECT_EQ(reason(large), "parsed");
  large.push_back(0);
  EXPECT_EQ(reason(large), "cbor.too_large");
}

void write(CborWriter& out, const CborItem& item) {
  if (item.type() == CborType::kTag) {
    out.raw(item.raw());
    return;
  }
  const auto children = item.items();
  if (item.is_map()) out.begin_map();
  if (item.is_array()) out.begin_array();
  for (const auto& child : children) write(out, child);
  if (item.is_map()) out.end_map();
  if (item.is_array()) out.end_array();
  if (item.is_map() || item.is_array()) return;
  if (const auto number = item.integer()) {
    out.value(*number);
  } else if (const auto text = item.text()) {
    out.value(*text);
  } else if (const auto bytes = item.bytes()) {
    out.bytes(*bytes);
  } else if (const auto boolean = item.boolean()) {
    out.value(*boolean);
  } else {
    out.raw(item.raw());
  }
}

// Whatever one bit is changed: what still parses is what the writer would write.
TEST(Cbor, EachMeaningHasOneEncoding) {
  const Bytes whole =
      hex("a40783f5f4f620d243010203617a1903e86474657874"
          "65c3bce282ac");
  ASSERT_EQ(reason(whole, kNitro), "parsed");
  std::size_t parsed = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes damaged = whole;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    const auto document = CborDocument::parse(damaged);
    if (!document) continue;
    ++parsed;
    CborWriter out;
    write(out, document->root());
    EXPECT_EQ(hex_encode(out.take()), hex_encode(damaged));
  }
  EXPECT_GT(parsed, 20u);
}

TEST(CborWriterDeathTest, StopsAtOurOwnMistakes) {
  EXPECT_DEATH(CborWriter().begin_map().key(1).value(1).key(1).value(2).end_map(), "");
  EXPECT_DEATH(CborWriter().begin_map().key(1).end_map(), "");
  EXPECT_DEATH(CborWriter().take(), "");
  EXPECT_DEATH(CborWriter().value(1).value(2).take(), "");
}

}  // namespace
}  // namespace atoma::wire
