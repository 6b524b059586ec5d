// What a running Atoma counts, for Prometheus to read. One object per server, no global: whoever
// counts is given it.
//
//   telemetry::Metrics metrics;
//   metrics.verifier_verdicts.add({"tdx", "accepted"});
//   metrics.verifier_waiting.read_from([&] { return double(pool.waiting()); });
//   respond(metrics.to_prometheus());      // text exposition format 0.0.4
//
// Counting is safe from any thread and takes no lock. A label's value that is not on its list is
// our mistake and stops the process: what a stranger sends must never become one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atoma::telemetry {

inline constexpr std::string_view kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

struct Label {
  std::string_view name;
  std::span<const std::string_view> values;
};

class Counter {
 public:
  // `labels` are at most two, and outlive this.
  Counter(std::string_view name, std::string_view help, std::initializer_list<Label> labels = {});

  // One value for each label, in their order.
  void add(std::initializer_list<std::string_view> values = {}, std::uint64_t n = 1);
  std::uint64_t value(std::initializer_list<std::string_view> values = {}) const;
  void write(std::string& out) const;

 private:
  std::size_t cell(std::initializer_list<std::string_view> values) const;

  std::string_view name_, help_;
  std::vector<Label> labels_;
  std::vector<std::atomic<std::uint64_t>> cells_;
};

// Read when it is asked for.
class Gauge {
 public:
  Gauge(std::string_view name, std::string_view help) : name_(name), help_(help) {}

  // Before the first write(). `source` is called from any thread.
  void read_from(std::function<double()> source) { source_ = std::move(source); }
  void write(std::string& out) const;  // nothing without a source

 private:
  std::string_view name_, help_;
  std::function<double()> source_;
};

// A gauge for each of some values of one label; read when it is asked for.
class Gauges {
 public:
  using Values = std::vector<std::pair<std::string_view, double>>;

  // `label` outlives this.
  Gauges(std::string_view name, std::string_view help, std::initializer_list<Label> label)
      : name_(name), help_(help), label_(*label.begin()) {}

  // Before the first write(). `source` is called from any thread.
  void read_from(std::function<Values()> source) { source_ = std::move(source); }
  void write(std::string& out) const;  // nothing without a source

 private:
  std::string_view name_, help_;
  Label label_;
  std::function<Values()> source_;
};

class Histogram {
 public:
  // `bounds` ascend and outlive this; above the last is +Inf.
  Histogram(std::string_view name, std::string_view help, std::span<const double> bounds);

  void observe(double value);
  std::uint64_t count() const;
  void write(std::string& out) const;

 private:
  std::string_view name_, help_;
  std::span<const double> bounds_;
  std::vector<std::atomic<std::uint64_t>> cells_;  // not cumulative
  std::atomic<double> sum_{0};
};

inline constexpr std::string_view kTees[] = {"unknown", "tdx", "sgx",  "snp",      "nvidia",
                                             "nitro",   "cca", "vtpm", "composite"};
inline constexpr std::string_view kVerdicts[] = {"accepted", "refused", "unappraisable"};
inline constexpr std::string_view kStatuses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
// The first two parts of the names of what can be fetched.
inline constexpr std::string_view kCollateralKinds[] = {
    "intel/tcb_info",      "intel/qe_identity", "intel/pck_crl", "intel/root_crl", "amd/cert_chain",
    "amd/vlek_cert_chain", "amd/crl",           "amd/vcek",      "nvidia/rim",     "nvidia/ocsp"};
// By place in the policy of witnesses, from 1: as many as it may have.
inline constexpr std::string_view kWitnesses[] = {
    "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32",
    "33", "34", "35", "36", "37", "38", "39", "40", "41", "42", "43", "44", "45", "46", "47", "48",
    "49", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59", "60", "61", "62", "63", "64"};
inline constexpr Label kWitnessLabel{"witness", kWitnesses};
inline constexpr Label kCollateralLabel{"kind", kCollateralKinds};
inline constexpr Label kTeeLabel{"tee", kTees};
inline constexpr Label kVerdictLabel{"verdict", kVerdicts};
inline constexpr Label kStatusLabel{"status", kStatuses};

inline constexpr double kLatencyBuckets[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                             0.025,  0.05,    0.1,    0.25,  1,      5};
inline constexpr double kBatchBuckets[] = {1, 2, 4, 8, 16, 32, 64};

struct Metrics {
  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

#define ATOMA_COUNTER(member, name, help, ...) Counter member{name, help, {__VA_ARGS__}};
#define ATOMA_GAUGE(member, name, help) Gauge member{name, help};
#define ATOMA_GAUGES(member, name, help, ...) Gauges member{name, help, {__VA_ARGS__}};
#define ATOMA_HISTOGRAM(member, name, help, buckets) Histogram member{name, help, buckets};
#include "atoma/telemetry/metrics.def"

  std::string to_prometheus() const;
};

// docs/METRICS.md.
std::string metrics_document();

}  // namespace atoma::telemetry
