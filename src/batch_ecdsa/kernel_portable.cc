#include "engine.h"
#include "lanes_portable.h"

namespace atoma::batch_ecdsa {
const Kernel kPortableKernel = make_kernel<PortableLanes>();
}  // namespace atoma::batch_ecdsa
