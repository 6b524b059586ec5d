#include "atoma/wire/cbor_writer.h"

#include <array>

#include "atoma/base/check.h"

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

struct Head {
  std::array<std::uint8_t, 9> bytes;
  std::size_t size;
};

// RFC 8949 §4.2.1: the shortest form.
Head head_of(std::uint8_t major, std::uint64_t argument) {
  const auto initial = [&](unsigned low) {
    return static_cast<std::uint8_t>(unsigned{major} << 5 | low);
  };
  if (argument < 24) return {{initial(static_cast<unsigned>(argument))}, 1};
  unsigned power = 0;
  while (power < 3 && argument >> (8u << power) != 0) ++power;
  Head head{{initial(24 + power)}, 1 + (std::size_t{1} << power)};
  for (std::size_t i = head.size - 1; i > 0; --i, argument >>= 8) {
    head.bytes[i] = static_cast<std::uint8_t>(argument);
  }
  return head;
}

void append_head(Bytes& out, std::uint8_t major, std::uint64_t argument) {
  const Head head = head_of(major, argument);
  append(out, ByteView(head.bytes).first(head.size));
}

}  // namespace

void CborWriter::begin_item() {
  if (!after_tag_) starts_.push_back(out_.size());
  after_tag_ = false;
}

CborWriter& CborWriter::value(std::uint64_t number) {
  begin_item();
  append_head(out_, kUnsigned, number);
  return *this;
}

CborWriter& CborWriter::value(std::int64_t number) {
  if (number >= 0) return value(static_cast<std::uint64_t>(number));
  begin_item();
  append_head(out_, kNegative, static_cast<std::uint64_t>(-1 - number));
  return *this;
}

CborWriter& CborWriter::value(std::string_view text) {
  begin_item();
  append_head(out_, kText, text.size());
  append(out_, text);
  return *this;
}

CborWriter& CborWriter::value(bool b) {
  begin_item();
  append_head(out_, kSimple, b ? kTrue : kFalse);
  return *this;
}

CborWriter& CborWriter::bytes(ByteView bytes) {
  begin_item();
  append_head(out_, kBytes, bytes.size());
  append(out_, bytes);
  return *this;
}

CborWriter& CborWriter::null() {
  begin_item();
  append_head(out_, kSimple, kNull);
  return *this;
}

CborWriter& CborWriter::tag(std::uint64_t number) {
  begin_item();
  append_head(out_, kTag, number);
  after_tag_ = true;
  return *this;
}

CborWriter& CborWriter::raw(ByteView item) {
  begin_item();
  append(out_, item);
  return *this;
}

CborWriter& CborWriter::begin_array() {
  begin_item();
  open_.push_back({out_.size(), starts_.size()});
  return *this;
}

CborWriter& CborWriter::begin_map() { return begin_array(); }

CborWriter::Open CborWriter::close() {
  ATOMA_CHECK(!open_.empty() && !after_tag_);
  const Open done = open_.back();
  open_.pop_back();
  return done;
}

void CborWriter::insert_head(std::size_t at, std::uint8_t major, std::uint64_t count) {
  const Head head = head_of(major, count);
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(at), head.bytes.begin(),
              head.bytes.begin() + static_cast<std::ptrdiff_t>(head.size));
}

CborWriter& CborWriter::end_array() {
  const Open done = close();
  const std::size_t count = starts_.size() - done.first;
  starts_.resize(done.first);
  insert_head(done.at, kArray, count);
  return *this;
}

// Most callers write their keys in order: then nothing moves.
void CborWriter::sort_pairs(const Open& map) {
  struct Pair {
    ByteView key, whole;
  };
  const ByteView all(out_);
  std::vector<Pair> pairs;
  for (std::size_t i = map.first; i < starts_.size(); i += 2) {
    const std::size_t end = i + 2 < starts_.size() ? starts_[i + 2] : all.size();
    pairs.push_back({all.subspan(starts_[i], starts_[i + 1] - starts_[i]),
                     all.subspan(starts_[i], end - starts_[i])});
  }
  const auto less = [](ByteView a, ByteView b) {
    return std::ranges::lexicographical_compare(a, b);
  };
  const bool sorted = std::ranges::is_sorted(pairs, less, &Pair::key);
  if (!sorted) std::ranges::sort(pairs, less, &Pair::key);
  for (std::size_t i = 1; i < pairs.size(); ++i) ATOMA_CHECK(less(pairs[i - 1].key, pairs[i].key));
  if (sorted) return;
  Bytes in_order;
  in_order.reserve(all.size() - map.at);
  for (const Pair& pair : pairs) append(in_order, pair.whole);
  std::ranges::copy(in_order, out_.begin() + static_cast<std::ptrdiff_t>(map.at));
}

CborWriter& CborWriter::end_map() {
  const Open done = close();
  const std::size_t count = starts_.size() - done.first;
  ATOMA_CHECK(count % 2 == 0);
  sort_pairs(done);
  starts_.resize(done.first);
  insert_head(done.at, kMap, count / 2);
  return *this;
}

Bytes CborWriter::take() {
  ATOMA_CHECK(open_.empty() && starts_.size() == 1 && !after_tag_);
  starts_.clear();
  return std::move(out_);
}

}  // namespace atoma::wire
