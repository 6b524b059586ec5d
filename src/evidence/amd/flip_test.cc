// Every one-bit change of a report or a key certificate that is accepted is refused, and none makes
// a refused one acceptable.
#include <gtest/gtest.h>

#include <functional>

#include "amd/test_platform.h"

namespace atoma::evidence::amd {
namespace {

struct Judge {
  Verifier verifier;
  Findings findings{Detail::kFailures};

  explicit Judge(TrustAnchors anchors) : verifier(std::move(anchors)) {}

  bool accepts(const Bytes& report, const Endorsements& endorsements) {
    findings.clear();
    const auto parsed = parse_report(report);
    return parsed && verifier.verify(*parsed, endorsements, kTestNow, findings).report;
  }
};

// How many of the flips are accepted; the first few are named.
std::size_t accepted_flips(Bytes bytes, const std::function<bool(const Bytes&)>& accepts) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      bytes[i] ^= static_cast<std::uint8_t>(1u << bit);
      if (accepts(bytes) && ++count <= 5) ADD_FAILURE() << "accepted: byte " << i << " bit " << bit;
      bytes[i] ^= static_cast<std::uint8_t>(1u << bit);
    }
  }
  return count;
}

void expect_no_flip_of_report(const TestPlatform& p) {
  const auto endorsements = parse_endorsements(p.chain());
  Judge judge(p.anchors());
  ASSERT_TRUE(judge.accepts(p.report(), *endorsements));
  EXPECT_EQ(
      accepted_flips(p.report(), [&](const Bytes& b) { return judge.accepts(b, *endorsements); }),
      0u);
}

TEST(AmdFlips, NoneOfAVersion3Report) { expect_no_flip_of_report(TestPlatform()); }

TEST(AmdFlips, NoneOfAVersion5Report) {
  expect_no_flip_of_report(TestPlatform(Product::kTurin, SigningKey::kVcek, 5));
}

TEST(AmdFlips, NoneMakesARefusedReportGood) {
  const TestPlatform p;
  const auto endorsements = parse_endorsements(p.chain());
  Judge judge(p.anchors());
  const Bytes foreign = sample_tee::make_amd_report(p.report_content, test_key(0x77));
  EXPECT_EQ(
      accepted_flips(foreign, [&](const Bytes& b) { return judge.accepts(b, *endorsements); }), 0u);
}

TEST(AmdFlips, NoneOfAKeyCertificate) {
  const TestPlatform p;
  const Bytes report = p.report();
  Judge judge(p.anchors());
  EXPECT_EQ(accepted_flips(p.key_certificate,
                           [&](const Bytes& leaf) {
                             const auto endorsements =
                                 parse_endorsements({leaf, p.vendor.ask(), p.vendor.ark()});
                             return endorsements && judge.accepts(report, *endorsements);
                           }),
            0u);
}

}  // namespace
}  // namespace atoma::evidence::amd
