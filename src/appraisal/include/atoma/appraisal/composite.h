// One verdict over a CPU's evidence, its GPUs', a channel's key and a challenge:
//
//   report data   = bind_report_data(challenge, key, digests of the GPUs' reports)
//   GPU i's nonce = gpu_nonce(challenge, i)
//
// No device can be dropped, added, swapped or shown twice, and nothing answers another challenge.
//
//   const auto result = appraise_composite(appraiser, {.cpu = {…}, .gpus = {…}, .key = key,
//                                                      .challenge = nonce});
#pragma once

#include <string>

#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/composite_file.h"

namespace atoma::appraisal {

// Everything must outlive the result.
struct CompositeRequest {
  Request cpu;          // its expected report data are computed here
  NvidiaEvidence gpus;  // the devices' expected nonces are computed here
  ByteView key;
  std::optional<ByteView> challenge;
};

struct CompositeResult {
  Verdict verdict = Verdict::kRefused;
  AttestationResult cpu, gpus;
  evidence::Findings findings;          // of the binding; each part has its own
  std::string_view gpu_binding;         // one of kGpuBindings; "" when nothing binds them
  crypto::Digest256 key_digest{};       // SHA-256 of the key; zeros without one
  crypto::Digest256 evidence_digest{};  // of the CPU's digest and the devices', sorted
};

CompositeResult appraise_composite(Appraiser& appraiser, const CompositeRequest& request,
                                   evidence::Detail detail = evidence::Detail::kAll);

// {verdict, gpu_binding, key_sha256, findings, cpu, gpus}; docs/VERIFY.md.
std::string to_json(const CompositeResult& result);

}  // namespace atoma::appraisal
