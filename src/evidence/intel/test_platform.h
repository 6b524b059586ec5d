// A software Intel platform for tests: one verification and everything that goes into it, each part
// replaceable.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "atoma/base/check.h"
#include "atoma/evidence/intel/verify.h"
#include "atoma/sample_tee/intel_platform.h"
#include "test_support.h"

namespace atoma::evidence::intel {

inline constexpr Time kTestNow{1767225600};  // 2026-01-01
inline constexpr Duration kDay{24ll * 3600};
inline constexpr ValidityWindow kTestWindow{kTestNow - kDay, kTestNow + kDay};

inline sample_tee::IntelPlatform test_platform(std::uint8_t seed = 1) {
  TestEntropy entropy(seed);
  return sample_tee::IntelPlatform::create(entropy);
}

struct TestCase {
  explicit TestCase(Tee tee_of_quote = Tee::kTdx)
      : tee(tee_of_quote), files(platform.collateral_files(tee, kTestWindow)) {
    quote = tee == Tee::kTdx ? platform.quote_td({}) : platform.quote_enclave({});
    anchors.sample_roots = {platform.root_digest()};
  }

  // The sample collateral with one change, signed again.
  template <typename Change>
  void change_tcb_info(Change change) {
    TcbInfo info = sample_tee::sample_tcb_info(tee, platform.pck_info(), kTestWindow);
    change(info);
    files.tcb_info = platform.sign_tcb_info(sample_tee::encode_tcb_info(info));
  }
  template <typename Change>
  void change_qe_identity(Change change) {
    QeIdentity identity = sample_tee::sample_qe_identity(tee, kTestWindow);
    change(identity);
    files.qe_identity = platform.sign_qe_identity(sample_tee::encode_qe_identity(identity));
  }
  template <typename Change>
  void change_td(Change change) {
    sample_tee::TdReportTemplate td;
    change(td);
    quote = platform.quote_td(td);
  }
  // The quote with one change of its template.
  template <typename Change>
  void change_quote(Change change) {
    sample_tee::IntelQuoteTemplate content;
    change(content);
    quote = platform.quote(content);
  }

  sample_tee::IntelPlatform platform = test_platform();
  Tee tee;
  CollateralFiles files;
  Bytes quote;
  Time at = kTestNow;
  TrustAnchors anchors;
};

inline std::shared_ptr<const Collateral> must_parse(const CollateralFiles& files) {
  auto collateral = Collateral::parse(files);
  EXPECT_TRUE(collateral) << collateral.error().to_string();
  ATOMA_CHECK(collateral.has_value());
  return *collateral;
}

// Owns what an AuthenticQuote points to.
struct Verdict {
  Bytes bytes;
  std::shared_ptr<const Collateral> collateral;
  QuoteVerification result;
  Findings findings{Detail::kAll};

  std::set<std::string> ids() const { return not_passed(findings); }
};

inline Verdict verify(Verifier& verifier, const TestCase& c, Detail detail = Detail::kAll) {
  Verdict verdict;
  verdict.findings = Findings(detail);
  verdict.bytes = c.quote;
  verdict.collateral = must_parse(c.files);
  const auto quote = parse_quote(verdict.bytes);
  EXPECT_TRUE(quote) << quote.error().to_string();
  ATOMA_CHECK(quote.has_value());
  verdict.result = verifier.verify(*quote, *verdict.collateral, c.at, verdict.findings);
  EXPECT_EQ(verdict.result.quote.has_value(), verdict.result.authenticity == Authenticity::kYes);
  return verdict;
}

inline Verdict verify(const TestCase& c, Detail detail = Detail::kAll) {
  Verifier verifier(c.anchors);
  return verify(verifier, c, detail);
}

// The text with `from`, which must be there, replaced once.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  ATOMA_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace atoma::evidence::intel
