// The names of claims that writing and reading share. Private to this module.
#pragma once

#include <array>
#include <string_view>

#include "atoma/cose/ear.h"

namespace atoma::cose {

struct TrustClaim {
  std::string_view name;
  std::int8_t TrustVector::* field;
};

inline constexpr std::array kTrustClaims = {
    TrustClaim{"instance-identity", &TrustVector::instance_identity},
    TrustClaim{"configuration", &TrustVector::configuration},
    TrustClaim{"executables", &TrustVector::executables},
    TrustClaim{"file-system", &TrustVector::file_system},
    TrustClaim{"hardware", &TrustVector::hardware},
    TrustClaim{"runtime-opaque", &TrustVector::runtime_opaque},
    TrustClaim{"storage-opaque", &TrustVector::storage_opaque},
    TrustClaim{"sourced-data", &TrustVector::sourced_data},
};

inline constexpr std::array kStatuses = {EarStatus::kNone, EarStatus::kAffirming,
                                         EarStatus::kWarning, EarStatus::kContraindicated};

inline constexpr std::array kVerdicts = {EarVerdict::kUnappraisable, EarVerdict::kRefused,
                                         EarVerdict::kAccepted};

}  // namespace atoma::cose
