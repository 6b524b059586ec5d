// Load on a server from outside: connections that are kept, and latencies counted from when a
// request was due, so that a server that stalls can't hide it (open loop).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace atoma::app {

struct Load {
  std::uint16_t port = 0;
  std::string request;  // head and body, as they go on the wire
  int connections = 64;
  double rate = 0;             // requests a second; 0: as many as are answered
  std::uint64_t requests = 0;  // ends after so many; 0: after the duration
  std::chrono::seconds duration{3};
};

struct LoadResult {
  std::uint64_t answered = 0;  // with 200
  std::uint64_t failed = 0;
  double seconds = 0;
  std::vector<double> latencies;  // of those answered, in seconds, ascending

  double rate() const { return static_cast<double>(answered) / seconds; }
  double quantile(double q) const;
};

LoadResult put_load(const Load& load);

}  // namespace atoma::app
