#include "lanes_avx512.h"
#include "test_make_field_ops.h"

namespace atoma::batch_ecdsa {
const FieldOpsOfCurves kAvx512FmaFieldOps = make_field_ops_of_curves<Avx512FmaLanes>();
}  // namespace atoma::batch_ecdsa
