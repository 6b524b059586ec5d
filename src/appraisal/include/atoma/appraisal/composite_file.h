// Evidence of a CPU and its GPUs in one JSON file (docs/EVIDENCE.md, api/composite.schema.json):
// what an attester sends, without a word of it being believed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/evidence/tee.h"

namespace atoma::appraisal {

// 64 GPUs of 16 KiB each with their chains, in base64.
inline constexpr std::size_t kCompositeFileMax = 2 * 1024 * 1024;
inline constexpr std::size_t kCompositeGpusMax = 64;
// X-Wing's public key has 1,216 bytes, an ML-DSA-87 SubjectPublicKeyInfo 2.6 KiB.
inline constexpr std::size_t kCompositeKeyMax = 4096;

struct CompositeFile {
  struct Gpu {
    Bytes report;
    Bytes cert_chain;  // PEM, leaf first
  };
  evidence::Tee tee = evidence::Tee::kUnknown;  // tdx, snp or sgx
  Bytes evidence;
  std::vector<Gpu> gpus;  // in the order of their nonces
  Bytes key;              // of the channel; empty: none
};

// True for what parse_composite_file is to judge: JSON with the member "atoma_composite".
bool looks_like_composite(std::string_view text);
// Nothing unknown, nothing left out. Errors: "composite.too_large", "composite.version",
// "composite.format", those of JsonDocument::parse.
Result<CompositeFile> parse_composite_file(std::string_view json);

}  // namespace atoma::appraisal
