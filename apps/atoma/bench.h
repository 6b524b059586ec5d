// Benchmarks: each figure beside a reference measured in the same run, as a ratio, because
// machines are shared and noisy. Private to `atoma bench`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace atoma::app {

struct Measurement {
  std::string name;
  double value = 0;
  std::string unit;
  double reference = 0;
  double ratio = 0;  // value ÷ reference, the median over interleaved rounds
  double goal = 0;   // of the ratio; 0: none
  std::string note;

  bool met() const { return goal == 0 || ratio >= goal; }
};

// One side of a comparison: does the operation `n` times.
using Loop = std::function<void(std::uint64_t n)>;

// Operations per CPU-second of this thread for `subject` and `reference`, in interleaved rounds so
// that a noisy neighbour hits both alike. `scale` multiplies the reference's rate.
Measurement compare(std::string name, const Loop& subject, const Loop& reference, double scale,
                    double goal, std::string note);

// The same for one loop, in the median of its rounds.
double operations_per_second(const Loop& loop);

std::vector<Measurement> bench_verify(const std::function<void(const std::string&)>& progress);
std::vector<Measurement> bench_kernel(const std::function<void(const std::string&)>& progress);
std::vector<Measurement> bench_service(const std::function<void(const std::string&)>& progress);

}  // namespace atoma::app
