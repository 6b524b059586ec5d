// The attestation result as an EAR: what a relying party can read without knowing Atoma (AR4SI
// trust vector and status), and every finding beside it.
#pragma once

#include <string>

#include "atoma/appraisal/composite.h"
#include "atoma/appraisal/result.h"
#include "atoma/cose/ear_batch.h"

namespace atoma::appraisal {

// What the result does not know.
struct EarContext {
  std::string issuer;
  std::string id;          // jti, unique
  std::string nonce;       // eat_nonce, 8 to 88 characters
  std::string key_sha256;  // of the attested public key, lower-case hex; "" when none is bound
  std::string build;       // of the verifier
  Time issued_at;
  Duration lifetime{300};
};

// The names of the submodules.
inline constexpr std::string_view kEarSubmod = "cpu";
inline constexpr std::string_view kEarGpuSubmod = "gpus";
inline constexpr std::string_view kEarDeveloper = "Atoma";
// Texts of findings are cut at this size, so that no evidence makes a token too large.
inline constexpr std::size_t kEarTextMax = 256;

// The vector: hardware by authenticity, TCB and advisories; executables by measurements;
// configuration by what bits and rules say; instance_identity by report data. A refused result is
// contraindicated whatever the vector says; evidence of a sample root never affirms.
cose::Ear make_ear(const AttestationResult& result, const EarContext& context);
// One token of two submodules, "cpu" and "gpus". Its TEE is like "tdx+nvidia", its measurements are
// the CPU's and "gpu0.id" …; findings about GPUs are there when they do not pass. The key's digest
// is the result's, whatever the context says.
cose::Ear make_ear(const CompositeResult& result, const EarContext& context);

// One of many results in one token; its `place` is the caller's to set. Without `claims` it says
// nothing that the evidence's digest stands for: no measurements, no report data.
cose::EarItem make_ear_item(const AttestationResult& result, bool claims);
// The worst of both submodules, claim by claim.
cose::EarItem make_ear_item(const CompositeResult& result, bool claims);

}  // namespace atoma::appraisal
