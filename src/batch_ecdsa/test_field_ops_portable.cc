#include "lanes_portable.h"
#include "test_make_field_ops.h"

namespace atoma::batch_ecdsa {
const FieldOpsOfCurves kPortableFieldOps = make_field_ops_of_curves<PortableLanes>();
}  // namespace atoma::batch_ecdsa
