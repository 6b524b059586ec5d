#include "atoma/verifier/at_hand.h"

#include <algorithm>
#include <iterator>

namespace atoma::verifier {

Result<std::shared_ptr<const OcspAnswer>> OcspAnswer::parse(ByteView der) {
  ATOMA_TRY(auto response, pki::OcspResponse::parse(der));
  return std::shared_ptr<const OcspAnswer>(new OcspAnswer(std::move(response)));
}

bool OcspAnswer::speaks_of(ByteView serial) const {
  return std::ranges::any_of(response_.answers(), [&](const pki::OcspSingle& single) {
    return equal(single.serial, serial);
  });
}

ValidityWindow OcspAnswer::validity() const {
  if (response_.answers().empty()) return {};
  ValidityWindow out = response_.answers().front().validity;
  for (const auto& single : response_.answers()) out = out.intersect(single.validity);
  return out;
}

std::span<const appraisal::ReferenceSet> AtHand::reference_sets() const {
  if (references == nullptr) return {};
  return *references;
}

bool AtHand::within_bounds() const {
  return collateral.size() <= kSetsMax && endorsements.size() <= kSetsMax &&
         platform_keys.size() <= kSetsMax && rims.size() <= kRimsAtHandMax &&
         ocsp.size() <= kOcspAtHandMax;
}

void AtHand::cut_to_bounds() {
  const auto cut = [](auto& list, std::size_t most) {
    if (list.size() > most) list.resize(most);
  };
  cut(collateral, kSetsMax);
  cut(endorsements, kSetsMax);
  cut(platform_keys, kSetsMax);
  cut(rims, kRimsAtHandMax);
  cut(ocsp, kOcspAtHandMax);
}

void AtHand::append(AtHand other) {
  std::ranges::move(other.collateral, std::back_inserter(collateral));
  std::ranges::move(other.endorsements, std::back_inserter(endorsements));
  std::ranges::move(other.platform_keys, std::back_inserter(platform_keys));
  std::ranges::move(other.rims, std::back_inserter(rims));
  std::ranges::move(other.ocsp, std::back_inserter(ocsp));
  if (references == nullptr) references = std::move(other.references);
}

}  // namespace atoma::verifier
