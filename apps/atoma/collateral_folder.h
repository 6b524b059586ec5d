// Intel's collateral as files of a folder, under the names by which they are usually saved.
#pragma once

#include <string>

#include "atoma/base/result.h"
#include "atoma/evidence/intel/collateral.h"

namespace atoma::app {

// Files that are not there stay empty. Errors: "file.unreadable", "file.too_large".
Result<evidence::intel::CollateralFiles> read_collateral_folder(const std::string& folder);

}  // namespace atoma::app
