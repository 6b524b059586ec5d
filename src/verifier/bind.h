// How each kind of evidence answers a challenge of the verifier's and names a channel's key, so
// that a secret may be wrapped for that key:
//
//   CPU         report data, CCA's realm challenge, Nitro's user data or nonce: bind_report_data
//   TPM         the quote's extraData: bind_tpm_nonce
//   composite   the challenge over CPU and GPUs; its own "key" is the request's
//
// GPUs alone bind no key: a GPU signs any nonce for whoever drives it, confidential guest or not.
#pragma once

#include "appraisal.h"
#include "challenges.h"

namespace atoma::verifier {

// Sets what `appraisal` must hold. Changes nothing else, and uses up no nonce.
// Errors: "attest.gpus_alone"; "attest.key" (a composite of another key); "attest.platform_keys": a
// request can't vouch for its own CCA platform where the policy names no key.
Status bind_subject(Appraisal& appraisal, const Nonce& nonce, ByteView key,
                    const appraisal::Policy& policy);

}  // namespace atoma::verifier
