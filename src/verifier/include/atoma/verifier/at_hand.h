// What a verifier has at hand for requests that bring none: collateral, endorsements, manifests of
// NVIDIA's, OCSP answers, keys of CCA platforms. Parsed once; nothing of it is believed for being
// here but the platform keys, for which whoever put them here vouches.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "atoma/appraisal/reference_values.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/cca/verify.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/nvidia/rim.h"
#include "atoma/pki/ocsp.h"

namespace atoma::verifier {

// Sets of Intel's, AMD's and CCA's: each is tried; few are meant.
inline constexpr std::size_t kSetsMax = 16;
// A fleet runs a few versions of driver and firmware; 80 KiB each in the memory of each thread.
inline constexpr std::size_t kRimsAtHandMax = 64;
inline constexpr std::size_t kOcspAtHandMax = 1024;

// An OCSP answer that parses, found by the serial numbers that it speaks of.
class OcspAnswer {
 public:
  // Errors: those of OcspResponse::parse.
  static Result<std::shared_ptr<const OcspAnswer>> parse(ByteView der);

  ByteView der() const { return response_.der(); }
  bool speaks_of(ByteView serial) const;
  // When all that it says counts.
  ValidityWindow validity() const;

 private:
  explicit OcspAnswer(pki::OcspResponse response) : response_(std::move(response)) {}

  pki::OcspResponse response_;
};

struct AtHand {
  std::vector<std::shared_ptr<const evidence::intel::Collateral>> collateral;
  std::vector<std::shared_ptr<const evidence::amd::Endorsements>> endorsements;
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> rims;
  std::vector<std::shared_ptr<const OcspAnswer>> ocsp;
  std::vector<std::shared_ptr<const evidence::cca::PlatformKeys>> platform_keys;
  // Signed sets, for policies that leave values to who signs them; null: none.
  std::shared_ptr<const std::vector<appraisal::ReferenceSet>> references;

  std::span<const appraisal::ReferenceSet> reference_sets() const;
  // No more than may be at hand of each.
  bool within_bounds() const;
  // Leaves the first so many of each.
  void cut_to_bounds();
  // After one's own; sets of reference values stay one's own where there are any.
  void append(AtHand other);
};

}  // namespace atoma::verifier
