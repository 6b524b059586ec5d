#include "collateral_folder.h"

#include "atoma/base/limits.h"
#include "conformance/files.h"

namespace atoma::app {

Result<evidence::intel::CollateralFiles> read_collateral_folder(const std::string& folder) {
  evidence::intel::CollateralFiles files;
  for (const auto& part : evidence::intel::kCollateralParts) {
    auto bytes = conformance::read_file(folder + "/" + std::string(part.file), limits::kCrlMax);
    if (!bytes && bytes.error().code != Code::kNotFound) return std::unexpected(bytes.error());
    if (bytes) files.*part.bytes = *std::move(bytes);
  }
  return files;
}

}  // namespace atoma::app
