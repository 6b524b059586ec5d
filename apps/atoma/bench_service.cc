// What the whole service costs beside the library: a server process on one core, the load on
// another, over loopback. Requests carry a quote of a sample platform whose chain is known.
#include <sched.h>
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
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "bench.h"
#include "bench_process.h"
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
constexpr ByteArray<32> kNonce{4, 5, 6};

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

void serve_verifier(const std::filesystem::path& data,
                    const ServerProcess::UntilStopped& until_stopped) {
  stay_on(true);
  const SystemClock clock;
  crypto::SystemEntropy entropy;
  server::Options options{.data = data, .sample = true};
  options.http.compute_threads = 1;
  options.http.in_flight_max = 1024;
  auto server = server::Server::start(std::move(options), clock, entropy);
  ATOMA_CHECK(server.has_value());
  until_stopped(http::parse_url((*server)->url())->port);
  (*server)->stop();
}

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

  // Appraisals of this thread, so many at a time: what the server does, without the service around.
  Loop library(std::size_t batch, bool kernel) const {
    auto appraiser = std::make_shared<Appraiser>(
        policy, kernel ? std::make_unique<batch_ecdsa::BatchDecider>() : nullptr);
    const Request request{.evidence = quote,
                          .collateral = &*collateral,
                          .at = clock.now(),
                          .expected_report_data = ByteView(kReportData)};
    return [appraiser, requests = std::vector<Request>(batch, request)](std::uint64_t n) {
      for (std::uint64_t i = 0; i < n; ++i) {
        for (const auto& result : appraiser->appraise_all(requests, Detail::kClaims)) {
          ATOMA_CHECK(result.verdict() == appraisal::Verdict::kAccepted);
        }
      }
    };
  }

  // Requests about the quote: an object, and a batch of them.
  std::string one_in_json() const {
    wire::JsonWriter out;
    out.begin_object().member("nonce", wire::base64_encode(kNonce));
    describe(out);
    return http_post("/v1/appraise", http::kJsonType, out.end_object().take());
  }
  std::string batch_in_json() const {
    wire::JsonWriter out;
    out.begin_object().member("nonce", wire::base64_encode(kNonce)).key("items").begin_array();
    for (std::size_t i = 0; i < kBatch; ++i) {
      describe(out.begin_object());
      out.end_object();
    }
    out.end_array().end_object();
    return http_post("/v1/appraise/batch", http::kJsonType, out.take());
  }
  std::string one_in_cbor() const {
    wire::CborWriter out;
    describe(out.begin_map().key("nonce").bytes(kNonce));
    const Bytes body = out.end_map().take();
    return http_post("/v1/appraise", http::kCborType, as_text(body));
  }
  std::string batch_in_cbor() const {
    wire::CborWriter out;
    out.begin_map().key("nonce").bytes(kNonce).key("items").begin_array();
    for (std::size_t i = 0; i < kBatch; ++i) {
      describe(out.begin_map());
      out.end_map();
    }
    const Bytes body = out.end_array().end_map().take();
    return http_post("/v1/appraise/batch", http::kCborType, as_text(body));
  }
  void describe(wire::JsonWriter& out) const {
    out.member("evidence", wire::base64_encode(quote))
        .member("report_data", wire::base64_encode(kReportData));
  }
  void describe(wire::CborWriter& out) const {
    out.key("evidence").bytes(quote).key("report_data").bytes(kReportData);
  }
  static std::string http_post(std::string_view path, std::string_view type,
                               std::string_view body) {
    return std::format(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
        path, type, body.size(), body);
  }

  ScratchFolder directory;
  SystemClock clock;
  crypto::SystemEntropy entropy;
  server::SamplePlatform platform;
  std::shared_ptr<const appraisal::Policy> policy;
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  Bytes quote;
};

void must_be_answered(const LoadResult& result) {
  ATOMA_CHECK(result.failed == 0 && result.answered > 0);
}

// The server's CPU time for so many requests.
Timed answered(const ServerProcess& server, const std::string& request, int connections) {
  return [&server, request, connections](std::uint64_t n) {
    const double start = server.cpu_seconds();
    must_be_answered(put_load(
        {.port = server.port, .request = request, .connections = connections, .requests = n}));
    return server.cpu_seconds() - start;
  };
}

Measurement bench_latency(const ServerProcess& server, const std::string& request) {
  const double rate = put_load({.port = server.port, .request = request}).rate() / 2;
  const auto half = put_load({.port = server.port, .request = request, .rate = rate});
  must_be_answered(half);
  const double p99 = half.quantile(0.99);
  return {.name = "service_half_load_p99",
          .value = 1 / p99,
          .unit = "1/s",
          .reference = 1 / kLatencyGoal,
          .ratio = kLatencyGoal / p99,
          .goal = 1,
          .note = std::format("{:.2f} ms at {:.0f}/s (median {:.2f} ms); goal 5 ms", 1000 * p99,
                              rate, 1000 * half.quantile(0.5))};
}

}  // namespace

// Rates are requests by CPU second of the server or the library, in interleaved rounds: what else
// the machine does hits both alike.
std::vector<Measurement> bench_service(const Progress& progress) {
  progress("making a sample platform (RSA-4096 twice)");
  const ServiceBench bench;
  std::vector<Measurement> out;
  const ServerProcess server(
      [&](const auto& until_stopped) { serve_verifier(bench.directory.path, until_stopped); });
  stay_on(false);

  const auto single = [&](const char* name, const std::string& request, const char* form) {
    progress(std::format("single quotes in {}, as many as are answered", form));
    out.push_back(compare_timed(
        name, answered(server, request, 64), on_this_thread(bench.library(1, false)), 1, 0.6,
        std::format("{}, 64 connections; reference: the library, one by one, OpenSSL", form)));
  };
  const auto batch = [&](const char* name, const std::string& request, const char* form) {
    progress(std::format("batches of 64 in {}", form));
    auto batches = compare_timed(
        name, answered(server, request, 4), on_this_thread(bench.library(kBatch, true)), 1, 0.8,
        std::format("{}, 64 quotes in a request; reference: the library's batches, kernel", form));
    batches.value *= kBatch;
    batches.reference *= kBatch;
    out.push_back(std::move(batches));
  };
  single("service_single", bench.one_in_json(), "JSON");
  single("service_single_cbor", bench.one_in_cbor(), "CBOR");
  progress("single quotes, at half of that");
  out.push_back(bench_latency(server, bench.one_in_json()));
  batch("service_batch", bench.batch_in_json(), "JSON");
  batch("service_batch_cbor", bench.batch_in_cbor(), "CBOR");
  return out;
}

}  // namespace atoma::app
