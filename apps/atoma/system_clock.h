// The real clock: services and cores are given one, commands own it.
#pragma once

#include <ctime>

#include "atoma/base/clock.h"

namespace atoma::app {

class SystemClock final : public Clock {
 public:
  Time now() const override { return {std::time(nullptr)}; }
};

}  // namespace atoma::app
