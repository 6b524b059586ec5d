#include "atoma/store/frame.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"

namespace atoma::store {
namespace {

constexpr std::string_view kMagic = "ATOMAFR2";
constexpr std::size_t kHeaderCheckSize = 8;

ByteArray<kHeaderCheckSize> header_check(ByteView fields) {
  const auto digest = crypto::sha256(fields);
  ByteArray<kHeaderCheckSize> out;
  std::ranges::copy(ByteView(digest).first(out.size()), out.begin());
  return out;
}

ByteArray<kFrameCheckSize> frame_check(ByteView header, std::span<const merkle::Hash> leaves,
                                       std::string_view note) {
  return crypto::sha256({header, merkle::hash_bytes(leaves), as_bytes(note)});
}

}  // namespace

Bytes encode_frame(std::uint64_t first_index, std::span<const ByteView> entries,
                   std::span<const merkle::Hash> leaves, std::string_view note) {
  ATOMA_CHECK(!entries.empty() && entries.size() <= kFrameEntriesMax);
  ATOMA_CHECK(leaves.size() == entries.size());
  ATOMA_CHECK(note.size() <= limits::kNoteMax);
  std::size_t body = kEntryLengthSize + kNoteLengthSize + note.size() + kFrameCheckSize;
  for (const ByteView entry : entries) body += kEntryLengthSize + entry.size();
  ATOMA_CHECK(kFrameHeaderSize + body <= kFrameBytesMax);

  Bytes out;
  out.reserve(kFrameHeaderSize + body);
  append(out, kMagic);
  wire::append_be(out, body, 4);
  wire::append_be(out, entries.size(), 4);
  wire::append_be(out, first_index, 8);
  append(out, header_check(out));
  for (const ByteView entry : entries) {
    ATOMA_CHECK(!entry.empty() && entry.size() <= limits::kLogEntryMax);
    wire::append_be(out, entry.size(), kEntryLengthSize);
    append(out, entry);
  }
  wire::append_be(out, 0, kEntryLengthSize);
  wire::append_be(out, note.size(), kNoteLengthSize);
  append(out, note);
  append(out, frame_check(ByteView(out).first(kFrameHeaderSize), leaves, note));
  return out;
}

std::vector<std::uint64_t> entry_positions(std::uint64_t offset,
                                           std::span<const ByteView> entries) {
  std::vector<std::uint64_t> out;
  out.reserve(entries.size());
  offset += kFrameHeaderSize;
  for (const ByteView entry : entries) {
    out.push_back(offset);
    offset += kEntryLengthSize + entry.size();
  }
  return out;
}

Result<FrameHeader> parse_frame_header(ByteView header) {
  wire::Reader in(header);
  const ByteView fields =
      header.first(std::min(header.size(), kFrameHeaderSize - kHeaderCheckSize));
  const bool magic = as_text(in.take(kMagic.size())) == kMagic;
  FrameHeader out;
  out.body_size = in.u32_be();
  out.entries = in.u32_be();
  out.first_index = in.u64_be();
  const auto check = in.take_array<kHeaderCheckSize>();
  if (!in.finish() || !magic || check != header_check(fields)) {
    return malformed("store.frame_header", "no frame header: cut short, or magic or check wrong");
  }
  if (out.entries == 0 || out.entries > kFrameEntriesMax || out.first_index > merkle::kSizeMax ||
      out.frame_size() > kFrameBytesMax) {
    return malformed("store.frame_header",
                     std::format("{} entries in {} bytes", out.entries, out.body_size));
  }
  return out;
}

Result<Frame> parse_frame(ByteView bytes) {
  const ByteView head = bytes.first(std::min(bytes.size(), kFrameHeaderSize));
  ATOMA_TRY(const FrameHeader header, parse_frame_header(head));
  wire::Reader in(bytes.subspan(kFrameHeaderSize));
  Frame frame;
  frame.first_index = header.first_index;
  for (std::size_t i = 0; in.ok() && i < header.entries; ++i) {
    frame.entries.push_back(in.take(in.u16_be()));
    if (frame.entries.back().empty()) return malformed("store.frame", "an empty entry");
    frame.leaves.push_back(merkle::leaf_hash(frame.entries.back()));
  }
  const bool ended = in.u16_be() == 0;
  frame.note = as_text(in.take(in.u32_be()));
  const auto check = in.take_array<kFrameCheckSize>();
  if (!in.finish() || !ended || frame.note.size() > limits::kNoteMax ||
      bytes.size() != header.frame_size()) {
    return malformed("store.frame", "the frame's parts do not fill it");
  }
  if (check != frame_check(head, frame.leaves, frame.note)) {
    return malformed("store.frame", "the check is wrong");
  }
  return frame;
}

}  // namespace atoma::store
