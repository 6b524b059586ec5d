// A backend that passed its known-answer test, with the tables of the generators. Private.
#pragma once

#include <vector>

#include "atoma/batch_ecdsa/backend.h"
#include "kernel.h"

namespace atoma::batch_ecdsa {

template <typename Curve>
struct CurveBackend {
  using Kernel = CurveKernel<Curve::kLimbs>;
  const Kernel* kernel = nullptr;
  std::vector<std::uint64_t> generator_table;
};

struct LoadedKernel {
  CurveBackend<P256> p256;
  CurveBackend<P384> p384;

  template <typename Curve>
  const CurveBackend<Curve>& of() const;
};

template <>
inline const CurveBackend<P256>& LoadedKernel::of() const {
  return p256;
}
template <>
inline const CurveBackend<P384>& LoadedKernel::of() const {
  return p384;
}

// Null when it is not usable, and for kOpenSsl. Lives as long as the process, is only read.
const LoadedKernel* loaded(Backend backend);

// The known-answer test of one curve: true when each lane answers as it must, with tables and
// without.
template <typename Curve>
bool known_answers_hold(const CurveBackend<Curve>& backend);

}  // namespace atoma::batch_ecdsa
