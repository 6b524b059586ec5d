#include "engine.h"
#include "lanes_avx512.h"

namespace atoma::batch_ecdsa {
const Kernel kAvx512IfmaKernel = make_kernel<Avx512IfmaLanes>();
}  // namespace atoma::batch_ecdsa
