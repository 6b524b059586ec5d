// The TCG DICE extension of a device's attestation certificate: which firmware the key is for.
#pragma once

#include "atoma/base/result.h"
#include "atoma/pki/certificate.h"

namespace atoma::evidence::nvidia {

// Bits of DiceTcbInfo.flags (TCG DICE Attestation Architecture 1.1 §6.1.1).
struct OperationalFlags {
  bool not_secure = false;
  bool recovery = false;
  bool debug = false;
};

// Views point into the certificate.
struct DiceExtension {
  ByteView fwid;                          // SHA-384 of the firmware
  ByteView device_point;                  // CompositeDeviceID: x ‖ y of the device's own key
  std::optional<OperationalFlags> flags;  // DiceTcbInfo: where it states them
};

// Hopper and LS10 have 2.23.133.5.4.1 with the older CompositeDeviceID, Blackwell has
// 2.23.133.5.4.1.1 with DiceTcbInfo, whose last bytes are no FWID. Errors: "dice.missing"
// (neither), "dice.extension" (both, malformed, or a digest other than SHA-384).
Result<DiceExtension> parse_dice_extension(const pki::Certificate& leaf);

}  // namespace atoma::evidence::nvidia
