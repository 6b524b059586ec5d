#include "atoma/ledger/entry.h"

#include "atoma/cose/sign1.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

Statement example() {
  return {.type = "key.register",
          .label = {"models", "llama"},
          .previous = EntryRef{7, digest_of("seven")},
          .time = kStart,
          .expiry = kStart + Duration{60},
          .nonce = to_bytes("12345678"),
          .body = Body().add(1).take()};
}

// A payload of these fields, signed: what is right is up to the test.
struct Payload {
  std::map<std::int64_t, Bytes> fields;

  Payload() {
    const auto item = [](auto value) {
      wire::CborWriter out;
      return out.value(value).take();
    };
    wire::CborWriter null;
    fields = {{1, item(1)},
              {2, item("deployment")},
              {3, item("space")},
              {4, item("label")},
              {5, null.null().take()},
              {6, item(kStart.unix_s)},
              {8, bytes_item(Bytes(8))},
              {9, Body().take()}};
  }
  template <typename T>
  Payload& set(std::int64_t field, T value) {
    wire::CborWriter out;
    fields[field] = out.value(value).take();
    return *this;
  }
  Payload& raw(std::int64_t field, Bytes item) {
    fields[field] = std::move(item);
    return *this;
  }
  Payload& drop(std::int64_t field) {
    fields.erase(field);
    return *this;
  }
  std::string reason(std::string_view type = kEntryMediaType, ByteView kid = id_of("anna")) const {
    wire::CborWriter out;
    out.begin_map();
    for (const auto& [field, item] : fields) out.key(field).raw(item);
    const auto entry = parse_entry(
        cose::sign1(key_named("anna"), {.kid = kid, .type = type}, out.end_map().take()));
    return std::string(entry ? "" : entry.error().reason);
  }
};

TEST(LedgerEntry, IsReadAsItWasWritten) {
  const Bytes bytes = sign_entry(example(), key_named("anna"));
  const auto entry = parse_entry(bytes);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->statement.type, "key.register");
  EXPECT_EQ(entry->statement.label, (LabelName{"models", "llama"}));
  EXPECT_EQ(entry->statement.previous, example().previous);
  EXPECT_EQ(entry->statement.time, kStart);
  EXPECT_EQ(entry->statement.expiry, kStart + Duration{60});
  EXPECT_EQ(entry->statement.nonce, example().nonce);
  EXPECT_EQ(entry->statement.body, example().body);
  EXPECT_EQ(entry->issuer, id_of("anna"));
  EXPECT_EQ(entry->leaf, merkle::leaf_hash(bytes));
  auto anna = key_named("anna").public_key();
  auto ben = key_named("ben").public_key();
  EXPECT_TRUE(entry->signed_by(anna));
  EXPECT_FALSE(entry->signed_by(ben));
}

TEST(LedgerEntry, EveryOneBitChangeIsRefusedOrUnsigned) {
  Bytes bytes = sign_entry(example(), key_named("anna"));
  auto anna = key_named("anna").public_key();
  for (std::size_t at = 0; at < 8 * bytes.size(); ++at) {
    bytes[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
    const auto entry = parse_entry(bytes);
    ASSERT_FALSE(entry && entry->issuer == id_of("anna") && entry->signed_by(anna)) << at;
    bytes[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
  }
}

TEST(LedgerEntry, RefusesWhatIsNoEntry) {
  EXPECT_EQ(Payload().reason(), "");
  EXPECT_EQ(parse_entry({}).error().reason, "entry.size");
  EXPECT_EQ(parse_entry(Bytes(kEntryMax + 1)).error().reason, "entry.size");
  EXPECT_EQ(Payload().reason("application/json"), "entry.media_type");
  EXPECT_EQ(Payload().reason(kEntryMediaType, Bytes(31)), "entry.issuer");
  EXPECT_EQ(Payload().set(1, 2).reason(), "entry.version");
  EXPECT_EQ(Payload().set(2, "").reason(), "entry.type");
  EXPECT_EQ(Payload().set(2, "Key.Register").reason(), "entry.type");
  EXPECT_EQ(Payload().set(2, std::string(33, 'a')).reason(), "entry.type");
  EXPECT_EQ(Payload().set(3, "").reason(), "entry.label");
  EXPECT_EQ(Payload().set(4, std::string(kNameMax + 1, 'a')).reason(), "entry.label");
  EXPECT_EQ(Payload().set(4, std::string("a\0b", 3)).reason(), "entry.label");
  EXPECT_EQ(Payload().set(5, 3).reason(), "entry.previous");
  EXPECT_EQ(Payload().drop(5).reason(), "entry.previous");
  EXPECT_EQ(Payload().raw(5, array_of({bytes_item({}), bytes_item(Bytes(32))})).reason(),
            "entry.previous");
  EXPECT_EQ(Payload().set(6, -1).reason(), "entry.time");
  EXPECT_EQ(Payload().set(7, kStart.unix_s).reason(), "entry.time");
  EXPECT_EQ(Payload().set(7, kStart.unix_s + 1).reason(), "");
  EXPECT_EQ(Payload().raw(8, bytes_item(Bytes(kNonceMin - 1))).reason(), "entry.nonce");
  EXPECT_EQ(Payload().raw(8, bytes_item(Bytes(kNonceMax + 1))).reason(), "entry.nonce");
  EXPECT_EQ(Payload().set(9, 1).reason(), "entry.body");
  EXPECT_EQ(Payload().set(10, 1).reason(), "entry.field");
}

TEST(LedgerEntry, LabelsAreTheirBothParts) {
  EXPECT_NE((LabelName{"a", "bc"}.key()), (LabelName{"ab", "c"}.key()));
  EXPECT_NE(key_id(cose::Algorithm::kEdDsa, Bytes(32)), key_id(cose::Algorithm::kEs256, Bytes(32)));
}

}  // namespace
}  // namespace atoma::ledger
