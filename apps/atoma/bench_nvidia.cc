// One GPU of a sample vendor as it comes from a real host: report, chain, driver and firmware
// manifests, OCSP answers about every authority. All signatures are P-384.
#include <format>

#include "atoma/base/check.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/sample_tee/nvidia_rim.h"
#include "atoma/sample_tee/nvidia_vendor.h"
#include "bench_appraise.h"

namespace atoma::app {
namespace {

using appraisal::Appraiser;
using appraisal::Policy;
using appraisal::Request;
using evidence::Detail;

// Chain 4 and report 1; for each of two manifests its signature and 2 of its signer's chain; 5
// OCSP answers.
constexpr double kSignatures = 16;

std::vector<std::size_t> places(std::size_t first, std::size_t end) {
  std::vector<std::size_t> out;
  for (std::size_t i = first; i < end; ++i) out.push_back(i);
  return out;
}

struct NvidiaBench {
  explicit NvidiaBench(Entropy& entropy)
      : vendor(sample_tee::NvidiaKeys::generate(entropy), kBenchWindow),
        rim_vendor(sample_tee::NvidiaRimKeys::generate(entropy), kBenchWindow),
        device(vendor.make_device({}, entropy)),
        chain(device.pem()),
        policy(bench_policy({vendor.root_digest(), rim_vendor.root_digest()})) {
    const auto content = device.content();
    nonce = to_bytes(content.nonce);
    report = device.report(content);
    const std::size_t half = content.measurements.size() / 2;
    add_rim(content, "550.90.07", places(0, half));
    add_rim(content, "96.00.5E.00.01", places(half, content.measurements.size()));
    ocsp = vendor.answers(device, pki::OcspStatus::kGood, kBenchWindow);
    for (auto& answer : rim_vendor.answers(pki::OcspStatus::kGood, kBenchWindow)) {
      ocsp.push_back(std::move(answer));
    }
    evidence = {.devices = {{report, chain}},
                .rims = {rims.begin(), rims.end()},
                .ocsp = {ocsp.begin(), ocsp.end()},
                .expected_devices = 1};
  }
  NvidiaBench(const NvidiaBench&) = delete;
  NvidiaBench& operator=(const NvidiaBench&) = delete;

  void add_rim(const sample_tee::NvidiaReportTemplate& content, std::string version,
               const std::vector<std::size_t>& indices) {
    rims.push_back(rim_vendor.make_rim(
        sample_tee::matching_rim(content, std::move(version), "GH100", indices)));
  }

  Request request() const {
    return {.evidence = {},
            .tee = evidence::Tee::kNvidia,
            .nvidia = &evidence,
            .at = kBenchNow,
            .expected_report_data = ByteView(nonce)};
  }

  std::string bytes() const {
    std::size_t manifests = 0, answers = 0;
    for (const auto& rim : rims) manifests += rim.size();
    for (const auto& answer : ocsp) answers += answer.size();
    return std::format("report {} B, chain {} B, 2 RIMs {} B, 5 OCSP {} B", report.size(),
                       chain.size(), manifests, answers);
  }

  sample_tee::NvidiaVendor vendor;
  sample_tee::NvidiaRimVendor rim_vendor;
  sample_tee::NvidiaDevice device;
  Bytes report, chain, nonce;
  std::vector<Bytes> rims, ocsp;
  appraisal::NvidiaEvidence evidence;
  std::shared_ptr<const Policy> policy;
};

}  // namespace

std::vector<Measurement> bench_nvidia(crypto::ReferenceVerifier& p384) {
  crypto::SystemEntropy entropy;
  const NvidiaBench gpu(entropy);
  const Request request = gpu.request();
  std::vector<Measurement> out;
  Appraiser warm(gpu.policy);
  out.push_back(compare("nvidia_warm", appraise_loop(warm, request), reference_loop(p384), 1, 0,
                        "P-384; chain, RIMs and OCSP known; " + gpu.bytes()));
  KernelAppraiser tabled(gpu.policy), untabled(gpu.policy, {.tables_max = 0});
  out.push_back(compare_kernel("nvidia_warm_batch", tabled, batch_loop(tabled.appraiser, request),
                               reference_loop(p384), 1, 3,
                               "64 in a batch, all known, the key has a table"));
  out.push_back(compare_kernel("nvidia_warm_batch_new_keys", untabled,
                               batch_loop(untabled.appraiser, request), reference_loop(p384), 1, 3,
                               "the same without key tables"));
  Appraiser cold(gpu.policy);
  const Loop from_nothing = [&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      cold.forget();
      must_accept(cold.appraise(request, Detail::kFailures));
    }
  };
  out.push_back(compare("nvidia_cold", from_nothing, reference_loop(p384), 1 / kSignatures, 0,
                        "P-384 / 16; nothing known, RIMs and OCSP parsed each time"));
  return out;
}

}  // namespace atoma::app
