#include "files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace atoma::conformance {

Result<Bytes> read_file(const std::string& path, std::size_t size_max) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  const auto unreadable = [&] {
    return fail(Code::kNotFound, "file.unreadable", path + ": " + std::strerror(errno));
  };
  if (file == nullptr) return unreadable();
  Bytes bytes(size_max + 1);
  const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()) != 0) return unreadable();
  if (size > size_max) {
    return malformed("file.too_large",
                     path + ": more than the " + std::to_string(size_max) + " bytes that are read");
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace atoma::conformance
