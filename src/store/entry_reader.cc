#include "atoma/store/entry_reader.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/store/frame.h"
#include "atoma/wire/reader.h"

namespace atoma::store {

Result<ByteView> EntryReader::take(std::size_t size) {
  const std::uint64_t buffer_end = buffered_at_ + buffer_.size();
  if (position_ < buffered_at_ || position_ + size > buffer_end) {
    Bytes fresh(std::max(size, chunk_));
    ATOMA_TRY(const std::size_t got, file_.read(position_, fresh));
    if (got < size) {
      return fail(Code::kDataLoss, "store.corrupt",
                  std::format("byte {}: {} bytes expected, the file has {}", position_, size, got));
    }
    fresh.resize(got);
    buffer_ = std::move(fresh);
    buffered_at_ = position_;
  }
  const auto at = static_cast<std::size_t>(position_ - buffered_at_);
  position_ += size;
  return ByteView(buffer_).subspan(at, size);
}

Result<std::size_t> EntryReader::take_length(std::size_t size) {
  ATOMA_TRY(const ByteView bytes, take(size));
  return static_cast<std::size_t>(wire::load_be(bytes));
}

Result<std::optional<ByteView>> EntryReader::next_in_frame() {
  const std::uint64_t begin = position_;
  ATOMA_TRY(const std::size_t size, take_length(kEntryLengthSize));
  if (size == 0) {
    position_ = begin;
    return std::nullopt;
  }
  ATOMA_TRY(const ByteView entry, take(size));
  return entry;
}

Result<ByteView> EntryReader::next() {
  ATOMA_TRY(std::optional<ByteView> entry, next_in_frame());
  if (!entry) {
    ATOMA_TRY_VOID(end_frame());
    ATOMA_TRY(const ByteView header, take(kFrameHeaderSize));
    if (const auto good = parse_frame_header(header); !good) {
      return fail(Code::kDataLoss, "store.corrupt",
                  std::format("byte {}: {}", position_, good.error().message));
    }
    ATOMA_TRY(entry, next_in_frame());
  }
  if (entry) return *entry;
  return fail(Code::kDataLoss, "store.corrupt",
              std::format("byte {}: a frame without entries", position_));
}

Result<std::string> EntryReader::end_frame() {
  ATOMA_TRY(const std::size_t zeros, take_length(kEntryLengthSize));
  ATOMA_TRY(const std::size_t size, take_length(kNoteLengthSize));
  if (zeros != 0 || size > limits::kNoteMax) {
    return fail(Code::kDataLoss, "store.corrupt",
                std::format("byte {}: no frame ends here", position_));
  }
  ATOMA_TRY(const ByteView note, take(size));
  std::string out(as_text(note));
  ATOMA_TRY_VOID(take(kFrameCheckSize));
  return out;
}

}  // namespace atoma::store
