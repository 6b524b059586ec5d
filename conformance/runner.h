// Runs evidence cases in the format of CASES.md against the appraiser: a folder with a cases.json
// and the files that it names. Cases of TEEs that Atoma does not know yet are reported as such and
// fail.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "atoma/base/result.h"

namespace atoma::conformance {

struct CaseReport {
  std::string name;
  std::string expected;  // "accept, UpToDate" and so on, as the case states it
  std::string actual;
  std::vector<std::string> mismatches;  // empty: answered as expected

  bool right() const { return mismatches.empty(); }
};

struct FolderReport {
  std::string tee;
  std::vector<CaseReport> cases;

  std::size_t wrong() const;
};

// `on_case` hears of each case as it ends; one whose files can't be used is answered wrong. Errors:
// those of read_file and JsonDocument::parse, "conformance.format" (cases.json is not of this
// format), "conformance.tee" (no verifier for it).
Result<FolderReport> run_folder(const std::string& folder,
                                const std::function<void(const CaseReport&)>& on_case);

}  // namespace atoma::conformance
