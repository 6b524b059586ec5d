// What a fuzz target is: one function over hostile bytes. It must return, whatever the bytes are; a
// broken property stops the process with ATOMA_CHECK.
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/base/check.h"

namespace atoma::fuzz {

void one_input(ByteView in);

}  // namespace atoma::fuzz
