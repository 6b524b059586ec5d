#include "atoma/batch_ecdsa/backend.h"

#include <algorithm>
#include <memory>

#include "loaded_kernel.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename Curve>
CurveBackend<Curve> with_generator(const CurveKernel<Curve::kLimbs>& kernel) {
  std::uint64_t xy[2 * Curve::kLimbs];
  std::ranges::copy(Curve::kGx.v, xy);
  std::ranges::copy(Curve::kGy.v, xy + Curve::kLimbs);
  CurveBackend<Curve> out{.kernel = &kernel, .generator_table = {}};
  out.generator_table.resize(table_words<Curve>(kGeneratorWindow));
  std::vector<std::uint64_t> scratch(table_scratch_words<Curve>(kGeneratorWindow));
  kernel.make_table(xy, kGeneratorWindow, out.generator_table.data(), scratch.data());
  return out;
}

// Null when the CPU has not what it needs, or when it gives a wrong answer.
const LoadedKernel* load(Backend backend, const Kernel& kernel) {
  if (!cpu_has(backend)) return nullptr;
  auto out = std::make_unique<LoadedKernel>(with_generator<P256>(kernel.p256),
                                            with_generator<P384>(kernel.p384));
  return known_answers_hold(out->p256) && known_answers_hold(out->p384) ? out.release() : nullptr;
}

}  // namespace

std::string_view name(Backend backend) {
  switch (backend) {
    case Backend::kOpenSsl:
      return "OpenSSL";
    case Backend::kPortable:
      return "portable";
    case Backend::kAvx512Fma:
      return "AVX-512 FMA";
    case Backend::kAvx512Ifma:
      return "AVX-512 IFMA";
  }
  return "unknown";
}

// The built-ins ask CPUID, and XGETBV whether the system saves the registers.
bool cpu_has(Backend backend) {
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
  if (backend == Backend::kAvx512Fma) return avx512;
  if (backend == Backend::kAvx512Ifma) return avx512 && __builtin_cpu_supports("avx512ifma");
#endif
  return backend == Backend::kOpenSsl || backend == Backend::kPortable;
}

const LoadedKernel* loaded(Backend backend) {
  switch (backend) {
    case Backend::kOpenSsl:
      return nullptr;
    case Backend::kPortable: {
      static const LoadedKernel* const kernel = load(backend, kPortableKernel);
      return kernel;
    }
#if defined(__x86_64__)
    case Backend::kAvx512Fma: {
      static const LoadedKernel* const kernel = load(backend, kAvx512FmaKernel);
      return kernel;
    }
    case Backend::kAvx512Ifma: {
      static const LoadedKernel* const kernel = load(backend, kAvx512IfmaKernel);
      return kernel;
    }
#endif
    default:
      return nullptr;
  }
}

bool usable(Backend backend) { return backend == Backend::kOpenSsl || loaded(backend) != nullptr; }

Backend best_backend() {
  if (usable(Backend::kAvx512Ifma)) return Backend::kAvx512Ifma;
  if (usable(Backend::kAvx512Fma)) return Backend::kAvx512Fma;
  return Backend::kOpenSsl;
}

}  // namespace atoma::batch_ecdsa
