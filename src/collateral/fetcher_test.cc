// Against a local source that serves sample collateral: well, late, damaged, or not at all. The
// clock is the test's own, so that days of refreshing take no time.
#include "atoma/collateral/fetcher.h"

#include "atoma/collateral/schedule.h"
#include "test_source.h"
#include "test_world.h"

namespace atoma::collateral {
namespace {

using namespace std::chrono_literals;
using atoma::store::posix_file_system;
using atoma::store::TemporaryDirectory;
using test::kDay;
using test::kNow;
using test::outcome;
using test::Reply;
using test::world;

class TestClock final : public Clock {
 public:
  Time now() const override { return {now_s_.load()}; }
  void advance(Duration by) { now_s_ += by.s; }

 private:
  std::atomic<std::int64_t> now_s_ = kNow.unix_s;
};

const std::string kTcbTarget = "/tdx/certification/v4/tcb?fmspc=";
const std::string kQeTarget = "/tdx/certification/v4/qe/identity";
const std::string kPckCrlTarget = "/sgx/certification/v4/pckcrl?ca=platform&encoding=der";
const std::string kRootCrlTarget = "/sgx/certification/v4/rootcacrl";
const std::string kAmdChainTarget = "/vcek/v1/Milan/cert_chain";
const std::string kAmdCrlTarget = "/vcek/v1/Milan/crl";
const std::string kRim = "NV_GPU_DRIVER_GH100_550.90.07";

Item item(std::string_view name) { return *Item::parse(name); }

class Fetching : public ::testing::Test {
 protected:
  void SetUp() override {
    serve(test::kWindow);
    for (const auto name : {"intel", "amd", "nvidia-rim", "nvidia-ocsp"}) {
      ASSERT_TRUE(options.endpoints.set(std::string(name) + "=" + source.url()));
    }
    options.anchors = world().anchors;
    options.deadline = 2s;
    open();
  }
  void open() {
    fetcher.reset();
    store.reset();
    store = *Store::open(posix_file_system(), directory.path(), Store::Access::kWrite);
    fetcher = std::make_unique<Fetcher>(options, *store, clock, entropy);
  }

  static std::string chain_field(std::string_view name, ByteView chain) {
    return std::string(name) + ": " + test::percent_encoded(chain) + "\r\n";
  }
  void serve(ValidityWindow window) {
    const auto& w = world();
    const auto files = w.files(evidence::Tee::kTdx, window);
    const std::string tcb_chain = chain_field("TCB-Info-Issuer-Chain", files.tcb_signing_chain);
    source.serve(tcb_target(), {.body = files.tcb_info, .fields = tcb_chain});
    source.serve(kQeTarget, {.body = files.qe_identity,
                             .fields = chain_field("SGX-Enclave-Identity-Issuer-Chain",
                                                   files.tcb_signing_chain)});
    source.serve(
        kPckCrlTarget,
        {.body = files.pck_crl, .fields = chain_field("SGX-PCK-CRL-Issuer-Chain", w.pck_ca_pem())});
    source.serve(kRootCrlTarget, {.body = to_bytes(wire::hex_encode(files.root_crl))});
    source.serve(kAmdChainTarget, {.body = w.amd_chain_pem()});
    source.serve(kAmdCrlTarget, {.body = w.amd_crl(window)});
    source.serve(vcek_target(), {.body = w.amd.key_certificate});
    source.serve("/v1/rim/" + kRim, {.body = to_bytes("{\"id\":\"" + kRim + "\",\"rim\":\"" +
                                                      wire::base64_encode(w.rim()) + "\"}")});
    source.serve("/", {.body = w.ocsp_answer(window)});
  }
  static std::string tcb_target() { return kTcbTarget + world().fmspc(); }
  static std::string vcek_target() {
    return "/vcek/v1/Milan/" + wire::hex_encode(world().amd.key_content.hw_id) +
           "?blSPL=04&teeSPL=01&snpSPL=24&ucodeSPL=217";
  }

  std::string fetch(std::string_view name) { return outcome(fetcher->fetch(item(name))); }
  std::string fetch_tcb() { return fetch(world().tcb_info_name()); }
  ItemStatus status_of(std::string_view name) const {
    for (auto& status : fetcher->status()) {
      if (status.name == name) return status;
    }
    ADD_FAILURE() << name;
    return {};
  }
  void want_all() {
    for (const auto& name :
         {world().tcb_info_name(), std::string("intel/qe_identity/tdx"),
          std::string("intel/pck_crl/platform"), std::string("intel/root_crl"),
          std::string("amd/crl/milan"), world().vcek_name(), "nvidia/rim/" + kRim}) {
      ASSERT_TRUE(fetcher->want(item(name))) << name;
    }
    ASSERT_TRUE(fetcher->want(item(world().ocsp_name()), world().gpu_subject()));
  }
  // Rounds until everything that is due has been asked, by the clock that they ask for.
  Fetcher::Round run_until(Time end) {
    Fetcher::Round last;
    while (clock.now() <= end) {
      last = fetcher->run_due({});
      if (last.next > end) break;
      clock.advance(std::max(last.next - clock.now(), Duration{1}));
    }
    return last;
  }

  test::TestSource source;
  TemporaryDirectory directory;
  TestClock clock;
  evidence::TestEntropy entropy{3};
  Fetcher::Options options;
  std::unique_ptr<Store> store;
  std::unique_ptr<Fetcher> fetcher;
};

TEST_F(Fetching, GetsOneOfEachKind) {
  want_all();
  run_until(kNow + Duration{60});
  for (const auto& status : fetcher->status()) {
    EXPECT_EQ(freshness_name(status.freshness), "fresh") << status.name << ": " << status.error;
    EXPECT_EQ(status.failures, 0u);
    EXPECT_TRUE(status.sample);
  }
  EXPECT_EQ(fetcher->good().size(), 9u);
  EXPECT_EQ(fetcher->generation(), 9u);
}

TEST_F(Fetching, KeepsItAcrossARestart) {
  want_all();
  run_until(kNow + Duration{60});
  const auto asked = source.targets().size();
  open();
  EXPECT_EQ(fetcher->status().size(), 9u);
  EXPECT_EQ(fetcher->run_due({}).fetched, 0u);
  EXPECT_EQ(source.targets().size(), asked);
  // Who is asked by OCSP is known from the record.
  clock.advance({6 * 3600});
  EXPECT_EQ(fetcher->run_due({}).fetched, 1u);
}

TEST_F(Fetching, RefreshesBeforeTheEnd) {
  want_all();
  const Time end = kNow + Duration{20 * kDay.s};
  for (Time at = kNow; at < end; at = at + kDay) {
    serve({at - kDay, at + Duration{5 * kDay.s}});
    run_until(at + kDay);
    for (const auto& status : fetcher->status()) {
      EXPECT_EQ(freshness_name(status.freshness), "fresh") << status.name << ": " << status.error;
    }
  }
  const auto asked = source.asked(tcb_target());
  EXPECT_GE(asked, 19u);
  EXPECT_LE(asked, 25u);
  EXPECT_EQ(source.asked(vcek_target()), 1u) << "a VCEK does not change";
}

TEST_F(Fetching, AsksOnceForOneItem) {
  const auto files = world().files();
  source.serve(tcb_target(),
               {.body = files.tcb_info,
                .fields = chain_field("TCB-Info-Issuer-Chain", files.tcb_signing_chain),
                .delay = 300ms});
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] { good += fetch_tcb() == "ok" ? 1 : 0; });
    }
  }
  EXPECT_EQ(good, 16);
  EXPECT_EQ(source.asked(tcb_target()), 1u);
}

TEST_F(Fetching, WaitsAsLongAsTheSourceSays) {
  source.serve(tcb_target(), {.status = 429, .fields = "Retry-After: 600\r\n"});
  EXPECT_EQ(fetch_tcb(), "collateral.rate_limited");
  // All of the source's items wait, and no other's.
  EXPECT_EQ(fetch("intel/qe_identity/tdx"), "collateral.waiting");
  EXPECT_EQ(fetch("amd/cert_chain/milan"), "ok");
  serve(test::kWindow);
  clock.advance({599});
  EXPECT_EQ(fetch_tcb(), "collateral.waiting");
  clock.advance({1});
  EXPECT_EQ(fetch_tcb(), "ok");
  EXPECT_EQ(source.asked(tcb_target()), 2u);
}

TEST_F(Fetching, WaitsForASourceThatIsDown) {
  source.serve(tcb_target(),
               {.status = 503, .fields = "Retry-After: Thu, 01 Jan 2026 00:10:00 GMT\r\n"});
  EXPECT_EQ(fetch_tcb(), "collateral.unavailable");
  EXPECT_EQ(status_of(world().tcb_info_name()).next_attempt, kNow + Duration{600});
  EXPECT_EQ(fetch("intel/qe_identity/tdx"), "collateral.waiting");
}

TEST_F(Fetching, AsksLessAndLessOftenWhatFails) {
  source.serve(tcb_target(), {.status = 500});
  ASSERT_TRUE(fetcher->want(item(world().tcb_info_name())));
  run_until(kNow + Duration{7 * kDay.s});
  EXPECT_GE(source.asked(tcb_target()), 7u * 4);
  EXPECT_LE(source.asked(tcb_target()), 7u * 4 + 20);
  const auto status = status_of(world().tcb_info_name());
  EXPECT_EQ(status.error_reason, "collateral.status");
  EXPECT_EQ(status.failures, source.asked(tcb_target()));
  EXPECT_EQ(freshness_name(status.freshness), "missing");
  // Another item of the same source is not held up.
  EXPECT_EQ(fetch("intel/qe_identity/tdx"), "ok");
}

TEST_F(Fetching, RemembersWhatASourceHasNot) {
  EXPECT_EQ(fetch("nvidia/rim/ABSENT_1"), "collateral.not_found");
  clock.advance({kAbsentFirst.s / 2});
  EXPECT_EQ(fetch("nvidia/rim/ABSENT_1"), "collateral.waiting");
  EXPECT_EQ(fetch("nvidia/rim/" + kRim), "ok");
  clock.advance(kAbsentFirst);
  EXPECT_EQ(fetch("nvidia/rim/ABSENT_1"), "collateral.not_found");
  EXPECT_EQ(source.asked("/v1/rim/ABSENT_1"), 2u);
}

TEST_F(Fetching, GoesEasyOnAmd) {
  want_all();
  fetcher->run_due({});
  EXPECT_EQ(source.asked(kAmdChainTarget), 1u);
  EXPECT_EQ(source.asked(kAmdCrlTarget) + source.asked(vcek_target()), 0u);
  clock.advance({9});
  fetcher->run_due({});
  EXPECT_EQ(source.asked(kAmdCrlTarget) + source.asked(vcek_target()), 0u);
  clock.advance({1});
  fetcher->run_due({});
  EXPECT_EQ(source.asked(kAmdCrlTarget) + source.asked(vcek_target()), 1u);
}

// What is damaged never replaces what is good, whichever way it is damaged.
TEST_F(Fetching, KeepsGoodBytes) {
  ASSERT_EQ(fetch_tcb(), "ok");
  const auto good = store->load(item(world().tcb_info_name()))->content;
  const auto files = world().files();
  const auto fields = chain_field("TCB-Info-Issuer-Chain", files.tcb_signing_chain);
  const evidence::intel::CollateralFiles other =
      sample_tee::IntelPlatform::create(entropy).collateral_files(evidence::Tee::kTdx,
                                                                  test::kWindow);
  auto half = files.tcb_info;
  half.resize(half.size() / 2);
  const ValidityWindow before{kNow - Duration{20 * kDay.s}, kNow - Duration{10 * kDay.s}};
  const ValidityWindow older{kNow - Duration{20 * kDay.s}, kNow + Duration{10 * kDay.s}};
  const std::pair<Reply, std::string> rows[] = {
      {{.body = files.tcb_info, .fields = fields, .sent_max = 100}, "http.client.closed"},
      {{.body = half, .fields = fields}, "json.syntax"},
      {{.body = Bytes(kContentMax + 1, ' '), .fields = fields}, "http.client.too_large"},
      {{.body = files.tcb_info, .fields = fields, .delay = 3s}, "http.client.timeout"},
      {{.body = other.tcb_info, .fields = fields}, "collateral.signature"},
      {{.body = other.tcb_info,
        .fields = chain_field("TCB-Info-Issuer-Chain", other.tcb_signing_chain)},
       "collateral.issuer"},
      {{.body = world().files(evidence::Tee::kSgx).tcb_info, .fields = fields},
       "collateral.mismatch"},
      {{.body = world().files(evidence::Tee::kTdx, before).tcb_info, .fields = fields},
       "collateral.validity"},
      {{.body = world().files(evidence::Tee::kTdx, older).tcb_info, .fields = fields},
       "collateral.rollback"},
      {{.body = files.tcb_info}, "collateral.answer"},
      {{.status = 304}, "collateral.status"},
      {{.status = 302, .fields = "Location: http://127.0.0.1:1/\r\n"}, "collateral.status"}};
  unsigned failures = 0;
  for (const auto& [reply, reason] : rows) {
    source.serve(tcb_target(), reply);
    EXPECT_EQ(fetch_tcb(), reason);
    const auto status = status_of(world().tcb_info_name());
    EXPECT_EQ(status.error_reason, reason);
    EXPECT_EQ(status.failures, ++failures);
    EXPECT_EQ(store->load(item(status.name))->content, good) << reason;
    clock.advance({kBackoffMax.s * 5 / 4});
  }
  EXPECT_EQ(fetcher->generation(), 1u);
  EXPECT_EQ(freshness_name(status_of(world().tcb_info_name()).freshness), "stale");
  clock.advance({30 * kDay.s});
  EXPECT_EQ(freshness_name(status_of(world().tcb_info_name()).freshness), "expired");
  EXPECT_TRUE(fetcher->good().empty());
}

TEST_F(Fetching, AsksOnlyForWhatIsNew) {
  const auto files = world().files();
  const auto fields = chain_field("TCB-Info-Issuer-Chain", files.tcb_signing_chain);
  source.serve(tcb_target(), {.body = files.tcb_info, .fields = fields + "ETag: \"7\"\r\n"});
  ASSERT_EQ(fetch_tcb(), "ok");
  EXPECT_FALSE(source.last_request().contains("If-None-Match"));
  source.serve(tcb_target(), {.status = 304});
  clock.advance(kDay);
  ASSERT_EQ(fetch_tcb(), "ok");
  EXPECT_TRUE(source.last_request().contains("If-None-Match: \"7\"\r\n"));
  EXPECT_EQ(status_of(world().tcb_info_name()).fetched_at, kNow + kDay);
  EXPECT_EQ(fetcher->generation(), 1u);
}

TEST_F(Fetching, IsNotDeceivedByItsOwnDisk) {
  ASSERT_EQ(fetch_tcb(), "ok");
  const auto path = directory.path() / file_name(item(world().tcb_info_name()));
  ASSERT_TRUE(atoma::store::replace_file(posix_file_system(), path, as_bytes("{}")));
  open();
  const auto status = status_of(world().tcb_info_name());
  EXPECT_EQ(freshness_name(status.freshness), "missing");
  EXPECT_EQ(status.error_reason, "collateral.record");
  EXPECT_EQ(fetcher->run_due({}).fetched, 1u);
  EXPECT_EQ(freshness_name(status_of(status.name).freshness), "fresh");
}

TEST_F(Fetching, NeedsIssuersFirst) {
  EXPECT_EQ(fetch("intel/root_crl"), "collateral.issuer");
  EXPECT_EQ(fetch("amd/crl/milan"), "collateral.issuer");
  EXPECT_EQ(fetch(world().ocsp_name()), "collateral.subject");
}

TEST_F(Fetching, AsksNobodyWithoutAUrl) {
  options.endpoints = {};
  open();
  want_all();
  const auto round = fetcher->run_due({});
  EXPECT_EQ(round.fetched + round.failed, 0u);
  EXPECT_EQ(fetch_tcb(), "collateral.source");
  EXPECT_TRUE(source.targets().empty());
}

TEST_F(Fetching, IsBounded) {
  for (std::size_t i = 0; i < kRecordsMax; ++i) {
    ASSERT_TRUE(fetcher->want(item(std::format("nvidia/rim/X{}", i))));
  }
  EXPECT_EQ(outcome(fetcher->want(item("intel/root_crl"))), "collateral.full");
  EXPECT_EQ(outcome(fetcher->want(item("nvidia/rim/X1"), as_bytes("x"))), "x509.syntax");
}

TEST_F(Fetching, StopsBetweenItems) {
  want_all();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(fetcher->run_due(stop.get_token()).fetched, 0u);
  EXPECT_TRUE(source.targets().empty());
}

}  // namespace
}  // namespace atoma::collateral
