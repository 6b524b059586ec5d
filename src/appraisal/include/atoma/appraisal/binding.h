// How a challenge and a key become the 64 bytes of report data that hardware signs: whoever shows
// evidence with them has answered this challenge and holds (or vouches for) this key.
//
//   SHA-384("atoma-report-data/1" ‖ u32 size ‖ nonce ‖ u32 size ‖ key ‖ u32 devices ‖ digests)
//   ‖ 16 zero bytes
//
// Sizes are little-endian. `devices` counts the device reports bound in beside this evidence, and
// the SHA-256 of each follows, sorted; a verifier that knows none refuses any by not matching them.
#pragma once

#include <span>
#include <string>

#include "atoma/base/bytes.h"
#include "atoma/crypto/digest.h"

namespace atoma::appraisal {

using ReportData = ByteArray<64>;

// `devices` in any order.
ReportData bind_report_data(ByteView nonce, ByteView key,
                            std::span<const crypto::Digest256> devices = {});

// The extraData of a TPM's quote, as every TPM takes them: SHA-256("atoma-tpm-nonce/1" ‖ u32 size ‖
// nonce ‖ u32 size ‖ key).
crypto::Digest256 bind_tpm_nonce(ByteView nonce, ByteView key);

// What the GPU at `index` is asked with: SHA-256("gpu" ‖ challenge ‖ u32 index, little-endian).
crypto::Digest256 gpu_nonce(ByteView challenge, std::size_t index);

// What a guest measures into RTMR 3 as the event "gpu-attestation" before its workload starts:
// SHA-256 of the devices' ids (DeviceResult::id), sorted, each followed by a newline.
crypto::Digest256 gpu_set_digest(std::span<const std::string> ids);

}  // namespace atoma::appraisal
