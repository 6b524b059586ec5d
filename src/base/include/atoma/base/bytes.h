// Byte views and buffers. A ByteView never owns; whoever returns one says what it points into.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace atoma {

using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

inline Bytes to_bytes(ByteView view) { return Bytes(view.begin(), view.end()); }

inline Bytes to_bytes(std::string_view text) { return Bytes(text.begin(), text.end()); }

inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

inline void append(Bytes& out, std::string_view more) {
  out.insert(out.end(), more.begin(), more.end());
}

// Variable time: for public data only. Secrets compare with ct_equal (secret.h).
inline bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

inline bool all_zero(ByteView view) {
  return std::ranges::all_of(view, [](std::uint8_t b) { return b == 0; });
}

// Text and bytes share storage; these two are the only casts between them.
inline ByteView as_bytes(std::string_view text) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
  return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

}  // namespace atoma
