// Wall-clock time as an argument: cores take a Time, services take a Clock, apps own the real one.
#pragma once

#include "atoma/base/time.h"

namespace atoma {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

}  // namespace atoma
