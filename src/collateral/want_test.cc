#include "atoma/collateral/want.h"

#include "atoma/collateral/refresher.h"
#include "test_source.h"
#include "test_world.h"

namespace atoma::collateral {
namespace {

using test::outcome;
using test::world;

std::vector<std::string> names(const Result<std::vector<Wanted>>& wanted) {
  if (!wanted) return {std::string(wanted.error().reason)};
  std::vector<std::string> out;
  for (const auto& one : *wanted) out.push_back(one.item.name());
  return out;
}

using Names = std::vector<std::string>;

TEST(Wanted, ByAQuote) {
  EXPECT_EQ(names(wanted_for(world().intel.quote_td({}))),
            (Names{world().tcb_info_name(), "intel/qe_identity/tdx", "intel/pck_crl/platform",
                   "intel/root_crl"}));
  EXPECT_EQ(names(wanted_for(world().intel.quote_enclave({})))[0], world().tcb_info_name("sgx"));
  sample_tee::IntelQuoteTemplate without;
  without.certification_type = 1;
  without.certification_data = Bytes(36, 1);
  EXPECT_EQ(names(wanted_for(world().intel.quote(without))), Names{"collateral.evidence"});
  EXPECT_EQ(names(wanted_for({})), Names{"quote.truncated"});
}

TEST(Wanted, ByAReport) {
  auto report = world().amd.report_content;
  const auto made = [&] { return sample_tee::make_amd_report(report, world().amd.key); };
  EXPECT_EQ(names(wanted_for(made())),
            (Names{"amd/cert_chain/milan", "amd/crl/milan", world().vcek_name()}));
  report.chip_id = {};
  EXPECT_EQ(names(wanted_for(made())), Names{"collateral.evidence"});
  report.signing_key = evidence::amd::SigningKey::kVlek;
  EXPECT_EQ(names(wanted_for(made())),
            (Names{"amd/cert_chain/milan", "amd/crl/milan", "amd/vlek_cert_chain/milan"}));
  report.version = 2;
  EXPECT_EQ(names(wanted_for(made())), Names{"collateral.evidence"});
  const evidence::amd::TestPlatform turin(evidence::amd::Product::kTurin);
  EXPECT_EQ(names(wanted_for(turin.report())).back(),
            "amd/vcek/turin/" + wire::hex_encode(turin.key_content.hw_id) + "-2.4.1.24.217");
}

TEST(Wanted, ByADevice) {
  const auto wanted = wanted_for(world().gpu.pem());
  ASSERT_EQ(names(wanted).size(), 3u);
  EXPECT_EQ(names(wanted).front(), world().ocsp_name());
  EXPECT_EQ(wanted->front().subject, world().gpu_subject());
  EXPECT_EQ(names(wanted_for(world().amd_chain_pem())), Names{"collateral.evidence"});
}

class StandingClock final : public Clock {
 public:
  Time now() const override { return test::kNow; }
};

TEST(Refresher, TellsWhenThereIsSomethingNew) {
  test::TestSource source;
  source.serve("/vcek/v1/Milan/cert_chain", {.body = world().amd_chain_pem()});
  const atoma::store::TemporaryDirectory directory;
  const auto store =
      *Store::open(atoma::store::posix_file_system(), directory.path(), Store::Access::kWrite);
  const StandingClock clock;
  evidence::TestEntropy entropy{1};
  Fetcher::Options options{.endpoints = {}, .anchors = world().anchors};
  ASSERT_TRUE(options.endpoints.set("amd=" + source.url()));
  Fetcher fetcher(options, *store, clock, entropy);
  ASSERT_TRUE(fetcher.want(*Item::parse("amd/cert_chain/milan")));
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::size_t> seen;
  const Refresher refresher(fetcher, clock, [&] {
    const std::lock_guard lock(mutex);
    seen.push_back(fetcher.good().size());
    wake.notify_all();
  });
  std::unique_lock lock(mutex);
  EXPECT_TRUE(wake.wait_for(lock, std::chrono::seconds(20), [&] { return seen.size() == 2; }));
  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace atoma::collateral
