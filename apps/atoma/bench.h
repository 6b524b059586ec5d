// Benchmarks: each figure beside a reference measured in the same run, as a ratio, because
// machines are shared and noisy. Private to `atoma bench`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "atoma/base/result.h"

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

// One side of a comparison: does the operation exactly `n` times; the last batch may be smaller.
using Loop = std::function<void(std::uint64_t n)>;

// One side that is timed elsewhere: CPU seconds that n operations took.
using Timed = std::function<double(std::uint64_t n)>;

// Operations per CPU-second of this thread for `subject` and `reference`, in interleaved rounds so
// that a noisy neighbour hits both alike. `scale` multiplies the reference's rate.
Measurement compare(std::string name, const Loop& subject, const Loop& reference, double scale,
                    double goal, std::string note);

// The same where at least the reference is not a loop of this thread.
Measurement compare_timed(std::string name, const Timed& subject, const Timed& reference,
                          double scale, double goal, std::string note);
Timed on_this_thread(Loop loop);

// The same for one side, in the median of its rounds.
double operations_per_second(const Loop& loop);
double operations_per_second_timed(const Timed& side);

using Progress = std::function<void(const std::string&)>;

std::vector<Measurement> bench_verify(const Progress& progress);
std::vector<Measurement> bench_kernel(const Progress& progress);
std::vector<Measurement> bench_service(const Progress& progress);

// `folder` is on the disk to measure, not in memory; the log of `entries` takes 100 bytes for each.
struct LedgerOptions {
  std::string folder = ".";
  std::uint64_t entries = 1'000'000;
  std::uint64_t labels = 100'000;  // of the ledger that is looked up in
};
std::vector<Measurement> bench_ledger(const LedgerOptions& options, const Progress& progress);
// Its last rows: current entries of labels, with their proofs.
void bench_lookup(const std::string& folder, std::uint64_t labels, std::vector<Measurement>& out);
// Endpoints of an etcd to load, and a folder on the disk to measure; both get what is removed again
// in the folder and stays below "atoma-bench/" in etcd.
struct ReplicaBenchOptions {
  std::vector<std::string> etcd;
  std::string folder = ".";
};
Result<std::vector<Measurement>> bench_replica(const ReplicaBenchOptions& options,
                                               const Progress& progress);

// Other verifiers on the same evidence: a folder with quote.bin, collateral/, report.bin, vcek.der
// and ask_ark.pem, and the program bench/peers/peers.go.
struct PeersOptions {
  std::string program, folder, tdx_at, snp_at;
};
Result<std::vector<Measurement>> bench_peers(const PeersOptions& options, const Progress& progress);

}  // namespace atoma::app
