// A composite file that parses holds what its bounds allow, and every part of it.
#include "atoma/appraisal/composite_file.h"

#include "atoma/base/limits.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto file = appraisal::parse_composite_file(as_text(in));
  if (!file) return;
  ATOMA_CHECK(file->tee != evidence::Tee::kUnknown);
  ATOMA_CHECK(file->evidence.size() <= limits::kEvidenceMax);
  ATOMA_CHECK(file->key.size() <= appraisal::kCompositeKeyMax);
  ATOMA_CHECK(!file->gpus.empty() && file->gpus.size() <= appraisal::kCompositeGpusMax);
  for (const auto& gpu : file->gpus) {
    ATOMA_CHECK(gpu.report.size() <= limits::kEvidenceMax && !gpu.cert_chain.empty());
  }
}

}  // namespace atoma::fuzz
