#include "atoma/wire/cbor_writer.h"

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"

namespace atoma::wire {
namespace {

enum Major : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7,
};
constexpr std::uint64_t kFalse = 20;
constexpr std::uint64_t kTrue = 21;
constexpr std::uint64_t kNull = 22;

// RFC 8949 §4.2.1: the shortest form.
void append_head(Bytes& out, std::uint8_t major, std::uint64_t argument) {
  const auto initial = [&](unsigned low) {
    out.push_back(static_cast<std::uint8_t>(unsigned{major} << 5 | low));
  };
  if (argument < 24) return initial(static_cast<unsigned>(argument));
  unsigned power = 0;
  while (power < 3 && argument >> (8u << power) != 0) ++power;
  initial(24 + power);
  append_be(out, argument, std::size_t{1} << power);
}

}  // namespace

void CborWriter::begin_item() {
  if (!after_tag_) frames_.back().starts.push_back(frames_.back().items.size());
  after_tag_ = false;
}

CborWriter& CborWriter::value(std::uint64_t number) {
  begin_item();
  append_head(frames_.back().items, kUnsigned, number);
  return *this;
}

CborWriter& CborWriter::value(std::int64_t number) {
  if (number >= 0) return value(static_cast<std::uint64_t>(number));
  begin_item();
  append_head(frames_.back().items, kNegative, static_cast<std::uint64_t>(-1 - number));
  return *this;
}

CborWriter& CborWriter::value(std::string_view text) {
  begin_item();
  append_head(frames_.back().items, kText, text.size());
  append(frames_.back().items, text);
  return *this;
}

CborWriter& CborWriter::value(bool b) {
  begin_item();
  append_head(frames_.back().items, kSimple, b ? kTrue : kFalse);
  return *this;
}

CborWriter& CborWriter::bytes(ByteView bytes) {
  begin_item();
  append_head(frames_.back().items, kBytes, bytes.size());
  append(frames_.back().items, bytes);
  return *this;
}

CborWriter& CborWriter::null() {
  begin_item();
  append_head(frames_.back().items, kSimple, kNull);
  return *this;
}

CborWriter& CborWriter::tag(std::uint64_t number) {
  begin_item();
  append_head(frames_.back().items, kTag, number);
  after_tag_ = true;
  return *this;
}

CborWriter& CborWriter::raw(ByteView item) {
  begin_item();
  append(frames_.back().items, item);
  return *this;
}

CborWriter& CborWriter::begin_array() {
  begin_item();
  frames_.emplace_back();
  return *this;
}

CborWriter& CborWriter::begin_map() { return begin_array(); }

CborWriter::Frame CborWriter::close() {
  ATOMA_CHECK(frames_.size() > 1 && !after_tag_);
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  return frame;
}

void CborWriter::end_container(std::uint8_t major, ByteView items, std::uint64_t count) {
  append_head(frames_.back().items, major, count);
  append(frames_.back().items, items);
}

CborWriter& CborWriter::end_array() {
  const Frame frame = close();
  end_container(kArray, frame.items, frame.starts.size());
  return *this;
}

CborWriter& CborWriter::end_map() {
  const Frame frame = close();
  ATOMA_CHECK(frame.starts.size() % 2 == 0);
  struct Pair {
    ByteView key, value;
  };
  const ByteView items(frame.items);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < frame.starts.size(); i += 2) {
    const std::size_t key = frame.starts[i];
    const std::size_t value = frame.starts[i + 1];
    const std::size_t end = i + 2 < frame.starts.size() ? frame.starts[i + 2] : items.size();
    pairs.push_back({items.subspan(key, value - key), items.subspan(value, end - value)});
  }
  const auto less = [](ByteView a, ByteView b) {
    return std::ranges::lexicographical_compare(a, b);
  };
  std::ranges::sort(pairs, less, &Pair::key);
  Bytes sorted;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ATOMA_CHECK(i == 0 || less(pairs[i - 1].key, pairs[i].key));
    append(sorted, pairs[i].key);
    append(sorted, pairs[i].value);
  }
  end_container(kMap, sorted, pairs.size());
  return *this;
}

Bytes CborWriter::take() {
  ATOMA_CHECK(frames_.size() == 1 && frames_.front().starts.size() == 1 && !after_tag_);
  return std::move(frames_.front().items);
}

}  // namespace atoma::wire
