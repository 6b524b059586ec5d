// What the whole service costs beside the library: a server process on one core, the load on
// another, over loopback. Requests carry a quote of a sample platform whose chain is known.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <format>
#include <thread>

#include "atoma/appraisal/appraiser.h"
#include "atoma/base/check.h"
#include "atoma/batch_ecdsa/decider.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/http/client.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "bench.h"
#include "load.h"
#include "server/sample_platform.h"
#include "server/server.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

using appraisal::Appraiser;
using appraisal::Request;
using evidence::Detail;
using evidence::Tee;

constexpr std::size_t kBatch = 64;
constexpr double kLatencyGoal = 0.005;  // the slowest in a hundred, at half of what saturates
constexpr ByteArray<64> kReportData{1, 2, 3};

// The server has core 0 for itself where there are others.
void stay_on(bool first_core) {
  const auto cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int core = 0; core < cores; ++core) {
    if (cores == 1 || (core == 0) == first_core) CPU_SET(core, &set);
  }
  sched_setaffinity(0, sizeof set, &set);
}

struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "atoma-bench-XXXXXX").string();
    ATOMA_CHECK(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

// A process that serves until it is destroyed.
class ServerProcess {
 public:
  explicit ServerProcess(const std::filesystem::path& data) {
    int port_pipe[2], stop_pipe[2];
    ATOMA_CHECK(pipe(port_pipe) == 0 && pipe(stop_pipe) == 0);
    child_ = fork();
    ATOMA_CHECK(child_ >= 0);
    if (child_ == 0) {
      ::close(stop_pipe[1]);
      serve(data, port_pipe[1], stop_pipe[0]);
    }
    ::close(port_pipe[1]);
    ::close(stop_pipe[0]);
    stop_ = stop_pipe[1];
    ATOMA_CHECK(::read(port_pipe[0], &port, sizeof port) == sizeof port);
    ::close(port_pipe[0]);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() {
    ::close(stop_);
    waitpid(child_, nullptr, 0);
  }

  std::uint16_t port = 0;

 private:
  [[noreturn]] static void serve(const std::filesystem::path& data, int port_out, int stop_in) {
    stay_on(true);
    const SystemClock clock;
    crypto::SystemEntropy entropy;
    server::Options options{.data = data, .sample = true};
    options.http.compute_threads = 1;
    options.http.in_flight_max = 1024;
    auto server = server::Server::start(std::move(options), clock, entropy);
    ATOMA_CHECK(server.has_value());
    const std::uint16_t port = http::parse_url((*server)->url())->port;
    ATOMA_CHECK(::write(port_out, &port, sizeof port) == sizeof port);
    char none = 0;
    while (::read(stop_in, &none, 1) > 0) {
    }
    (*server)->stop();
    _exit(0);
  }

  pid_t child_ = -1;
  int stop_ = -1;
};

struct ServiceBench {
  ServiceBench() : platform(make_platform(directory.path, entropy)) {
    auto parsed = appraisal::parse_policy(platform.policy_yaml());
    ATOMA_CHECK(parsed.has_value());
    policy = std::make_shared<const appraisal::Policy>(std::move(*parsed));
    const Time now = clock.now();
    collateral = platform.collateral(Tee::kTdx, {now - Duration{3600}, now + Duration{3600}});
    quote = platform.evidence(Tee::kTdx, kReportData, server::sample_measurement());
  }

  static server::SamplePlatform make_platform(const std::filesystem::path& data, Entropy& entropy) {
    auto made = server::SamplePlatform::create(data / "sample", entropy);
    ATOMA_CHECK(made.has_value());
    return std::move(*made);
  }

  // Appraisals per second of this thread: what the server does, without the service around it.
  double library_rate(std::size_t batch, bool kernel) const {
    Appraiser appraiser(policy, kernel ? std::make_unique<batch_ecdsa::BatchDecider>() : nullptr);
    const Request request{.evidence = quote,
                          .collateral = &*collateral,
                          .at = clock.now(),
                          .expected_report_data = ByteView(kReportData)};
    const std::vector<Request> requests(batch, request);
    return operations_per_second([&](std::uint64_t n) {
             for (std::uint64_t i = 0; i < n; ++i) {
               for (const auto& result : appraiser.appraise_all(requests, Detail::kAll)) {
                 ATOMA_CHECK(result.verdict() == appraisal::Verdict::kAccepted);
               }
             }
           }) *
           static_cast<double>(batch);
  }

  std::string item() const {
    wire::JsonWriter out;
    out.begin_object()
        .member("nonce", wire::base64_encode(ByteView(kReportData).first(32)))
        .member("evidence", wire::base64_encode(quote))
        .member("report_data", wire::base64_encode(kReportData))
        .end_object();
    return out.take();
  }
  std::string one() const { return http_post("/v1/appraise", item()); }
  std::string batch() const {
    wire::JsonWriter out;
    out.begin_object().key("items").begin_array();
    const std::string one = item();
    for (std::size_t i = 0; i < kBatch; ++i) out.raw(one);
    out.end_array().end_object();
    return http_post("/v1/appraise/batch", out.str());
  }
  static std::string http_post(std::string_view path, const std::string& body) {
    return std::format(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        path, body.size(), body);
  }

  TemporaryDirectory directory;
  SystemClock clock;
  crypto::SystemEntropy entropy;
  server::SamplePlatform platform;
  std::shared_ptr<const appraisal::Policy> policy;
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  Bytes quote;
};

Measurement beside(std::string name, double value, double reference, double goal,
                   std::string note) {
  return {.name = std::move(name),
          .value = value,
          .unit = "1/s",
          .reference = reference,
          .ratio = value / reference,
          .goal = goal,
          .note = std::move(note)};
}

void must_be_answered(const LoadResult& result) {
  ATOMA_CHECK(result.failed == 0 && result.answered > 0);
}

}  // namespace

std::vector<Measurement> bench_service(const Progress& progress) {
  progress("making a sample platform (RSA-4096 twice)");
  const ServiceBench bench;
  std::vector<Measurement> out;
  const double single = bench.library_rate(1, false);
  const double batched = bench.library_rate(kBatch, true);
  const ServerProcess server(bench.directory.path);
  stay_on(false);

  progress("single quotes, as many as are answered");
  put_load({.port = server.port, .request = bench.one(), .duration = std::chrono::seconds(1)});
  const auto full = put_load({.port = server.port, .request = bench.one()});
  must_be_answered(full);
  out.push_back(beside("service_single", full.rate(), single, 0.6,
                       "64 connections; reference: the library, one by one, OpenSSL"));
  progress("single quotes, at half of that");
  const auto half =
      put_load({.port = server.port, .request = bench.one(), .rate = full.rate() / 2});
  must_be_answered(half);
  const double p99 = half.quantile(0.99);
  out.push_back({.name = "service_half_load_p99",
                 .value = 1 / p99,
                 .unit = "1/s",
                 .reference = 1 / kLatencyGoal,
                 .ratio = kLatencyGoal / p99,
                 .goal = 1,
                 .note = std::format("{:.2f} ms at {:.0f}/s (median {:.2f} ms); goal 5 ms",
                                     1000 * p99, full.rate() / 2, 1000 * half.quantile(0.5))});
  progress("batches of 64");
  const auto batches = put_load({.port = server.port, .request = bench.batch(), .connections = 4});
  must_be_answered(batches);
  out.push_back(beside("service_batch", kBatch * batches.rate(), batched, 0.8,
                       "64 quotes in a request; reference: the library's batches, kernel"));
  return out;
}

}  // namespace atoma::app
