// No report is authentic unless the chip signed exactly its first 0x2A0 bytes.
#include "atoma/evidence/amd/verify.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::amd;

struct World : AmdWorld {
  std::vector<Bytes> signed_reports = reports();
  Verifier verifier{{true, {vendor.root_digest()}}};
  std::shared_ptr<const Endorsements> endorsements;

  World() {
    const auto owned = files();
    const std::vector<ByteView> views(owned.begin(), owned.end());
    auto parsed = verifier.endorsements(views);
    ATOMA_CHECK(parsed.has_value());
    endorsements = *std::move(parsed);
    for (const Bytes& report : signed_reports) ATOMA_CHECK(authentic(report));
  }

  bool authentic(ByteView bytes) {
    const auto report = parse_report(bytes);
    if (!report) return false;
    ATOMA_CHECK(equal(report->fields().raw, bytes));
    Findings findings(Detail::kAll);
    const auto result = verifier.verify(*report, *endorsements, kNow, findings);
    ATOMA_CHECK(result.report.has_value() == (result.authenticity == Authenticity::kYes));
    return result.report.has_value();
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  if (!world.authentic(in)) return;
  ATOMA_CHECK(std::ranges::any_of(world.signed_reports, [&](const Bytes& report) {
    return equal(ByteView(report).first(kReportSignedSize), in.first(kReportSignedSize));
  }));
}

}  // namespace atoma::fuzz
