// The field's operations of one kind of lanes as functions on plain memory, so that a test compiled
// for every CPU can call what is compiled for one. Each file test_field_ops_*.cc is such a kind.
#pragma once

#include "kernel.h"

namespace atoma::batch_ecdsa {

template <int N>
struct FieldOps {
  using Numbers = std::uint64_t[N][kLanes];
  void (*mul)(const Numbers& a, const Numbers& b, Numbers& out);
  void (*sqr)(const Numbers& a, Numbers& out);
  void (*mul_sub)(const Numbers& a, const Numbers& b, const Numbers& c, const Numbers& d,
                  Numbers& out);
  void (*mul_sub_8_sqr)(const Numbers& a, const Numbers& b, const Numbers& c, Numbers& out);
  void (*eight_a_minus_32_b)(const Numbers& a, const Numbers& b, Numbers& out);
  void (*canonical)(const Numbers& a, Numbers& out);
};

struct FieldOpsOfCurves {
  FieldOps<P256::kLimbs> p256;
  FieldOps<P384::kLimbs> p384;
};

extern const FieldOpsOfCurves kPortableFieldOps;
#if defined(__x86_64__)
extern const FieldOpsOfCurves kAvx512FmaFieldOps;
// The IFMA lanes with their two instructions written out, for CPUs that have AVX-512 without them.
extern const FieldOpsOfCurves kEmulatedIfmaFieldOps;
extern const Kernel kEmulatedIfmaKernel;
#endif

}  // namespace atoma::batch_ecdsa
