// A bounded cursor over hostile bytes. Failure is sticky: after the first read past the end every
// later read gives zeros or empty views, and ok() stays false, so that a parser reads like the
// layout it parses and checks once.
//
//   Reader in(bytes);
//   const auto version = in.u16_le();
//   const auto body = in.take(584);
//   if (!in.finish()) return malformed(…);
#pragma once

#include "atoma/base/bytes.h"

namespace atoma::wire {

class Reader {
 public:
  explicit Reader(ByteView input) : input_(input) {}

  std::uint8_t u8();
  std::uint16_t u16_le();
  std::uint32_t u32_le();
  std::uint64_t u64_le();
  std::uint16_t u16_be();
  std::uint32_t u32_be();
  std::uint64_t u64_be();

  // A view into the input; empty when fewer than `size` bytes are left.
  ByteView take(std::size_t size);
  // The same with a size known when compiled; zeros when too short.
  template <std::size_t N>
  ByteArray<N> take_array() {
    ByteArray<N> out{};
    const ByteView view = take(N);
    std::ranges::copy(view, out.begin());
    return out;
  }
  // A reader over the next `size` bytes. When too short both fail.
  Reader child(std::size_t size);
  // Everything not yet read.
  ByteView rest();

  std::size_t position() const { return position_; }
  std::size_t remaining() const { return input_.size() - position_; }
  bool ok() const { return ok_; }
  // True when nothing failed and nothing is left.
  bool finish() const { return ok_ && remaining() == 0; }

 private:
  ByteView input_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

// Little- and big-endian loads from exactly sized views, and their encoders.
std::uint64_t load_le(ByteView bytes);  // at most 8 bytes
std::uint64_t load_be(ByteView bytes);  // at most 8 bytes
void append_le(Bytes& out, std::uint64_t value, std::size_t size);
void append_be(Bytes& out, std::uint64_t value, std::size_t size);

}  // namespace atoma::wire
