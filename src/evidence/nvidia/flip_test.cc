// Every one-bit change of a report or an attestation certificate that is accepted is refused.
#include <gtest/gtest.h>

#include "nvidia/test_device.h"

namespace atoma::evidence::nvidia {
namespace {

struct Judge {
  Verifier verifier{test_anchors()};
  Findings findings{Detail::kFailures};

  bool accepts(const Bytes& bytes, const DeviceChain& chain) {
    findings.clear();
    const auto report = parse_report(bytes);
    return report && verifier.verify(*report, chain, kTestNow, findings).report;
  }
};

// How many of the flips are accepted; the first few are named.
template <typename Accepts>
std::size_t accepted_flips(Bytes bytes, const Accepts& accepts) {
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

TEST(NvidiaFlips, NoneOfAReport) {
  const auto device = make_test_device({.architecture = Architecture::kLs10});
  const auto chain = *DeviceChain::parse(device.pem());
  const Bytes report = device.report(device.content());
  Judge judge;
  ASSERT_TRUE(judge.accepts(report, chain));
  EXPECT_EQ(accepted_flips(report, [&](const Bytes& b) { return judge.accepts(b, chain); }), 0u);
}

TEST(NvidiaFlips, NoneOfAnAttestationCertificate) {
  auto device = make_test_device({.architecture = Architecture::kBlackwell});
  const Bytes report = device.report(device.content());
  Judge judge;
  EXPECT_EQ(accepted_flips(device.chain[0],
                           [&](const Bytes& leaf) {
                             device.chain[0] = leaf;
                             const auto chain = DeviceChain::parse(device.pem());
                             return chain && judge.accepts(report, *chain);
                           }),
            0u);
}

}  // namespace
}  // namespace atoma::evidence::nvidia
