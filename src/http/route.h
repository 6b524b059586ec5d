// What the router keeps for one add().
#pragma once

#include "atoma/http/router.h"

namespace atoma::http {

struct Route {
  enum class Kind : std::uint8_t { kLiteral, kParam, kRest };
  struct Segment {
    Kind kind;
    std::string text;  // the literal, or the parameter's name
  };

  Method method;
  std::vector<Segment> segments;
  Handler handler;
  RouteOptions options;
};

}  // namespace atoma::http
