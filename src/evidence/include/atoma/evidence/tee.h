// Kinds of evidence and how far it has been believed.
#pragma once

#include <cstdint>
#include <string_view>

namespace atoma::evidence {

enum class Tee : std::uint8_t { kUnknown = 0, kTdx, kSgx, kSnp, kNvidia, kNitro, kCca, kVtpm };
// "tdx", "sgx", "snp", "nvidia", "nitro", "cca", "vtpm", "unknown"
std::string_view tee_name(Tee tee);

// Whether signatures, chains and bindings are good at the given time, whatever a policy says.
// kUnknown: nothing failed, but an input is missing.
enum class Authenticity : std::uint8_t { kNo = 0, kUnknown, kYes };

// Whose root the chain ends in. A sample root is a software root that the caller configured: its
// evidence is real in format and worthless as proof.
enum class RootKind : std::uint8_t { kUnknown = 0, kSample, kVendor };

}  // namespace atoma::evidence
