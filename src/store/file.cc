#include "atoma/store/file.h"

#include <format>

namespace atoma::store {

Result<Bytes> read_file(FileSystem& files, const Path& path, std::size_t size_max) {
  ATOMA_TRY(const auto file, files.open(path, OpenMode::kRead));
  ATOMA_TRY(const std::uint64_t size, file->size());
  if (size > size_max) {
    return malformed("store.size", std::format("{}: {} bytes, at most {} expected", path.string(),
                                               size, size_max));
  }
  Bytes out(static_cast<std::size_t>(size));
  ATOMA_TRY(const std::size_t got, file->read(0, out));
  out.resize(got);
  return out;
}

Status replace_file(FileSystem& files, const Path& path, ByteView data) {
  const Path temporary = path.string() + ".new";
  {
    ATOMA_TRY(const auto file, files.open(temporary, OpenMode::kCreate));
    ATOMA_TRY_VOID(file->write(0, data));
    ATOMA_TRY_VOID(file->sync());
  }
  ATOMA_TRY_VOID(files.rename(temporary, path));
  return files.sync_directory(path.parent_path());
}

}  // namespace atoma::store
