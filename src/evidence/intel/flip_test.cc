// One bit of anything changed: nothing that was refused becomes authentic, and nothing that was
// authentic stays it.
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

struct Counts {
  std::size_t malformed = 0, refused = 0;
  std::vector<std::size_t> authentic;  // bits, counted from the first byte
};

Bytes flipped(const Bytes& bytes, std::size_t bit) {
  Bytes out = bytes;
  out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] ^ 1u << bit % 8);
  return out;
}

// Every bit of the quote, or those from `first` on. What the collateral and the chain say stays
// cached, so that a flip in the body costs one signature, and only flips in the chain verify it
// again.
Counts flip_quote(const TestCase& c, Verifier& verifier, std::size_t first = 0) {
  const auto collateral = must_parse(c.files);
  Counts counts;
  for (std::size_t bit = first; bit < c.quote.size() * 8; ++bit) {
    const Bytes bytes = flipped(c.quote, bit);
    const auto quote = parse_quote(bytes);
    if (!quote) {
      ++counts.malformed;
      continue;
    }
    Findings findings(Detail::kFailures);
    const auto result = verifier.verify(*quote, *collateral, c.at, findings);
    const bool refused = result.authenticity != Authenticity::kYes && !findings.items().empty();
    refused ? ++counts.refused : counts.authentic.emplace_back(bit), void();
  }
  return counts;
}

void expect_no_flip_of_a_good_quote(TestCase& c) {
  Verifier verifier(c.anchors);
  ASSERT_EQ(verify(verifier, c).result.authenticity, Authenticity::kYes);
  const std::size_t facts = verifier.facts();
  const Counts counts = flip_quote(c, verifier);
  EXPECT_EQ(counts.authentic, std::vector<std::size_t>{});
  EXPECT_EQ(counts.malformed + counts.refused, c.quote.size() * 8);
  // Header, body, signature and QE report fail by signature, the rest mostly by its form.
  EXPECT_GT(counts.refused, (48u + 384 + 64) * 8);
  EXPECT_GT(counts.malformed, 1000u);
  EXPECT_EQ(verifier.facts(), facts);  // nothing damaged is kept
}

TEST(IntelFlip, TdxVersion4) {
  TestCase c;
  expect_no_flip_of_a_good_quote(c);
}

TEST(IntelFlip, Td15Version5) {
  TestCase c;
  c.quote = c.platform.quote_td({}, BodyType::kTd15);
  expect_no_flip_of_a_good_quote(c);
}

TEST(IntelFlip, SgxVersion3) {
  TestCase c(Tee::kSgx);
  expect_no_flip_of_a_good_quote(c);
}

// A NUL behind the chain is filler, and so is the space that one flip makes of it.
TEST(IntelFlip, FillerBehindTheChainIsTheOnlyFreeByte) {
  TestCase c;
  c.change_quote([&](auto& q) {
    q.certification_data = c.platform.pck_chain();
    q.certification_data.push_back(0);
  });
  Verifier verifier(c.anchors);
  EXPECT_EQ(flip_quote(c, verifier, (c.quote.size() - 40) * 8).authentic.size(), 1u);
}

// Refused for what the quote does not say: no flip of the quote helps.
void expect_no_flip_helps(TestCase& c, const char* reason) {
  Verifier verifier(c.anchors);
  ASSERT_EQ(verify(verifier, c).ids(), Ids{reason});
  const Counts counts = flip_quote(c, verifier);
  EXPECT_EQ(counts.authentic, std::vector<std::size_t>{}) << reason;
  EXPECT_EQ(counts.malformed + counts.refused, c.quote.size() * 8);
}

TEST(IntelFlip, ForeignQuotingEnclaveStaysRefused) {
  TestCase c;
  c.change_qe_identity([](QeIdentity& qe) { qe.mrsigner[0] ^= 1; });
  expect_no_flip_helps(c, "intel.qe.mrsigner");
}

TEST(IntelFlip, ExpiredStaysRefused) {
  TestCase c;
  c.files.pck_crl = c.platform.pck_crl(kPast);
  expect_no_flip_helps(c, "intel.pck_crl.validity");
}

// One bit away from a good quote: the flip back, and no other, makes it authentic.
TEST(IntelFlip, OnlyTheFlipBackRepairs) {
  TestCase c;
  constexpr std::size_t kMrtdBit = (48 + 136) * 8 + 3;
  c.quote = flipped(c.quote, kMrtdBit);
  Verifier verifier(c.anchors);
  ASSERT_EQ(verify(verifier, c).ids(), Ids{"intel.quote.signature"});
  EXPECT_EQ(flip_quote(c, verifier).authentic, std::vector<std::size_t>{kMrtdBit});
}

// A digit of a signature in the other case is the same digit.
bool is_other_case(const Bytes& part, std::size_t bit) {
  const auto text = as_text(part);
  const auto signature = text.find("\"signature\":\"");
  const bool letter = part[bit / 8] >= 'a' && part[bit / 8] <= 'f';
  return bit % 8 == 5 && letter && signature != std::string_view::npos && bit / 8 >= signature + 13;
}

// A part, and how many bits of each of its bytes are tried: all eight take long.
struct FlippedPart {
  const char* name;
  Bytes CollateralFiles::* bytes;
  std::size_t bits;
};

class IntelFlipOfCollateral : public ::testing::TestWithParam<FlippedPart> {};

// Beginning with another bit at each byte.
TEST_P(IntelFlipOfCollateral, NeverPasses) {
  TestCase c;
  const auto [name, part, bits] = GetParam();
  const Bytes good = c.files.*part;
  const auto quote = parse_quote(c.quote);
  Verifier verifier(c.anchors, {.collateral_sets = 0, .pck_chains = 0, .attestation_keys = 0});
  std::size_t malformed = 0, refused = 0;
  for (std::size_t i = 0; i < good.size() * bits; ++i) {
    const std::size_t byte = i / bits;
    const std::size_t bit = byte * 8 + (byte + i % bits) % 8;
    if (is_other_case(good, bit)) continue;
    c.files.*part = flipped(good, bit);
    const auto collateral = Collateral::parse(c.files);
    if (!collateral) {
      ++malformed;
      continue;
    }
    Findings findings(Detail::kFailures);
    const auto result = verifier.verify(*quote, **collateral, c.at, findings);
    EXPECT_NE(result.authenticity, Authenticity::kYes) << "byte " << byte << " bit " << bit % 8;
    ++refused;
  }
  EXPECT_GT(malformed, 0u);
  EXPECT_GT(refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Parts, IntelFlipOfCollateral,
    ::testing::Values(FlippedPart{"TcbInfo", &CollateralFiles::tcb_info, 1},
                      FlippedPart{"QeIdentity", &CollateralFiles::qe_identity, 1},
                      FlippedPart{"TcbSigningChain", &CollateralFiles::tcb_signing_chain, 1},
                      FlippedPart{"RootCrl", &CollateralFiles::root_crl, 8},
                      FlippedPart{"PckCrl", &CollateralFiles::pck_crl, 8}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace atoma::evidence::intel
