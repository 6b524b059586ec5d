#include "atoma/evidence/tee.h"

namespace atoma::evidence {

std::string_view tee_name(Tee tee) {
  switch (tee) {
    case Tee::kUnknown:
      return "unknown";
    case Tee::kTdx:
      return "tdx";
    case Tee::kSgx:
      return "sgx";
    case Tee::kSnp:
      return "snp";
    case Tee::kNvidia:
      return "nvidia";
    case Tee::kNitro:
      return "nitro";
    case Tee::kCca:
      return "cca";
    case Tee::kVtpm:
      return "vtpm";
  }
  return "unknown";
}

}  // namespace atoma::evidence
