// Reads entries in order from any one of them on, through the ends of frames. Nothing is checked
// but lengths: the caller compares leaf hashes, and notes with the tree.
//
//   EntryReader reader(file, position);
//   for (…) { ATOMA_TRY(const ByteView entry, reader.next()); … }
#pragma once

#include <optional>
#include <string>

#include "atoma/store/file.h"

namespace atoma::store {

class EntryReader {
 public:
  // `chunk` is about how much will be read: it saves calls.
  EntryReader(const File& file, std::uint64_t position, std::size_t chunk)
      : file_(file), position_(position), chunk_(chunk) {}

  // Where the next entry's size stands, or the two zeros that end the frame.
  std::uint64_t position() const { return position_; }
  // Valid until the next call. Errors of all calls: "store.corrupt" where the file has no such
  // thing, "store.io".
  Result<ByteView> next();
  // Nothing at the end of a frame.
  Result<std::optional<ByteView>> next_in_frame();
  // At the end of a frame: its note; position() is then that of the next frame, or of the end.
  Result<std::string> end_frame();

 private:
  Result<ByteView> take(std::size_t size);
  Result<std::size_t> take_length(std::size_t size);

  const File& file_;
  std::uint64_t position_;
  std::size_t chunk_;
  Bytes buffer_;
  std::uint64_t buffered_at_ = 0;
};

}  // namespace atoma::store
