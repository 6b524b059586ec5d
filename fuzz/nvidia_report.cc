// No report is authentic unless a device signed exactly these bytes; what parses is covered by its
// parts to the last byte.
#include "atoma/evidence/nvidia/verify.h"
#include "fuzz.h"
#include "nvidia_world.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::nvidia;

struct World : NvidiaWorld {
  Verifier verifier{anchors()};
  std::vector<std::shared_ptr<const DeviceChain>> chains;

  World() {
    for (const auto& device : devices) chains.push_back(*verifier.chain(device.pem()));
    for (const Bytes& report : reports) ATOMA_CHECK(authentic(report));
  }

  bool authentic(ByteView bytes) {
    const auto report = parse_report(bytes);
    if (!report) return false;
    const auto& r = report->fields();
    std::size_t size = 37 + 8 + 32 + 2 + r.signature.size();
    for (const auto& block : r.blocks()) size += 7 + block.value.size();
    for (const auto& field : r.opaque()) size += 4 + field.data.size();
    ATOMA_CHECK(size == bytes.size());
    static_cast<void>(r.vbios_version());
    bool any = false;
    for (const auto& chain : chains) {
      Findings findings(Detail::kAll);
      const auto result = verifier.verify(*report, *chain, kNow, findings);
      ATOMA_CHECK(result.report.has_value() == (result.authenticity == Authenticity::kYes));
      any |= result.report.has_value();
    }
    return any;
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  if (!world.authentic(in)) return;
  ATOMA_CHECK(std::ranges::any_of(world.reports, [&](const Bytes& report) {
    const std::size_t size = report.size() - kReportSignatureSize;
    return equal(ByteView(report).first(size), in.first(std::min(size, in.size())));
  }));
}

}  // namespace atoma::fuzz
