// Several files in one input: each behind its size in four bytes, big-endian.
#pragma once

#include <span>
#include <vector>

#include "atoma/wire/reader.h"

namespace atoma::fuzz {

// What is there of them; the last may be cut short. At most `parts_max`.
inline std::vector<ByteView> split_parts(ByteView in, std::size_t parts_max) {
  wire::Reader reader(in);
  std::vector<ByteView> parts;
  while (reader.remaining() >= 4 && parts.size() < parts_max) {
    const std::size_t size = reader.u32_be();
    parts.push_back(reader.take(std::min(size, reader.remaining())));
  }
  return parts;
}

inline Bytes join_parts(std::span<const ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) {
    wire::append_be(out, part.size(), 4);
    append(out, part);
  }
  return out;
}

}  // namespace atoma::fuzz
