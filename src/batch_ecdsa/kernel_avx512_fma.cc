#include "engine.h"
#include "lanes_avx512.h"

namespace atoma::batch_ecdsa {
const Kernel kAvx512FmaKernel = make_kernel<Avx512FmaLanes>();
}  // namespace atoma::batch_ecdsa
