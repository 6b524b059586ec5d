// TPM 2.0 quotes (TCG TPM 2.0 Library, Part 2: TPMS_ATTEST §10.12.12, TPMT_SIGNATURE §11.3.4),
// parsed and believed by nobody yet. Views point into the caller's bytes.
#pragma once

#include <vector>

#include "atoma/base/result.h"
#include "atoma/evidence/hash_algorithm.h"

namespace atoma::evidence::tpm {

inline constexpr std::size_t kPcrs = 24;

struct PcrSelection {
  HashAlgorithm bank = HashAlgorithm::kNone;
  std::uint32_t mask = 0;  // bit n: PCR n
};

struct TpmQuote {
  ByteView raw;               // what the AK signs
  ByteView qualified_signer;  // the AK's qualified name
  ByteView nonce;             // extraData
  std::uint64_t clock_ms = 0;
  std::uint32_t reset_count = 0, restart_count = 0;
  bool clock_safe = false;
  std::uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;
  ByteView pcr_digest;
};

// Errors: "tpm.quote.magic" (TPM_GENERATED_VALUE: without it the TPM did not make the bytes
// itself), "tpm.quote.type" (TPM_ST_ATTEST_QUOTE), "tpm.quote.syntax", "tpm.quote.selection" (too
// many banks, one twice, a PCR that there is not).
Result<TpmQuote> parse_tpm_quote(ByteView bytes);

enum class SignatureScheme : std::uint8_t { kNone = 0, kRsassa, kRsapss, kEcdsa };

struct TpmSignature {
  SignatureScheme scheme = SignatureScheme::kNone;
  HashAlgorithm hash = HashAlgorithm::kNone;
  ByteView rsa;   // RSASSA, RSAPSS
  ByteView r, s;  // ECDSA, without a fixed length
};

// A TPMT_SIGNATURE; or the bare bytes of an RSASSA signature over SHA-256, as Azure's guests send
// it: what has the length of an RSA key and is no TPMT_SIGNATURE. Errors: "tpm.signature.syntax",
// "tpm.signature.algorithm" (a scheme or hash that is not believed).
Result<TpmSignature> parse_tpm_signature(ByteView bytes);

}  // namespace atoma::evidence::tpm
