#include "atoma/wire/reader.h"

#include "atoma/base/check.h"

namespace atoma::wire {

ByteView Reader::take(std::size_t size) {
  if (!ok_ || size > remaining()) {
    ok_ = false;
    return {};
  }
  const ByteView view = input_.subspan(position_, size);
  position_ += size;
  return view;
}

Reader Reader::child(std::size_t size) {
  Reader reader(take(size));
  reader.ok_ = ok_;
  return reader;
}

ByteView Reader::rest() { return take(remaining()); }

std::uint8_t Reader::u8() { return static_cast<std::uint8_t>(load_le(take(1))); }
std::uint16_t Reader::u16_le() { return static_cast<std::uint16_t>(load_le(take(2))); }
std::uint32_t Reader::u32_le() { return static_cast<std::uint32_t>(load_le(take(4))); }
std::uint64_t Reader::u64_le() { return load_le(take(8)); }
std::uint16_t Reader::u16_be() { return static_cast<std::uint16_t>(load_be(take(2))); }
std::uint32_t Reader::u32_be() { return static_cast<std::uint32_t>(load_be(take(4))); }
std::uint64_t Reader::u64_be() { return load_be(take(8)); }

std::uint64_t load_le(ByteView bytes) {
  ATOMA_CHECK(bytes.size() <= 8);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

std::uint64_t load_be(ByteView bytes) {
  ATOMA_CHECK(bytes.size() <= 8);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

void append_le(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

void append_be(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

}  // namespace atoma::wire
