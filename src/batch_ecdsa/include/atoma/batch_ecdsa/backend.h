// Which code verifies: chosen when the program runs, by what the CPU and the system support and by
// a known-answer test that a backend must pass before it is ever used.
#pragma once

#include <cstdint>
#include <string_view>

namespace atoma::batch_ecdsa {

enum class Backend : std::uint8_t {
  kOpenSsl,     // one by one, everywhere
  kPortable,    // the kernel without vector instructions: slower than OpenSSL, for tests
  kAvx512Fma,   // AVX-512 F and DQ: limbs multiplied by double precision FMA
  kAvx512Ifma,  // AVX-512 IFMA: limbs multiplied as integers
};

std::string_view name(Backend backend);

// Whether CPU and system have what it needs. Says nothing about the known-answer test.
bool cpu_has(Backend backend);

// Whether it may be used: the CPU has it and its known-answer test passed. The first call for a
// backend makes its tables (some milliseconds); any thread may make it.
bool usable(Backend backend);

// The fastest usable one; never kPortable.
Backend best_backend();

}  // namespace atoma::batch_ecdsa
