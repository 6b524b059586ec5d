// Each refusal of the parsers of event logs, and what they let through.
#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/evidence/eventlog/event_log.h"
#include "atoma/wire/text.h"
#include "eventlog/test_log.h"

namespace atoma::evidence::eventlog {
namespace {

std::string_view reason(ByteView bytes, Registers registers = Registers::kPcr) {
  const auto log = parse_tcg_log(bytes, registers);
  return log ? "" : log.error().reason;
}

TEST(TcgLog, ReadsEventsInOrder) {
  TestLog made = TestLog::pcrs();
  made.add(7, kEvEfiVariableDriverConfig, global_variable("SecureBoot", Bytes{1})).separator(7);
  const auto log = parse_event_log(made.bytes);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->registers(), Registers::kPcr);
  ASSERT_EQ(log->events().size(), 3u);
  EXPECT_FALSE(log->events()[0].extended);
  EXPECT_EQ(log->events()[2].index, 7u);
  EXPECT_EQ(log->events()[2].digest(HashAlgorithm::kSha256).size(), 32u);
  EXPECT_TRUE(log->events()[2].digest(HashAlgorithm::kSha512).empty());
}

TEST(TcgLog, NumbersOfACcelAreRtmrsFromOne) {
  TestLog made = TestLog::ccel();
  made.separator(1).separator(4);
  const auto log = parse_event_log(made.bytes);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->registers(), Registers::kRtmr);
  EXPECT_EQ(log->events()[1].index, 0u);
  EXPECT_EQ(log->events()[2].index, 3u);
  EXPECT_EQ(reason(TestLog::ccel().separator(0).bytes, Registers::kRtmr), "eventlog.index");
  EXPECT_EQ(reason(TestLog::ccel().separator(5).bytes, Registers::kRtmr), "eventlog.index");
  EXPECT_EQ(reason(TestLog::pcrs().separator(24).bytes), "eventlog.index");
}

TEST(TcgLog, EndsWithItsAreaOfZerosOrOnes) {
  for (const std::uint8_t fill : ByteArray<2>{0x00, 0xFF}) {
    TestLog made = TestLog::ccel();
    made.separator(1);
    made.bytes.resize(made.bytes.size() + 4096, fill);
    EXPECT_EQ(parse_tcg_log(made.bytes, Registers::kRtmr)->events().size(), 2u);
    made.bytes.back() ^= 1;
    EXPECT_NE(reason(made.bytes, Registers::kRtmr), "");
  }
}

TEST(TcgLog, ZerosCutFromTheAreaBelongToTheLastEvent) {
  TestLog made = TestLog::ccel();
  Bytes data = to_bytes(std::string_view("command line"));
  data.resize(64);
  made.add(2, kEvIpl, data);
  Bytes cut = made.bytes;
  cut.resize(cut.size() - 40);
  const auto log = parse_tcg_log(cut, Registers::kRtmr);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->events()[1].cut_zeros, 40u);
  cut.resize(cut.size() - 12 - 1);  // within the text: no zeros
  EXPECT_EQ(reason(cut, Registers::kRtmr), "eventlog.truncated");
}

TEST(TcgLog, EveryCutWithinAnEventIsNoticed) {
  TestLog made = TestLog::pcrs();
  const std::size_t first = made.bytes.size();
  made.add(4, kEvEfiAction, "Calling EFI Application from Boot Option");
  for (std::size_t size = 0; size < made.bytes.size(); ++size) {
    if (size == first) continue;
    const auto found = reason(ByteView(made.bytes).first(size));
    EXPECT_TRUE(found == "eventlog.truncated" || found == "eventlog.spec_id") << size << found;
  }
}

TEST(TcgLog, RefusesWhatItDoesNotAnnounce) {
  TestLog one = TestLog::ccel();
  one.banks = {HashAlgorithm::kSha256};
  EXPECT_EQ(reason(one.separator(1).bytes), "eventlog.digests");
  TestLog twice = TestLog::pcrs();
  twice.banks = {HashAlgorithm::kSha256, HashAlgorithm::kSha256};
  EXPECT_EQ(reason(twice.separator(1).bytes), "eventlog.digests");
  TestLog none = TestLog::pcrs();
  none.banks = {};
  EXPECT_EQ(reason(none.separator(1).bytes), "eventlog.digests");
  TestLog many = TestLog::ccel();
  many.banks = {HashAlgorithm::kSha384, HashAlgorithm::kSha384};
  EXPECT_EQ(reason(many.separator(1).bytes), "eventlog.digests");
}

TEST(TcgLog, RefusesAMalformedSpecId) {
  EXPECT_EQ(reason(TestLog({}).bytes), "eventlog.spec_id");
  EXPECT_EQ(reason(TestLog(std::vector(9, HashAlgorithm::kSha256)).bytes), "eventlog.spec_id");
  EXPECT_EQ(reason(TestLog({HashAlgorithm::kSha256, HashAlgorithm::kSha256}).bytes),
            "eventlog.spec_id");
  Bytes size = TestLog::ccel().bytes;
  size[size.size() - 3] = 32;  // SHA-384 is longer
  EXPECT_EQ(reason(size), "eventlog.spec_id");
  Bytes vendor = TestLog::ccel().bytes;
  vendor.back() = 1;
  EXPECT_EQ(reason(vendor), "eventlog.spec_id");
}

TEST(TcgLog, Limits) {
  EXPECT_EQ(reason(Bytes(limits::kEventLogMax + 1)), "eventlog.too_large");
  TestLog large = TestLog::ccel();
  large.header(1, kEvIpl);
  wire::append_le(large.bytes, 1, 4);
  wire::append_le(large.bytes, 0x0C, 2);
  large.bytes.resize(large.bytes.size() + 48);
  wire::append_le(large.bytes, limits::kLogEventMax + 1, 4);
  EXPECT_EQ(reason(large.bytes), "eventlog.event_too_large");
  TestLog many = TestLog::ccel();
  for (std::size_t i = 0; i < limits::kLogEventsMax; ++i) many.separator(1);
  EXPECT_EQ(reason(many.bytes), "eventlog.too_many");
}

TEST(TcgLog, LogsOfSha1AloneParse) {
  TestLog old = TestLog::pcrs();
  old.bytes.clear();
  old.header(0, kEvSCrtmVersion);
  old.bytes.resize(old.bytes.size() + 20, 0xAB);
  old.sized(as_bytes("v1"));
  const auto log = parse_event_log(old.bytes);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->events()[0].digest(HashAlgorithm::kSha1).size(), 20u);
}

Bytes locality(std::uint8_t value) {
  Bytes out = to_bytes(std::string_view("StartupLocality\0", 16));
  out.push_back(value);
  return out;
}

TEST(TcgLog, StartupLocalityStandsOnceBeforePcr0) {
  EXPECT_EQ(parse_tcg_log(TestLog::pcrs().add(0, kEvNoAction, locality(3)).bytes, Registers::kPcr)
                ->startup_locality(),
            3u);
  TestLog twice = TestLog::pcrs();
  twice.add(0, kEvNoAction, locality(3)).add(0, kEvNoAction, locality(3));
  EXPECT_EQ(reason(twice.bytes), "eventlog.startup_locality");
  TestLog late = TestLog::pcrs();
  late.separator(0).add(0, kEvNoAction, locality(3));
  EXPECT_EQ(reason(late.bytes), "eventlog.startup_locality");
  EXPECT_EQ(reason(TestLog::pcrs().add(0, kEvNoAction, locality(1)).bytes),
            "eventlog.startup_locality");
  EXPECT_EQ(reason(TestLog::pcrs().add(1, kEvNoAction, locality(0)).bytes),
            "eventlog.startup_locality");
  EXPECT_EQ(reason(TestLog::ccel().add(0, kEvNoAction, locality(3)).bytes, Registers::kRtmr),
            "eventlog.startup_locality");
}

std::string runtime_event(std::string_view digest, std::string_view more = "") {
  return R"([{"imr":3,"event_type":134217729,"digest":")" + std::string(digest) +
         R"(","event":"app-id","event_payload":"DEADbeef")" + std::string(more) + "}]";
}

std::string hex384(std::string_view text) {
  return wire::hex_encode(hash_of(HashAlgorithm::kSha384, {as_bytes(text)}));
}
constexpr std::string_view kV1{"\x01\x00\x00\x08:app-id:\xDE\xAD\xBE\xEF", 16};
constexpr std::string_view kV2 = R"({"name":"app-id","payload":"deadbeef","type":134217729})";

struct DstackRow {
  std::string digest, more;
  std::string_view hashed;
  bool differs;
};

TEST(DstackLog, SuppliedDigestIsNeverTrusted) {
  const DstackRow rows[] = {{"", "", kV1, false},
                            {hex384(kV1), "", kV1, false},
                            {hex384(kV2), "", kV2, false},
                            {"", R"(,"version":2)", kV2, false},
                            {hex384(kV1), R"(,"version":2)", kV2, true},
                            {hex384(kV2), R"(,"version":1)", kV1, true},
                            {hex384("other"), "", kV1, true},
                            {"00", "", kV1, true}};
  for (const auto& row : rows) {
    const auto log = parse_event_log(as_bytes(runtime_event(row.digest, row.more)));
    ASSERT_TRUE(log) << log.error().message;
    const Event& event = log->events()[0];
    EXPECT_EQ(wire::hex_encode(event.digest(HashAlgorithm::kSha384)), hex384(row.hashed));
    EXPECT_EQ(event.supplied_digest_differs, row.differs);
    EXPECT_EQ(event.name, "app-id");
    EXPECT_EQ(event.index, 3u);
  }
}

TEST(DstackLog, CanonicalJsonEscapes) {
  const std::string name = R"(q\"b\\u0008\u0008\f\n\u0001ü)";
  const std::string text = R"([{"imr":3,"event_type":134217729,"digest":"","event":")" + name +
                           R"(","event_payload":"","version":2}])";
  const auto log = parse_dstack_log(as_bytes(text));
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(as_text(log->events()[0].data),
            R"({"name":"q\"b\\u0008\b\f\n\u0001ü","payload":"","type":134217729})");
}

TEST(DstackLog, Refuses) {
  const auto why = [](std::string_view text) {
    const auto log = parse_dstack_log(as_bytes(text));
    return std::string(log ? "" : log.error().reason);
  };
  EXPECT_EQ(why("["), "json.syntax");
  EXPECT_EQ(why("{}"), "eventlog.json");
  EXPECT_EQ(why("[1]"), "eventlog.json");
  EXPECT_EQ(why(R"([{"imr":0,"event_type":4,"event":"","digest":"zz","event_payload":""}])"),
            "eventlog.json");
  EXPECT_EQ(why(R"([{"imr":0,"event_type":4,"event":"","digest":"","event_payload":""}])"),
            "eventlog.digests");
  EXPECT_EQ(why(R"([{"imr":4,"event_type":134217729,"event":"","digest":"","event_payload":""}])"),
            "eventlog.index");
  EXPECT_EQ(why(runtime_event("", R"(,"version":3)")), "eventlog.json");
  EXPECT_EQ(why(R"([{"imr":0,"event_type":134217729,"event":"","digest":"","event_payload":")" +
                std::string(2 * limits::kLogEventMax + 2, 'a') + "\"}]"),
            "eventlog.event_too_large");
  EXPECT_EQ(why(std::string(limits::kEventLogMax + 1, ' ')), "eventlog.too_large");
  EXPECT_EQ(why(R"({"event_log":"[]"})"), "");
}

TEST(CelLog, ReadsRecordsOfTdsAndTpms) {
  Bytes bytes = cel_record(0, 108, 4, "gcr.io/image");
  append(bytes, cel_record(1, 108, 4, "sha256:00"));
  const auto td = parse_event_log(bytes);
  ASSERT_TRUE(td) << td.error().message;
  EXPECT_EQ(td->registers(), Registers::kRtmr);
  EXPECT_EQ(td->events()[1].index, 3u);
  EXPECT_FALSE(td->events()[1].supplied_digest_differs);
  const auto tpm = parse_event_log(cel_record(0, 1, 13, "gcr.io/image"));
  ASSERT_TRUE(tpm);
  EXPECT_EQ(tpm->registers(), Registers::kPcr);
  EXPECT_EQ(tpm->events()[0].index, 13u);
}

TEST(CelLog, SuppliedDigestIsNeverTrusted) {
  Bytes bytes = cel_record(0, 108, 4, "gcr.io/image");
  bytes.back() ^= 1;
  const auto log = parse_cel_log(bytes);
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->events()[0].supplied_digest_differs);
  EXPECT_TRUE(equal(log->events()[0].digest(HashAlgorithm::kSha384),
                    hash_of(HashAlgorithm::kSha384, {log->events()[0].data})));
}

TEST(CelLog, Refuses) {
  const auto why = [](ByteView bytes) {
    const auto log = parse_cel_log(bytes);
    return std::string(log ? "" : log.error().reason);
  };
  const Bytes good = cel_record(0, 108, 4, "image");
  EXPECT_EQ(why(good), "");
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(why(ByteView(good).first(size)), "eventlog.cel") << size;
  }
  EXPECT_EQ(why(cel_record(1, 108, 4, "image")), "eventlog.cel");
  EXPECT_EQ(why(cel_record(0, 2, 4, "image")), "eventlog.cel");
  EXPECT_EQ(why(cel_record(0, 108, 0, "image")), "eventlog.index");
  EXPECT_EQ(why(cel_record(0, 108, 5, "image")), "eventlog.index");
  Bytes digest = good;
  digest[13 + 6 + 5] = 0x0B;  // a SHA-256 of 48 bytes
  EXPECT_EQ(why(digest), "eventlog.digests");
  Bytes length = good;
  length[2] = 0x10;
  EXPECT_EQ(why(length), "eventlog.event_too_large");
  EXPECT_EQ(why(Bytes(limits::kEventLogMax + 1)), "eventlog.too_large");
}

}  // namespace
}  // namespace atoma::evidence::eventlog
