// Whole files, bounded. For programs and test tools; modules below never touch a disk.
#pragma once

#include <string>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::conformance {

// Errors: "file.unreadable", "file.too_large".
Result<Bytes> read_file(const std::string& path, std::size_t size_max);

}  // namespace atoma::conformance
