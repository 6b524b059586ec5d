#include "atoma/store/frame.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"

namespace atoma::store {
namespace {

Bytes sample() {
  const Bytes big(limits::kLogEntryMax, 7);
  const std::vector<ByteView> entries{as_bytes("a"), as_bytes("bc"), big};
  std::vector<merkle::Hash> leaves;
  for (const ByteView e : entries) leaves.push_back(merkle::leaf_hash(e));
  return encode_frame(41, entries, leaves, "a note");
}

TEST(Frame, RoundTrips) {
  const Bytes bytes = sample();
  const auto header = parse_frame_header(ByteView(bytes).first(kFrameHeaderSize));
  ASSERT_TRUE(header) << header.error().to_string();
  EXPECT_EQ(header->frame_size(), bytes.size());
  const auto frame = parse_frame(bytes);
  ASSERT_TRUE(frame) << frame.error().to_string();
  EXPECT_EQ(frame->first_index, 41u);
  EXPECT_EQ(frame->note, "a note");
  ASSERT_EQ(frame->entries.size(), 3u);
  EXPECT_EQ(as_text(frame->entries[1]), "bc");
  EXPECT_EQ(frame->entries[2].size(), limits::kLogEntryMax);
  EXPECT_EQ(frame->leaves[1], merkle::leaf_hash(as_bytes("bc")));
  EXPECT_EQ(encode_frame(frame->first_index, frame->entries, frame->leaves, frame->note), bytes);
  const auto positions = entry_positions(1000, frame->entries);
  ASSERT_EQ(positions.size(), 3u);
  EXPECT_EQ(bytes[positions[1] - 1000 + 1], 2u);
  EXPECT_EQ(bytes[positions[1] - 1000 + 2], 'b');
}

TEST(Frame, RefusesEveryPrefixAndMore) {
  const Bytes bytes = sample();
  for (std::size_t size = 0; size < bytes.size(); size += size < 400 ? 1 : 997) {
    const auto frame = parse_frame(ByteView(bytes).first(size));
    ASSERT_FALSE(frame) << size;
    EXPECT_EQ(frame.error().reason, size < kFrameHeaderSize ? "store.frame_header" : "store.frame");
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(parse_frame(longer).error().reason, "store.frame");
}

TEST(Frame, RefusesEveryBitFlip) {
  const Bytes bytes = sample();
  // Of the large entry some bytes will do.
  for (std::size_t i = 0; i < bytes.size(); i += i > 100 && i + 200 < bytes.size() ? 499 : 1) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = bytes;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1 << bit));
      const auto frame = parse_frame(bad);
      ASSERT_FALSE(frame) << "byte " << i;
      EXPECT_EQ(frame.error().reason, i < kFrameHeaderSize ? "store.frame_header" : "store.frame");
    }
  }
}

TEST(Frame, HeaderBoundsAreCheckedBehindAGoodCheck) {
  const auto reason = [](std::uint64_t body, std::uint64_t entries, std::uint64_t first) {
    Bytes header = to_bytes("ATOMAFR2");
    wire::append_be(header, body, 4);
    wire::append_be(header, entries, 4);
    wire::append_be(header, first, 8);
    append(header, ByteView(crypto::sha256(header)).first(8));
    const auto parsed = parse_frame_header(header);
    return parsed ? std::string_view() : parsed.error().reason;
  };
  EXPECT_EQ(reason(100, 1, 0), "");
  EXPECT_EQ(reason(100, 0, 0), "store.frame_header");
  EXPECT_EQ(reason(100, kFrameEntriesMax + 1, 0), "store.frame_header");
  EXPECT_EQ(reason(kFrameBytesMax, 1, 0), "store.frame_header");
  EXPECT_EQ(reason(100, 1, std::uint64_t{1} << 63), "store.frame_header");
}

}  // namespace
}  // namespace atoma::store
