// What verification costs per core: whole appraisals (parse, verify, policy, report data) of
// evidence made by sample platforms, in the vendors' formats and with their algorithms.
#include <cstdlib>
#include <ctime>
#include <format>

#include "atoma/base/check.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/sample_tee/amd_report.h"
#include "atoma/sample_tee/amd_vendor.h"
#include "atoma/sample_tee/intel_platform.h"
#include "bench_appraise.h"

namespace atoma::app {
namespace {

using appraisal::Appraiser;
using appraisal::Policy;
using appraisal::Request;
using appraisal::Verdict;
using crypto::ReferenceVerifier;
using evidence::Detail;
using evidence::Tee;

// Twice as many keys as are counted: none of a platform is seen often enough for a table.
constexpr std::size_t kPlatforms = 64;
constexpr std::size_t kKeysCounted = 64;

struct IntelBench {
  IntelBench(Tee tee, Entropy& entropy)
      : platform(sample_tee::IntelPlatform::create(entropy)),
        quote(quote_of(platform, tee)),
        files(platform.collateral_files(tee, kBenchWindow)),
        policy(bench_policy({platform.root_digest()})) {}

  static Bytes quote_of(const sample_tee::IntelPlatform& from, Tee tee) {
    return tee == Tee::kTdx ? from.quote_td({}) : from.quote_enclave({});
  }

  // Other platforms of the same vendor: their own PCK and attestation keys, the same authorities.
  void add_platforms(Tee tee, std::size_t count, Entropy& entropy) {
    const auto copy = [](const crypto::EcPrivateKey& key) {
      auto made = crypto::EcPrivateKey::from_scalar(key.curve(), key.scalar().expose("a copy"));
      ATOMA_CHECK(made.has_value());
      return *std::move(made);
    };
    const auto& shared = platform.keys();
    for (std::size_t i = 0; i < count; ++i) {
      auto fresh = sample_tee::IntelKeys::generate(entropy);
      const sample_tee::IntelPlatform other({.root = copy(shared.root),
                                             .pck_ca = copy(shared.pck_ca),
                                             .pck = std::move(fresh.pck),
                                             .tcb_signer = copy(shared.tcb_signer),
                                             .attestation = std::move(fresh.attestation)},
                                            platform.pck_info());
      quotes.push_back(quote_of(other, tee));
    }
  }

  static std::shared_ptr<const evidence::intel::Collateral> parse(
      const evidence::intel::CollateralFiles& files) {
    auto parsed = evidence::intel::Collateral::parse(files);
    ATOMA_CHECK(parsed.has_value());
    return *parsed;
  }

  // Nothing known but the pinned root: collateral parsed, every chain, list and signature verified.
  void cold(std::uint64_t n) const {
    Appraiser appraiser(policy);
    for (std::uint64_t i = 0; i < n; ++i) {
      appraiser.forget();
      const auto collateral = parse(files);
      must_accept(appraiser.appraise(
          {.evidence = quote, .collateral = &*collateral, .at = kBenchNow}, Detail::kFailures));
    }
  }

  // The same for n quotes of platforms in turn, eight at a time: their 72 signatures are decided
  // together.
  void cold_batch(Appraiser& appraiser, std::uint64_t n) {
    for (std::uint64_t done = 0; done < n; done += kBenchLanes) {
      appraiser.forget();
      std::vector<std::shared_ptr<const evidence::intel::Collateral>> sets;
      std::vector<Request> requests;
      for (std::size_t i = 0; i < std::min<std::size_t>(kBenchLanes, n - done); ++i) {
        sets.push_back(parse(files));
        const Bytes& next = quotes[turn++ % quotes.size()];
        requests.push_back({.evidence = next, .collateral = sets.back().get(), .at = kBenchNow});
      }
      must_accept(appraiser.appraise_all(requests, Detail::kFailures));
    }
  }

  std::string bytes() const {
    std::size_t all = 0;
    for (const auto& part : evidence::intel::kCollateralParts) all += (files.*part.bytes).size();
    return std::format("quote {} B, collateral {} B", quote.size(), all);
  }

  sample_tee::IntelPlatform platform;
  Bytes quote;
  std::vector<Bytes> quotes;  // of the other platforms
  std::size_t turn = 0;
  evidence::intel::CollateralFiles files;
  std::shared_ptr<const Policy> policy;
};

struct SnpBench {
  SnpBench()
      : vendor(evidence::amd::Product::kMilan, sample_tee::AmdAuthorityKeys::generate(),
               kBenchWindow),
        vcek(make_key()) {
    Bytes chip(64, 0xC1);
    sample_tee::AmdReportTemplate content;
    std::ranges::copy(chip, content.chip_id.begin());
    report = sample_tee::make_amd_report(content, vcek);
    leaf = vendor.issue_key({.hw_id = chip, .csp_id = "", .tcb = content.reported_tcb}, vcek);
    crl = vendor.issue_crl({}, kBenchWindow);
    policy = bench_policy({vendor.root_digest()});
  }

  static crypto::EcPrivateKey make_key() {
    crypto::SystemEntropy entropy;
    return crypto::EcPrivateKey::generate(crypto::Curve::kP384, entropy);
  }

  evidence::amd::Endorsements parse() const {
    const ByteView files[] = {leaf, vendor.ask(), vendor.ark(), crl};
    auto parsed = evidence::amd::Endorsements::parse(files);
    ATOMA_CHECK(parsed.has_value());
    return std::move(*parsed);
  }

  void cold(std::uint64_t n) const {
    for (std::uint64_t i = 0; i < n; ++i) {
      Appraiser appraiser(policy);
      const auto endorsements = parse();
      must_accept(appraiser.appraise(
          {.evidence = report, .endorsements = &endorsements, .at = kBenchNow}, Detail::kFailures));
    }
  }

  std::string bytes() const {
    return std::format("report {} B, certificates and list {} B", report.size(),
                       leaf.size() + vendor.ask().size() + vendor.ark().size() + crl.size());
  }

  sample_tee::AmdVendor vendor;
  crypto::EcPrivateKey vcek;
  Bytes report, leaf, crl;
  std::shared_ptr<const Policy> policy;
};

// RSA, RSA and P-384 one after the other: the signatures of a cold SNP report.
Loop snp_cold_reference(ReferenceVerifier& rsa, ReferenceVerifier& p384) {
  return [&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      rsa.verify_once();
      rsa.verify_once();
      p384.verify_once();
    }
  };
}

void bench_intel(Tee tee, ReferenceVerifier& p256, Entropy& entropy,
                 std::vector<Measurement>& out) {
  IntelBench intel(tee, entropy);
  intel.add_platforms(tee, kPlatforms, entropy);
  const std::string name(evidence::tee_name(tee));
  const auto collateral = IntelBench::parse(intel.files);
  const Request quote{.evidence = intel.quote, .collateral = &*collateral, .at = kBenchNow};
  const Loop reference = reference_loop(p256);
  Appraiser warm(intel.policy);
  out.push_back(compare(name + "_warm", appraise_loop(warm, quote), reference, 1, 1.0,
                        "P-256; collateral, chain and key known; " + intel.bytes()));
  out.push_back(compare(
      name + "_cold", [&](std::uint64_t n) { intel.cold(n); }, reference, 1.0 / 9, 0.9,
      "P-256 / 9; nothing known, collateral parsed each time"));
  KernelAppraiser tabled(intel.policy), untabled(intel.policy, {.tables_max = 0});
  out.push_back(compare_kernel(name + "_warm_batch", tabled, batch_loop(tabled.appraiser, quote),
                               reference, 1, 3.5,
                               "64 in a batch, all known, one platform: its key has a table"));
  out.push_back(compare_kernel(name + "_warm_batch_new_keys", untabled,
                               batch_loop(untabled.appraiser, quote), reference, 1, 0,
                               "the same without key tables"));
  // A running service has tables of the vendor's keys: root, PCK CA and TCB signer.
  KernelAppraiser cold(intel.policy, {.keys_max = kKeysCounted});
  out.push_back(compare_kernel(
      name + "_cold_batch", cold, [&](std::uint64_t n) { intel.cold_batch(cold.appraiser, n); },
      reference, 1.0 / 9, 3,
      "8 platforms in a batch, each with its collateral, no fact known; tables of the vendor's 3 "
      "keys, none of a platform's"));
  out.push_back(compare_kernel(
      name + "_cold_batch_new_keys", untabled,
      [&](std::uint64_t n) { intel.cold_batch(untabled.appraiser, n); }, reference, 1.0 / 9, 0,
      "the same without key tables"));
}

void bench_snp(ReferenceVerifier& p384, ReferenceVerifier& rsa, std::vector<Measurement>& out) {
  const SnpBench snp;
  const auto endorsements = snp.parse();
  const Request report{.evidence = snp.report, .endorsements = &endorsements, .at = kBenchNow};
  const Loop reference = reference_loop(p384);
  Appraiser warm(snp.policy);
  out.push_back(compare("snp_warm", appraise_loop(warm, report), reference, 1, 1.0,
                        "P-384; chain and list known; " + snp.bytes()));
  KernelAppraiser tabled(snp.policy), untabled(snp.policy, {.tables_max = 0});
  out.push_back(compare_kernel("snp_warm_batch", tabled, batch_loop(tabled.appraiser, report),
                               reference, 1, 5,
                               "64 in a batch, all known, one chip: its VCEK has a table"));
  out.push_back(compare_kernel("snp_warm_batch_new_keys", untabled,
                               batch_loop(untabled.appraiser, report), reference, 1, 5,
                               "the same without key tables"));
  out.push_back(compare(
      "snp_cold", [&](std::uint64_t n) { snp.cold(n); }, snp_cold_reference(rsa, p384), 1, 0,
      "2 RSA-4096 + P-384; nothing known, the revocation list (RSA) verified too"));
}

}  // namespace

std::vector<Measurement> bench_verify(const Progress& progress) {
  std::vector<Measurement> out;
  crypto::SystemEntropy entropy;
  ReferenceVerifier p256(ReferenceVerifier::Algorithm::kEcdsaP256);
  ReferenceVerifier p384(ReferenceVerifier::Algorithm::kEcdsaP384);
  ReferenceVerifier rsa(ReferenceVerifier::Algorithm::kRsa4096Pss);
  progress("TDX and SGX beside P-256");
  bench_intel(Tee::kTdx, p256, entropy, out);
  bench_intel(Tee::kSgx, p256, entropy, out);
  progress("SNP beside P-384 and RSA-4096: making a sample vendor (three RSA-4096 keys)");
  bench_snp(p384, rsa, out);
  progress("NVIDIA beside P-384");
  for (auto& row : bench_nvidia(p384)) out.push_back(std::move(row));
  return out;
}

}  // namespace atoma::app
