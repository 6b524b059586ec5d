// How a challenge and a key become the 64 bytes of report data that hardware signs: whoever shows
// evidence with them has answered this challenge and holds (or vouches for) this key.
//
//   SHA-384("atoma-report-data/1" ‖ u32 size ‖ nonce ‖ u32 size ‖ key ‖ u32 devices) ‖ 16 zero
//   bytes
//
// Sizes are little-endian. `devices` counts the device reports bound in beside this evidence and is
// 0 until there are any; a verifier that knows none refuses any other number by not matching it.
#pragma once

#include "atoma/base/bytes.h"

namespace atoma::appraisal {

using ReportData = ByteArray<64>;

ReportData bind_report_data(ByteView nonce, ByteView key);

}  // namespace atoma::appraisal
