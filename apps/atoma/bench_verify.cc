// What verification costs per core: whole appraisals (parse, verify, policy, report data) of
// evidence made by sample platforms, in the vendors' formats and with their algorithms.
#include <cstdlib>
#include <ctime>
#include <format>

#include "atoma/appraisal/appraiser.h"
#include "atoma/base/check.h"
#include "atoma/batch_ecdsa/decider.h"
#include "atoma/crypto/reference.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/sample_tee/amd_report.h"
#include "atoma/sample_tee/amd_vendor.h"
#include "atoma/sample_tee/intel_platform.h"
#include "bench.h"

namespace atoma::app {
namespace {

using appraisal::Appraiser;
using appraisal::Policy;
using appraisal::Request;
using appraisal::Verdict;
using crypto::ReferenceVerifier;
using evidence::Detail;
using evidence::Tee;

constexpr Time kNow{1'780'000'000};
constexpr ValidityWindow kWindow{{1'779'000'000}, {1'782'000'000}};

std::shared_ptr<const Policy> policy_for(const crypto::Digest256& root) {
  auto policy = std::make_shared<Policy>(Policy::strict("benchmark"));
  policy->sample = appraisal::SamplePolicy{{root}};
  return policy;
}

void must_accept(const appraisal::AttestationResult& result) {
  ATOMA_CHECK(result.verdict() == Verdict::kAccepted);
}
void must_accept(std::span<const appraisal::AttestationResult> results) {
  for (const auto& result : results) must_accept(result);
}

// Signatures in one vector, and requests in one batch.
constexpr std::size_t kLanes = 8;
constexpr std::size_t kBatch = 64;

struct TdxBench {
  explicit TdxBench(Entropy& entropy)
      : platform(sample_tee::IntelPlatform::create(entropy)),
        quote(platform.quote_td({})),
        files(platform.collateral_files(Tee::kTdx, kWindow)),
        policy(policy_for(platform.root_digest())) {}

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
      must_accept(appraiser.appraise({.evidence = quote, .collateral = &*collateral, .at = kNow},
                                     Detail::kFailures));
    }
  }

  // The same for n quotes, eight at a time: their 72 signatures are decided together.
  void cold_batch(Appraiser& appraiser, std::uint64_t n) const {
    for (std::uint64_t done = 0; done < n; done += kLanes) {
      appraiser.forget();
      std::vector<std::shared_ptr<const evidence::intel::Collateral>> sets;
      std::vector<Request> requests;
      for (std::size_t i = 0; i < kLanes; ++i) {
        sets.push_back(parse(files));
        requests.push_back({.evidence = quote, .collateral = sets.back().get(), .at = kNow});
      }
      must_accept(appraiser.appraise_all(requests, Detail::kFailures));
    }
  }

  sample_tee::IntelPlatform platform;
  Bytes quote;
  evidence::intel::CollateralFiles files;
  std::shared_ptr<const Policy> policy;
};

struct SnpBench {
  SnpBench()
      : vendor(evidence::amd::Product::kMilan, sample_tee::AmdAuthorityKeys::generate(), kWindow),
        vcek(make_key()) {
    Bytes chip(64, 0xC1);
    sample_tee::AmdReportTemplate content;
    std::ranges::copy(chip, content.chip_id.begin());
    report = sample_tee::make_amd_report(content, vcek);
    leaf = vendor.issue_key({.hw_id = chip, .csp_id = "", .tcb = content.reported_tcb}, vcek);
    crl = vendor.issue_crl({}, kWindow);
    policy = policy_for(vendor.root_digest());
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
          {.evidence = report, .endorsements = &endorsements, .at = kNow}, Detail::kFailures));
    }
  }

  sample_tee::AmdVendor vendor;
  crypto::EcPrivateKey vcek;
  Bytes report, leaf, crl;
  std::shared_ptr<const Policy> policy;
};

Loop reference_loop(ReferenceVerifier& verifier) {
  return [&verifier](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) verifier.verify_once();
  };
}

Loop appraise_loop(Appraiser& appraiser, const Request& request) {
  return [&appraiser, &request](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      must_accept(appraiser.appraise(request, Detail::kFailures));
    }
  };
}

Loop batch_loop(Appraiser& appraiser, const Request& request) {
  return [&appraiser, requests = std::vector<Request>(kBatch, request)](std::uint64_t n) {
    for (std::uint64_t done = 0; done < n; done += kBatch) {
      must_accept(appraiser.appraise_all(requests, Detail::kFailures));
    }
  };
}

// An appraiser whose signatures the kernel decides. Without tables every key is a new one.
Appraiser with_kernel(std::shared_ptr<const Policy> policy, batch_ecdsa::KeyTableLimits tables) {
  return Appraiser(std::move(policy), std::make_unique<batch_ecdsa::BatchDecider>(
                                          batch_ecdsa::best_backend(), tables));
}

std::string kernel_note(std::string_view what) {
  return std::format("{}; kernel {}", what, batch_ecdsa::name(batch_ecdsa::best_backend()));
}

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

}  // namespace

std::vector<Measurement> bench_verify(const Progress& progress) {
  std::vector<Measurement> out;
  crypto::SystemEntropy entropy;
  ReferenceVerifier p256(ReferenceVerifier::Algorithm::kEcdsaP256);
  ReferenceVerifier p384(ReferenceVerifier::Algorithm::kEcdsaP384);
  ReferenceVerifier rsa(ReferenceVerifier::Algorithm::kRsa4096Pss);

  progress("TDX: making a sample platform");
  const TdxBench tdx(entropy);
  const auto collateral = TdxBench::parse(tdx.files);
  Appraiser tdx_appraiser(tdx.policy);
  const Request quote{.evidence = tdx.quote, .collateral = &*collateral, .at = kNow};
  progress("TDX: warm and cold, beside P-256");
  out.push_back(compare("tdx_warm", appraise_loop(tdx_appraiser, quote), reference_loop(p256), 1,
                        0.9, "reference: OpenSSL P-256; collateral, chain and key known"));
  out.push_back(compare(
      "tdx_cold", [&](std::uint64_t n) { tdx.cold(n); }, reference_loop(p256), 1.0 / 9, 0.8,
      "reference: P-256 / 9; nothing known, collateral parsed each time"));
  auto tdx_kernel = with_kernel(tdx.policy, {});
  out.push_back(compare("tdx_warm_batch", batch_loop(tdx_kernel, quote), reference_loop(p256), 1,
                        3.5, kernel_note("64 in a batch, one platform: its key has a table")));
  auto tdx_untabled = with_kernel(tdx.policy, {.tables_max = 0});
  out.push_back(compare("tdx_warm_batch_new_keys", batch_loop(tdx_untabled, quote),
                        reference_loop(p256), 1, 0, kernel_note("the same without key tables")));
  out.push_back(compare(
      "tdx_cold_batch", [&](std::uint64_t n) { tdx.cold_batch(tdx_untabled, n); },
      reference_loop(p256), 1.0 / 9, 3,
      kernel_note("8 in a batch, nothing known, each with its collateral; no key tables")));

  progress("SNP: making a sample vendor (three RSA-4096 keys)");
  const SnpBench snp;
  const auto endorsements = snp.parse();
  Appraiser snp_appraiser(snp.policy);
  const Request report{.evidence = snp.report, .endorsements = &endorsements, .at = kNow};
  progress("SNP: warm and cold, beside P-384 and RSA-4096");
  out.push_back(compare("snp_warm", appraise_loop(snp_appraiser, report), reference_loop(p384), 1,
                        0.9, "reference: OpenSSL P-384; chain known"));
  auto snp_kernel = with_kernel(snp.policy, {});
  out.push_back(compare("snp_warm_batch", batch_loop(snp_kernel, report), reference_loop(p384), 1,
                        5, kernel_note("64 in a batch, one chip: its VCEK has a table")));
  auto snp_untabled = with_kernel(snp.policy, {.tables_max = 0});
  out.push_back(compare("snp_warm_batch_new_keys", batch_loop(snp_untabled, report),
                        reference_loop(p384), 1, 5, kernel_note("the same without key tables")));
  out.push_back(compare(
      "snp_cold", [&](std::uint64_t n) { snp.cold(n); }, snp_cold_reference(rsa, p384), 1, 0,
      "reference: 2 RSA-4096 + P-384; we also verify the revocation list (RSA)"));
  return out;
}

}  // namespace atoma::app
