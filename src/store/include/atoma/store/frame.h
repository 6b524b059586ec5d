// A frame is one batch in entries.log: its entries, and the signed checkpoint of the tree that ends
// with them. All numbers big-endian:
//
//   header  8 magic "ATOMAFR2" | 4 body size | 4 entries | 8 first index | 8 SHA-256 of these, cut
//   body    entries × (2 size | bytes) | 2 zeros | 4 note size | note | 32 check
//   check   SHA-256 of header, leaf hashes of the entries, and note
//
// No entry is empty, so the two zeros end them: whoever begins to read at some entry finds the next
// frame. The check tells a torn frame from a whole one; it stops no attacker. Entries are bound by
// the root in the note, the note by the log's signature.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"

namespace atoma::store {

// One batch: bounds memory on recovery and the time of one write.
inline constexpr std::size_t kFrameEntriesMax = 4096;
inline constexpr std::size_t kFrameBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kFrameHeaderSize = 32;
inline constexpr std::size_t kFrameCheckSize = 32;
inline constexpr std::size_t kEntryLengthSize = 2;
inline constexpr std::size_t kNoteLengthSize = 4;

struct FrameHeader {
  std::size_t body_size = 0;
  std::size_t entries = 0;
  std::uint64_t first_index = 0;

  std::size_t frame_size() const { return kFrameHeaderSize + body_size; }
};

// Views point into the bytes that were parsed.
struct Frame {
  std::uint64_t first_index = 0;
  std::vector<merkle::Hash> leaves;
  std::vector<ByteView> entries;
  std::string_view note;
};

// `entries` and `leaves` have the same size, from 1 to kFrameEntriesMax.
Bytes encode_frame(std::uint64_t first_index, std::span<const ByteView> entries,
                   std::span<const merkle::Hash> leaves, std::string_view note);

// Where each entry's size stands, for a frame that begins at `offset`.
std::vector<std::uint64_t> entry_positions(std::uint64_t offset, std::span<const ByteView> entries);

// Errors: "store.frame_header".
Result<FrameHeader> parse_frame_header(ByteView header);
// Structure and check of exactly one frame. Errors: "store.frame_header", "store.frame".
Result<Frame> parse_frame(ByteView bytes);

}  // namespace atoma::store
