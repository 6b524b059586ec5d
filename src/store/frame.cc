#include "atoma/store/frame.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"

namespace atoma::store {
namespace {

constexpr std::string_view kMagic = "ATOMAFR1";
constexpr std::size_t kHeaderCheckSize = 8;
constexpr std::size_t kCheckSize = 32;

ByteArray<kHeaderCheckSize> header_check(ByteView fields) {
  const auto digest = crypto::sha256(fields);
  ByteArray<kHeaderCheckSize> out;
  std::ranges::copy(ByteView(digest).first(out.size()), out.begin());
  return out;
}

}  // namespace

Bytes encode_frame(std::uint64_t first_index, std::span<const ByteView> entries,
                   std::span<const merkle::Hash> leaves, std::string_view note) {
  ATOMA_CHECK(!entries.empty() && entries.size() <= kFrameEntriesMax);
  ATOMA_CHECK(leaves.size() == entries.size());
  std::size_t body = leaves.size() * sizeof(merkle::Hash) + 4 + note.size() + kCheckSize;
  for (const ByteView entry : entries) body += 2 + entry.size();
  ATOMA_CHECK(kFrameHeaderSize + body <= kFrameBytesMax);

  Bytes out;
  out.reserve(kFrameHeaderSize + body);
  append(out, kMagic);
  wire::append_be(out, body, 4);
  wire::append_be(out, entries.size(), 4);
  wire::append_be(out, first_index, 8);
  append(out, header_check(out));
  for (const merkle::Hash& leaf : leaves) append(out, leaf);
  wire::append_be(out, note.size(), 4);
  append(out, note);
  const auto check = crypto::sha256(out);
  for (const ByteView entry : entries) {
    ATOMA_CHECK(!entry.empty() && entry.size() <= limits::kLogEntryMax);
    wire::append_be(out, entry.size(), 2);
    append(out, entry);
  }
  append(out, check);
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
  ATOMA_TRY(const FrameHeader header,
            parse_frame_header(bytes.first(std::min(bytes.size(), kFrameHeaderSize))));
  wire::Reader in(bytes.subspan(kFrameHeaderSize));
  Frame frame;
  frame.first_index = header.first_index;
  for (std::size_t i = 0; in.ok() && i < header.entries; ++i) {
    frame.leaves.push_back(in.take_array<sizeof(merkle::Hash)>());
  }
  frame.note = as_text(in.take(in.u32_be()));
  const ByteView checked = bytes.first(kFrameHeaderSize + in.position());
  for (std::size_t i = 0; in.ok() && i < header.entries; ++i) {
    frame.entries.push_back(in.take(in.u16_be()));
    if (frame.entries.back().empty()) return malformed("store.frame", "an empty entry");
  }
  const auto check = in.take_array<kCheckSize>();
  if (!in.finish() || bytes.size() != header.frame_size()) {
    return malformed("store.frame", "the frame's parts do not fill it");
  }
  if (check != crypto::sha256(checked)) return malformed("store.frame", "the check is wrong");
  return frame;
}

}  // namespace atoma::store
