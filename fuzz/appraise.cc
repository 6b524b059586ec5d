// The whole way, for evidence of any TEE: nothing is accepted that no hardware signed, and every
// result is written as JSON and as an EAR that parse.
#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/ear.h"
#include "atoma/wire/json.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace appraisal;

struct World {
  IntelWorld intel;
  AmdWorld amd;
  std::vector<Bytes> reports = amd.reports();
  std::vector<Bytes> amd_files = amd.files();
  std::optional<evidence::amd::Endorsements> endorsements;
  std::optional<Appraiser> appraiser;

  World() {
    const std::vector<ByteView> views(amd_files.begin(), amd_files.end());
    auto parsed = evidence::amd::Endorsements::parse(views);
    ATOMA_CHECK(parsed.has_value());
    endorsements = *std::move(parsed);
    Policy policy = Policy::strict("fuzzing compares with what was signed");
    policy.sample = SamplePolicy{{intel.platform.root_digest(), amd.vendor.root_digest()}};
    appraiser.emplace(std::make_shared<const Policy>(std::move(policy)));
    ATOMA_CHECK(appraise(intel.quotes.front()).verdict() == Verdict::kAccepted);
    ATOMA_CHECK(appraise(amd.report(3)).verdict() == Verdict::kAccepted);
  }

  AttestationResult appraise(ByteView evidence) {
    const auto tee = recognise(evidence);
    return appraiser->appraise({.evidence = evidence,
                                .tee = tee,
                                .collateral = &intel.collateral(tee),
                                .endorsements = &*endorsements,
                                .at = kNow,
                                .expected_report_data = std::nullopt},
                               evidence::Detail::kAll);
  }

  bool signed_by_hardware(ByteView evidence) const {
    if (const auto quote = evidence::intel::parse_quote(evidence)) {
      return intel.signed_by_platform(quote->signed_range);
    }
    return std::ranges::any_of(reports, [&](const Bytes& report) {
      constexpr std::size_t kSize = evidence::amd::kReportSignedSize;
      return evidence.size() >= kSize &&
             equal(ByteView(report).first(kSize), evidence.first(kSize));
    });
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  const auto result = world.appraise(in);
  const bool accepted = result.verdict() == Verdict::kAccepted;
  ATOMA_CHECK(!accepted || (result.sample() && world.signed_by_hardware(in)));
  ATOMA_CHECK(!accepted || result.authenticity() == evidence::Authenticity::kYes);
  ATOMA_CHECK(wire::JsonDocument::parse(to_json(result)).has_value());
  const auto ear = make_ear(result, {.issuer = "https://verifier.example",
                                     .id = "fuzz",
                                     .nonce = "bm9uY2Utbm9uY2U",
                                     .key_sha256 = "",
                                     .build = "0",
                                     .issued_at = kNow});
  const auto again = cose::parse_ear(cose::encode_ear(ear));
  ATOMA_CHECK(again.has_value() && *again == ear);
  ATOMA_CHECK((ear.atoma.verdict == cose::EarVerdict::kAccepted) == accepted);
}

}  // namespace atoma::fuzz
