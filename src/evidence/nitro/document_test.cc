// What a document may look like, and each refusal of the parser.
#include "atoma/evidence/nitro/document.h"

#include <gtest/gtest.h>

#include "atoma/wire/cbor_writer.h"
#include "nitro/test_platform.h"

namespace atoma::evidence::nitro {
namespace {

using sample_tee::NitroDocumentTemplate;
using wire::CborWriter;

const sample_tee::NitroPlatform& platform() {
  static const auto instance = test_platform();
  return instance;
}

std::string reason(ByteView bytes) {
  const auto document = parse_document(bytes);
  return document ? std::string("parsed") : std::string(document.error().reason);
}

std::string reason(const NitroDocumentTemplate& content) {
  return reason(platform().document(content));
}

NitroDocumentTemplate usual() { return {.timestamp = kTestNow}; }

Bytes text(std::string_view value) { return CborWriter().value(value).take(); }

// The document with the value of `name` replaced.
std::string reason_with(std::string_view name, const Bytes& value) {
  auto content = usual();
  content.edit_payload = [&](std::vector<Bytes>& items) {
    const auto at = std::ranges::find(items, text(name));
    ASSERT_NE(at, items.end());
    *(at + 1) = value;
  };
  return reason(content);
}

std::string reason_with(std::string_view name, CborWriter& value) {
  return reason_with(name, value.take());
}

TEST(NitroDocument, ReadsEveryField) {
  auto content = usual();
  content.timestamp_ms_extra = 999;
  content.public_key = Bytes(1024, 5);
  content.user_data = Bytes(512, 6);
  content.nonce = Bytes();
  content.pcrs.resize(32);
  content.pcrs[31] = Bytes(64, 9);
  content.pcrs[30] = Bytes(32, 8);
  const Bytes bytes = platform().document(content);
  const auto document = parse_document(bytes);
  ASSERT_TRUE(document) << document.error().to_string();
  const auto& fields = document->fields();
  EXPECT_EQ(fields.module_id, content.module_id);
  EXPECT_EQ(fields.timestamp, kTestNow);
  EXPECT_TRUE(equal(fields.pcrs[0], Bytes(48, 1)));
  EXPECT_TRUE(equal(fields.pcrs[31], Bytes(64, 9)));
  EXPECT_TRUE(fields.pcrs[7].empty());
  EXPECT_TRUE(equal(fields.certificate, platform().certificates.back()));
  ASSERT_EQ(fields.cabundle.size(), 3u);
  EXPECT_TRUE(equal(fields.cabundle[0], platform().certificates[0]));
  EXPECT_TRUE(equal(*fields.public_key, Bytes(1024, 5)));
  EXPECT_TRUE(equal(*fields.user_data, Bytes(512, 6)));
  ASSERT_TRUE(fields.nonce);
  EXPECT_TRUE(fields.nonce->empty());
  EXPECT_TRUE(looks_like_document(bytes));
}

// The forms in which devices write, and no other.
TEST(NitroDocument, TrapPayloadsThatAreNotCanonicalAreAdmittedInExactlyTheseForms) {
  for (const bool tagged : {false, true}) {
    for (const bool nulls : {false, true}) {
      for (const int order : {0, 1, 2}) {
        auto content = usual();
        content.tagged = tagged;
        content.nulls = nulls;
        content.sorted = order == 1;
        content.indefinite = order == 2;
        const Bytes bytes = platform().document(content);
        EXPECT_EQ(reason(bytes), "parsed");
        EXPECT_TRUE(looks_like_document(bytes));
        const auto document = parse_document(bytes);
        EXPECT_FALSE((*document)->nonce || (*document)->user_data || (*document)->public_key);
      }
    }
  }
  // An indefinite length anywhere but outside.
  EXPECT_EQ(reason_with("pcrs", Bytes{0xBF, 0x00, 0x58, 0x20}), "nitro.payload");
  Bytes pcrs{0xBF, 0x00};
  append(pcrs, CborWriter().bytes(Bytes(48)).take());
  pcrs.push_back(0xFF);
  EXPECT_EQ(reason_with("pcrs", pcrs), "nitro.payload");
  EXPECT_EQ(reason_with("module_id", Bytes{0x7F, 0x61, 'a', 0xFF}), "nitro.payload");
  // A number in a longer form, a float, undefined for null.
  EXPECT_EQ(reason_with("timestamp", Bytes{0x18, 0x01}), "nitro.payload");
  EXPECT_EQ(reason_with("timestamp", Bytes{0xFA, 0, 0, 0, 1}), "nitro.payload");
  EXPECT_EQ(reason_with("nonce", Bytes{0xF7}), "nitro.payload");
}

TEST(NitroDocument, TrapDuplicateKeysAndLeftoversOfThePayloadAreRefused) {
  for (const bool indefinite : {false, true}) {
    auto content = usual();
    content.indefinite = indefinite;
    content.edit_payload = [](std::vector<Bytes>& items) {
      items.push_back(items[0]);
      items.push_back(text("another"));
    };
    EXPECT_EQ(reason(content), "nitro.payload");
    content.edit_payload = {};
    Bytes payload = platform().payload(content);
    payload.push_back(0);
    content.payload = payload;
    EXPECT_EQ(reason(content), "nitro.payload");
  }
}

TEST(NitroDocument, TrapTheDocumentIsExact) {
  const Bytes exact = platform().document(usual());
  Bytes prefixed{0x00, 0x02, 0xBD, 0x46};
  append(prefixed, exact);
  EXPECT_EQ(reason(prefixed), "cbor.leftover");
  EXPECT_FALSE(looks_like_document(prefixed));
  Bytes trailing = exact;
  trailing.push_back(0);
  EXPECT_EQ(reason(trailing), "cbor.leftover");
  for (std::size_t size = 0; size < exact.size(); ++size) {
    EXPECT_NE(reason(ByteView(exact).first(size)), "parsed") << size;
  }
}

TEST(NitroDocument, HeaderIsEs384AndNothingElse) {
  auto content = usual();
  content.protected_header = {0xA1, 0x01, 0x26};  // ES256
  EXPECT_EQ(reason(content), "nitro.header");
  content.protected_header = {0xA2, 0x01, 0x38, 0x22, 0x04, 0x41, 0x00};
  EXPECT_EQ(reason(content), "nitro.header");
  Bytes with_kid = platform().document(usual());
  ASSERT_EQ(with_kid[6], 0xA0);
  with_kid[6] = 0xA1;
  const Bytes kid{0x04, 0x41, 0x00};
  with_kid.insert(with_kid.begin() + 7, kid.begin(), kid.end());
  EXPECT_EQ(reason(with_kid), "nitro.header");
}

TEST(NitroDocument, SignatureHasTheSizeOfEs384) {
  Bytes bytes = platform().document(usual());
  bytes[bytes.size() - 97] = 0x40 + 23;
  bytes[bytes.size() - 98] = 0x58;
  const std::size_t head = bytes.size() - 98;
  bytes.resize(head);
  append(bytes, CborWriter().bytes(Bytes(64, 1)).take());
  EXPECT_EQ(reason(bytes), "nitro.signature");
}

TEST(NitroDocument, PayloadIsBoundedAndAMap) {
  auto content = usual();
  content.payload = CborWriter().bytes(Bytes(kPayloadMax - 2)).take();
  ASSERT_EQ(content.payload->size(), kPayloadMax + 1);
  EXPECT_EQ(reason(content), "nitro.payload");
  content.payload = Bytes{0x80};
  EXPECT_EQ(reason(content), "nitro.payload");
  content.payload = Bytes{};
  EXPECT_EQ(reason(content), "nitro.payload");
}

TEST(NitroDocument, EachFieldIsDemandedInItsBounds) {
  CborWriter out;
  EXPECT_EQ(reason_with("module_id", text("")), "nitro.field");
  EXPECT_EQ(reason_with("module_id", text(std::string(257, 'a'))), "nitro.field");
  EXPECT_EQ(reason_with("module_id", out.bytes(Bytes{1})), "nitro.field");
  EXPECT_EQ(reason_with("digest", text("SHA256")), "nitro.field");
  EXPECT_EQ(reason_with("timestamp", CborWriter().value(0).take()), "nitro.field");
  EXPECT_EQ(reason_with("timestamp", CborWriter().value(-1).take()), "nitro.field");
  EXPECT_EQ(reason_with("timestamp", CborWriter().value(UINT64_MAX).take()), "nitro.field");
  EXPECT_EQ(reason_with("timestamp", text("1")), "nitro.field");
  EXPECT_EQ(reason_with("certificate", CborWriter().bytes({}).take()), "nitro.field");
  EXPECT_EQ(reason_with("certificate", CborWriter().bytes(Bytes(1025)).take()), "nitro.field");
  EXPECT_EQ(reason_with("public_key", CborWriter().bytes({}).take()), "nitro.field");
  EXPECT_EQ(reason_with("public_key", CborWriter().bytes(Bytes(1025)).take()), "nitro.field");
  EXPECT_EQ(reason_with("user_data", CborWriter().bytes(Bytes(513)).take()), "nitro.field");
  EXPECT_EQ(reason_with("nonce", CborWriter().bytes(Bytes(513)).take()), "nitro.field");
  EXPECT_EQ(reason_with("nonce", text("n")), "nitro.field");
  for (std::size_t i = 0; i < 6; ++i) {
    auto content = usual();
    content.edit_payload = [i](std::vector<Bytes>& items) {
      const auto at = items.begin() + static_cast<std::ptrdiff_t>(2 * i);
      items.erase(at, at + 2);
    };
    EXPECT_EQ(reason(content), "nitro.field") << i;
  }
  auto content = usual();
  content.edit_payload = [](std::vector<Bytes>& items) {
    items.push_back(text("more"));
    items.push_back(text("fields"));
  };
  EXPECT_EQ(reason(content), "nitro.field");
}

TEST(NitroDocument, RegistersAndBundleAreBounded) {
  const auto pcrs = [](std::int64_t index, std::size_t size) {
    CborWriter out;
    out.begin_map().key(index).bytes(Bytes(size));
    return out.end_map().take();
  };
  EXPECT_EQ(reason_with("pcrs", pcrs(31, 48)), "parsed");
  EXPECT_EQ(reason_with("pcrs", pcrs(32, 48)), "nitro.field");
  EXPECT_EQ(reason_with("pcrs", pcrs(-1, 48)), "nitro.field");
  for (const std::size_t size : {0u, 31u, 47u, 49u, 65u}) {
    EXPECT_EQ(reason_with("pcrs", pcrs(0, size)), "nitro.field");
  }
  EXPECT_EQ(reason_with("pcrs", Bytes{0xA0}), "nitro.field");
  EXPECT_EQ(reason_with("pcrs", Bytes{0x80}), "nitro.field");
  const auto bundle = [](std::size_t count, std::size_t size) {
    CborWriter out;
    out.begin_array();
    for (std::size_t i = 0; i < count; ++i) out.bytes(Bytes(size));
    return out.end_array().take();
  };
  EXPECT_EQ(reason_with("cabundle", bundle(kCabundleMax, 1024)), "parsed");
  EXPECT_EQ(reason_with("cabundle", bundle(kCabundleMax + 1, 1)), "nitro.field");
  EXPECT_EQ(reason_with("cabundle", bundle(0, 1)), "nitro.field");
  EXPECT_EQ(reason_with("cabundle", bundle(1, 1025)), "nitro.field");
  EXPECT_EQ(reason_with("cabundle", bundle(1, 0)), "nitro.field");
}

}  // namespace
}  // namespace atoma::evidence::nitro
