// What VPMADD52LUQ and VPMADD52HUQ do, by the text of Intel's manual, in place of the instructions.
#include <immintrin.h>

#include "limbs.h"

namespace atoma::batch_ecdsa {
namespace {

template <int Shift>
[[gnu::noinline]] __m512i multiply_add_52(__m512i sum, __m512i a, __m512i b) {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t words[3][kLanes];
  _mm512_storeu_si512(words[0], sum);
  _mm512_storeu_si512(words[1], a);
  _mm512_storeu_si512(words[2], b);
  for (int i = 0; i < kLanes; ++i) {
    const Wide product = static_cast<Wide>(words[1][i] & kLimbMask) * (words[2][i] & kLimbMask);
    words[0][i] += static_cast<std::uint64_t>(product >> Shift) & kLimbMask;
  }
  return _mm512_loadu_si512(words[0]);
}

}  // namespace
}  // namespace atoma::batch_ecdsa

#define _mm512_madd52lo_epu64 multiply_add_52<0>
#define _mm512_madd52hi_epu64 multiply_add_52<52>
#define __AVX512IFMA__ 1

#include "engine.h"
#include "lanes_avx512.h"
#include "test_make_field_ops.h"

namespace atoma::batch_ecdsa {
const FieldOpsOfCurves kEmulatedIfmaFieldOps = make_field_ops_of_curves<Avx512IfmaLanes>();
const Kernel kEmulatedIfmaKernel = make_kernel<Avx512IfmaLanes>();
}  // namespace atoma::batch_ecdsa
