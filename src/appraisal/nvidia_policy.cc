#include "atoma/appraisal/nvidia_policy.h"

#include <algorithm>

#include "policy_reader.h"

namespace atoma::appraisal {

NvidiaPolicy NvidiaPolicy::strict() {
  return {.no_sample_nonce = Require::strict(),
          .fwid_bound = Require::strict(),
          .driver_rim = Require::strict(),
          .vbios_rim = Require::strict(),
          .rim_signature = Require::strict(),
          .rim_validity = Require::strict(),
          .ocsp = Require::strict(),
          .no_hold = Require::strict(),
          .no_debug = Require::strict(),
          .modes = AnyOf<std::string>::any("the strict default names no mode"),
          .devices = Bound<std::uint64_t>::any("the caller says how many there are")};
}

NvidiaPolicy read_nvidia_policy(PolicyReader& in) {
  NvidiaPolicy out;
  out.no_sample_nonce = in.require("sample_nonce", "forbid");
  out.fwid_bound = in.require("fwid", "require");
  in.object("rims", [&](PolicyReader& rims) {
    out.driver_rim = rims.require("driver", "require");
    out.vbios_rim = rims.require("vbios", "require");
    out.rim_signature = rims.require("signature", "require");
    out.rim_validity = rims.require("validity", "require");
  });
  out.ocsp = in.require("ocsp", "require");
  out.no_hold = in.require("certificate_hold", "forbid");
  out.no_debug = in.require("debug", "forbid");
  out.modes = in.any_of_text("modes");
  for (const auto& mode : out.modes.values) {
    if (!std::ranges::contains(kNvidiaModes, mode)) in.fail("modes", "spt, mpt, ppcie, unstated");
  }
  out.devices = in.bound_u64("devices");
  return out;
}

}  // namespace atoma::appraisal
