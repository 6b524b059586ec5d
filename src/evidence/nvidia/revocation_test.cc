#include "atoma/evidence/nvidia/revocation.h"

#include <gtest/gtest.h>

#include "nvidia/test_rim.h"

namespace atoma::evidence::nvidia {
namespace {

using pki::OcspStatus;
using sample_tee::NvidiaDevice;

constexpr ValidityWindow kCurrent{kTestNow - Duration{60}, kTestNow + Duration{60}};

std::vector<pki::OcspResponse> parse(const std::vector<Bytes>& files) {
  std::vector<pki::OcspResponse> out;
  for (const auto& file : files) out.push_back(std::move(*pki::OcspResponse::parse(file)));
  return out;
}

OcspStatus ask(const NvidiaDevice& device, const std::vector<Bytes>& files, Time at = kTestNow) {
  const auto chain = *DeviceChain::parse(device.pem());
  const auto answers = parse(files);
  RevocationChecker checker;
  return checker.status(chain.certificates(), 1, answers, at);
}

TEST(NvidiaRevocation, EveryAuthorityMustBeAnswered) {
  const auto device = make_test_device();
  const auto files = test_vendor().answers(device, OcspStatus::kGood, kCurrent);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(ask(device, files), OcspStatus::kGood);
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto fewer = files;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(ask(device, fewer), OcspStatus::kUnknown) << i;
  }
  EXPECT_EQ(ask(device, {}), OcspStatus::kUnknown);
  const auto other = make_test_device({.serial = {0x41, 7}}, 2);
  EXPECT_EQ(ask(other, files), OcspStatus::kUnknown);
}

TEST(NvidiaRevocation, CertificateHoldIsItsOwnOutcome) {
  const auto device = make_test_device();
  EXPECT_EQ(ask(device, test_vendor().answers(device, OcspStatus::kHold, kCurrent)),
            OcspStatus::kHold);
  EXPECT_EQ(ask(device, test_vendor().answers(device, OcspStatus::kRevoked, kCurrent)),
            OcspStatus::kRevoked);
  EXPECT_EQ(ask(device, test_vendor().answers(device, OcspStatus::kUnknown, kCurrent)),
            OcspStatus::kUnknown);
}

TEST(NvidiaRevocation, AnswersCountBetweenThisAndNextUpdate) {
  const auto device = make_test_device();
  const auto files = test_vendor().answers(device, OcspStatus::kGood, kCurrent);
  EXPECT_EQ(ask(device, files, kCurrent.not_before), OcspStatus::kGood);
  EXPECT_EQ(ask(device, files, kCurrent.not_after), OcspStatus::kGood);
  EXPECT_EQ(ask(device, files, kCurrent.not_before - Duration{1}), OcspStatus::kUnknown);
  EXPECT_EQ(ask(device, files, kCurrent.not_after + Duration{1}), OcspStatus::kUnknown);
}

TEST(NvidiaRevocation, TheWorstCurrentAnswerCounts) {
  const auto device = make_test_device();
  auto files = test_vendor().answers(device, OcspStatus::kGood, kCurrent);
  for (const auto& bad : test_vendor().answers(device, OcspStatus::kRevoked, kCurrent)) {
    files.push_back(bad);
  }
  EXPECT_EQ(ask(device, files), OcspStatus::kRevoked);
}

TEST(NvidiaRevocation, AnswersOfStrangersSayNothing) {
  const auto device = make_test_device();
  TestEntropy entropy(0x77);
  const sample_tee::NvidiaVendor stranger(sample_tee::NvidiaKeys::generate(entropy), kTestValidity);
  EXPECT_EQ(ask(device, stranger.answers(device, OcspStatus::kGood, kCurrent)),
            OcspStatus::kUnknown);
  auto damaged = test_vendor().answers(device, OcspStatus::kGood, kCurrent);
  damaged[0].back() ^= 1;
  EXPECT_EQ(ask(device, damaged), OcspStatus::kUnknown);
}

TEST(NvidiaRevocation, SignersOfManifestsAreAskedAbout) {
  const auto& vendor = test_rim_vendor();
  const auto rim = *Rim::parse(vendor.make_rim({.resources = {{0, true, {Bytes(48)}}}}));
  RevocationChecker checker;
  for (const auto status : {OcspStatus::kGood, OcspStatus::kHold, OcspStatus::kRevoked}) {
    const auto answers = parse(vendor.answers(status, kCurrent));
    EXPECT_EQ(checker.status(rim.certificates(), 0, answers, kTestNow), status);
  }
}

TEST(NvidiaRevocation, RemembersAnswersButNotPastTheirTime) {
  const auto device = make_test_device();
  const auto chain = *DeviceChain::parse(device.pem());
  const auto good = parse(test_vendor().answers(device, OcspStatus::kGood, kCurrent));
  RevocationChecker checker;
  EXPECT_EQ(checker.status(chain.certificates(), 1, good, kTestNow), OcspStatus::kGood);
  EXPECT_EQ(checker.facts(), 1u);
  EXPECT_EQ(checker.status(chain.certificates(), 1, good, kCurrent.not_after + Duration{1}),
            OcspStatus::kUnknown);
  // Another answer is another fact, and a question without answers none.
  const auto revoked = parse(test_vendor().answers(device, OcspStatus::kRevoked, kCurrent));
  EXPECT_EQ(checker.status(chain.certificates(), 1, revoked, kTestNow), OcspStatus::kRevoked);
  EXPECT_EQ(checker.facts(), 2u);
  EXPECT_EQ(checker.status(chain.certificates(), 1, std::span(good).first(1), kTestNow),
            OcspStatus::kUnknown);
  EXPECT_EQ(checker.facts(), 2u);
  checker.forget();
  EXPECT_EQ(checker.facts(), 0u);
}

}  // namespace
}  // namespace atoma::evidence::nvidia
