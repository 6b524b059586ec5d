// A CPU and its GPUs in one transcript: no device can be swapped, dropped, added or shown twice, no
// challenge answered twice, no key put in another's place.
#include "atoma/appraisal/composite.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "atoma/appraisal/binding.h"
#include "atoma/appraisal/ear.h"
#include "atoma/appraisal/explain.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "nvidia/test_device.h"

namespace atoma::appraisal {
namespace {

using evidence::Outcome;
using evidence::Tee;
using evidence::TestEntropy;
using evidence::nvidia::kTestNow;
using evidence::nvidia::test_vendor;
using sample_tee::NvidiaDevice;

constexpr ValidityWindow kWindow{{kTestNow.unix_s - 1000}, {kTestNow.unix_s + 1'000'000}};

const sample_tee::IntelPlatform& platform() {
  static const auto kPlatform = [] {
    TestEntropy entropy(9);
    return sample_tee::IntelPlatform::create(entropy);
  }();
  return kPlatform;
}

const NvidiaDevice& device(std::uint8_t serial) {
  static std::map<std::uint8_t, NvidiaDevice> devices;
  const auto make = [&] {
    return evidence::nvidia::make_test_device({.serial = {0x41, serial, 2, 3, 4, 5, 6, 7, 8}},
                                              serial);
  };
  const auto found = devices.find(serial);
  return found != devices.end() ? found->second : devices.emplace(serial, make()).first->second;
}

Bytes gpu_report(std::uint8_t serial, const crypto::Digest256& nonce) {
  auto content = device(serial).content();
  content.nonce = nonce;
  return device(serial).report(content);
}

std::string dstack_event(ByteView payload) {
  return R"([{"imr": 3, "event_type": 134217729, "digest": "", "event": "gpu-attestation",)"
         R"( "event_payload": ")" +
         wire::hex_encode(payload) + "\"}]";
}

// Honest evidence of two GPUs; tests change one part after it is made, or what is made of it.
struct Host {
  Bytes challenge = Bytes(32, 0xC4), key = Bytes(64, 0x4B);
  std::vector<std::uint8_t> serials{1, 2};
  std::vector<Bytes> reports, chains;
  Bytes quote, event_log;
  Policy policy = Policy::strict("tests");
  bool with_challenge = true;
  std::optional<std::uint64_t> expected_devices;
  std::optional<Bytes> measured;  // payload of the event in RTMR 3
  cose::Ear ear;
  std::string json;
  bool dry_run = false;  // tells `told`, too
  Explanation told;

  Host() {
    policy.sample = SamplePolicy{{platform().root_digest(), test_vendor().root_digest()}};
    policy.nvidia->ocsp = policy.nvidia->driver_rim = policy.nvidia->vbios_rim =
        Require::any("not here");
    make();
  }
  void make() {
    reports.clear();
    chains.clear();
    for (std::size_t i = 0; i < serials.size(); ++i) {
      reports.push_back(gpu_report(serials[i], gpu_nonce(challenge, i)));
      chains.push_back(device(serials[i]).pem());
    }
    make_quote(key);
  }
  std::vector<crypto::Digest256> digests() const {
    std::vector<crypto::Digest256> out;
    for (const auto& report : reports) out.push_back(crypto::sha256(report));
    return out;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto serial : serials) {
      out.push_back(wire::hex_encode(Bytes{0x41, serial, 2, 3, 4, 5, 6, 7, 8}));
    }
    return out;
  }
  // The CPU's evidence for the reports as they are now.
  void make_quote(ByteView bound_key) {
    sample_tee::IntelQuoteTemplate content;
    std::ranges::copy(bind_report_data(challenge, bound_key, digests()),
                      content.td.report_data.begin());
    if (measured) {
      // dstack: SHA-384 of type, ":", name, ":", payload; extended into a register of zeros.
      Bytes event{0x01, 0x00, 0x00, 0x08};
      append(event, as_bytes(":gpu-attestation:"));
      append(event, *measured);
      Bytes extended(48);
      append(extended, crypto::sha384(event));
      std::ranges::copy(crypto::sha384(extended), content.td.rtmr[3].begin());
      for (const int i : {0, 1, 2}) std::ranges::fill(content.td.rtmr[i], 0);
      event_log = to_bytes(dstack_event(*measured));
    }
    quote = platform().quote(content);
  }

  // The verdict and what did not pass, by part.
  std::string run() {
    static const auto collateral =
        *evidence::intel::Collateral::parse(platform().collateral_files(Tee::kTdx, kWindow));
    std::vector<ByteView> logs;
    if (!event_log.empty()) logs.push_back(event_log);
    CompositeRequest request{
        .cpu = {.evidence = quote,
                .collateral = collateral.get(),
                .at = kTestNow,
                .event_logs = logs},
        .gpus = {.devices = {}, .rims = {}, .ocsp = {}, .expected_devices = expected_devices},
        .key = key,
        .challenge = with_challenge ? std::optional<ByteView>(challenge) : std::nullopt};
    for (std::size_t i = 0; i < reports.size(); ++i) {
      request.gpus.devices.push_back({reports[i], chains[i]});
    }
    Appraiser appraiser(std::make_shared<const Policy>(policy));
    const auto result = appraise_composite(appraiser, request);
    if (dry_run) told = explain(policy, request);
    ear = make_ear(result, {.issuer = "i",
                            .id = "j",
                            .nonce = "12345678",
                            .key_sha256 = "",
                            .build = "b",
                            .issued_at = kTestNow});
    json = to_json(result);
    std::string out(verdict_name(result.verdict));
    const auto add = [&](std::string_view part, const evidence::Findings& findings) {
      std::set<std::string_view> ids;
      for (const auto& f : findings.items()) {
        if (f.outcome < Outcome::kExcused) ids.insert(f.id);
      }
      for (const auto id : ids) out += " " + std::string(part) + std::string(id);
    };
    add("cpu:", result.cpu.findings());
    add("gpus:", result.gpus.findings());
    add("", result.findings);
    return out;
  }
};

constexpr const char* kUnbound =
    " "
    "policy.composite.gpu_binding";

TEST(Composite, HonestEvidenceIsAcceptedAndSaysHowItIsBound) {
  Host host;
  EXPECT_EQ(host.run(), "accepted");
  EXPECT_EQ(host.ear.atoma.gpu_binding, "report-data");
  EXPECT_EQ(host.ear.atoma.tee, "tdx+nvidia");
  EXPECT_EQ(host.ear.atoma.key, wire::hex_encode(crypto::sha256(host.key)));
  ASSERT_EQ(host.ear.submods.size(), 2u);
  EXPECT_EQ(host.ear.submods[0].name, "cpu");
  EXPECT_EQ(host.ear.submods[1].name, "gpus");
  EXPECT_EQ(host.ear.submods[1].status, cose::EarStatus::kWarning) << "a software root";
  EXPECT_EQ(host.ear.atoma.measurements.back().first, "gpu1.id");
  const auto again = cose::parse_ear(cose::encode_ear(host.ear));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, host.ear);
  const auto json = wire::JsonDocument::parse(host.json);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->root().find("gpu_binding")->text(), "report-data");
  EXPECT_EQ(json->root().find("cpu")->find("tee")->text(), "tdx");
}

TEST(Composite, ASwappedDeviceIsRefused) {
  Host host;
  // Another genuine device that answers the same challenge at the same place.
  host.reports[1] = gpu_report(3, gpu_nonce(host.challenge, 1));
  host.chains[1] = device(3).pem();
  EXPECT_EQ(host.run(), std::string("refused cpu:policy.report_data") + kUnbound);
  EXPECT_EQ(host.ear.atoma.gpu_binding, "");
  EXPECT_EQ(host.ear.submods[1].status, cose::EarStatus::kContraindicated);
}

TEST(Composite, TwoDevicesInEachOthersPlaceAreRefused) {
  Host host;
  std::swap(host.reports[0], host.reports[1]);
  std::swap(host.chains[0], host.chains[1]);
  EXPECT_EQ(host.run(), "refused gpus:nvidia.nonce");
}

TEST(Composite, ADroppedDeviceIsRefused) {
  Host host;
  host.reports.pop_back();
  host.chains.pop_back();
  EXPECT_EQ(host.run(), std::string("refused cpu:policy.report_data") + kUnbound);
}

// Nothing in the evidence says how many GPUs a host has: who knows, says so.
TEST(Composite, ADeviceThatTheGuestHidesIsMissedByWhoCounts) {
  Host host;
  host.serials.pop_back();
  host.make();
  EXPECT_EQ(host.run(), "accepted");
  host.expected_devices = 2;
  EXPECT_EQ(host.run(), "refused gpus:nvidia.devices.count");
}

TEST(Composite, ADeviceTwiceIsRefused) {
  Host host;
  host.serials = {1, 1};
  host.make();
  EXPECT_EQ(host.run(), "refused gpus:nvidia.devices.distinct");
  // The very same report in two places answers one nonce.
  host.reports[1] = host.reports[0];
  host.make_quote(host.key);
  EXPECT_EQ(host.run(), "refused gpus:nvidia.devices.distinct gpus:nvidia.nonce");
}

TEST(Composite, AReplayedNonceIsRefused) {
  Host host;
  // The guest binds a report that answers an older challenge.
  host.reports[1] = gpu_report(2, gpu_nonce(Bytes(32, 1), 1));
  host.make_quote(host.key);
  EXPECT_EQ(host.run(), "refused gpus:nvidia.nonce");
  // Everything is of another challenge.
  Host whole;
  whole.challenge[0] ^= 1;
  EXPECT_EQ(whole.run(),
            std::string("refused cpu:policy.report_data gpus:nvidia.nonce") + kUnbound);
}

TEST(Composite, OneNonceForAllDevicesIsRefused) {
  Host host;
  host.reports[1] = gpu_report(2, gpu_nonce(host.challenge, 0));
  host.make_quote(host.key);
  EXPECT_EQ(host.run(), "refused gpus:nvidia.nonce");
}

TEST(Composite, AKeyThatIsNotBoundIsRefused) {
  Host host;
  host.key[5] ^= 1;
  EXPECT_EQ(host.run(), std::string("refused cpu:policy.report_data") + kUnbound);
  Host none;
  none.key.clear();
  none.make();
  EXPECT_EQ(none.run(),
            "refused "
            "composite.key");
  none.policy.composite->key = Require::any("no channel");
  EXPECT_EQ(none.run(), "accepted");
  EXPECT_EQ(none.ear.atoma.key, "");
}

TEST(Composite, WithoutAChallengeNothingIsDecided) {
  Host host;
  host.with_challenge = false;
  EXPECT_EQ(host.run(),
            "unappraisable "
            "composite.challenge");
  EXPECT_EQ(host.ear.atoma.gpu_binding, "");
}

TEST(Composite, NeedsItsSectionAndThoseOfItsParts) {
  Host host;
  host.policy.composite.reset();
  EXPECT_EQ(host.run(),
            "refused "
            "policy.composite");
  Host gpus;
  gpus.policy.nvidia.reset();
  EXPECT_TRUE(gpus.run().starts_with("refused gpus:")) << gpus.run();
  Host cpu;
  cpu.policy.tdx.reset();
  EXPECT_EQ(cpu.run(), "refused cpu:policy.tee");
}

TEST(Composite, ModesAreThePolicys) {
  Host host;
  host.policy.nvidia->modes = AnyOf<std::string>::one_of({"ppcie"});
  EXPECT_EQ(host.run(), "refused gpus:policy.nvidia.mode");
}

TEST(Composite, DevicesMeasuredIntoRtmr3BindByIt) {
  Host host;
  host.policy.composite->gpu_binding = AnyOf<std::string>::one_of({"rtmr"});
  EXPECT_EQ(host.run(),
            "refused "
            "policy.composite.gpu_binding");
  host.measured = to_bytes(gpu_set_digest(host.ids()));
  host.make();
  EXPECT_EQ(host.run(), "accepted");
  EXPECT_EQ(host.ear.atoma.gpu_binding, "rtmr");
  // A log that the register does not bear out tells of nothing.
  host.event_log = to_bytes(dstack_event(Bytes(32, 1)));
  EXPECT_TRUE(host.run().starts_with("refused cpu:eventlog.replay")) << host.run();
}

TEST(Composite, OtherDevicesInRtmr3AreALie) {
  Host host;
  host.policy.composite->gpu_binding = AnyOf<std::string>::any("tests");
  host.measured = Bytes(32, 1);
  host.make();
  EXPECT_EQ(host.run(), std::string("refused") +
                            " "
                            "composite.gpu_event" +
                            kUnbound);
}

std::string told_by(Host& host) {
  host.dry_run = true;
  host.run();
  std::string out(host.told.policy_can_accept ? "can" : "cannot");
  for (const auto& refusal : host.told.refusals) {
    out += " " + std::string(refusal.part) + ":" + std::string(refusal.finding.id);
    if (refusal.policy.empty()) out += "(no policy)";
  }
  return out;
}

TEST(Composite, ADryRunNamesPartsAndTheirFields) {
  Host good;
  EXPECT_EQ(told_by(good), "can");
  EXPECT_EQ(good.told.tee, Tee::kTdx);
  // Behind a section that is not there its rules wait.
  Host host;
  host.policy.nvidia->modes = AnyOf<std::string>::one_of({"ppcie"});
  host.policy.composite.reset();
  host.policy.tdx->measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, 7)});
  EXPECT_EQ(told_by(host),
            "can cpu:policy.measurement gpus:policy.nvidia.mode gpus:policy.nvidia.mode "
            "all:policy.composite");
  EXPECT_EQ(host.told.refusals[1].policy, host.told.refusals[2].policy) << "of both devices";
  EXPECT_EQ(host.told.refusals[3].policy, std::vector<std::string>{"accept.composite: a section"});
  Host binding;
  binding.policy.composite->gpu_binding = AnyOf<std::string>::one_of({"rtmr"});
  EXPECT_EQ(told_by(binding), "can all:policy.composite.gpu_binding");
  EXPECT_EQ(binding.told.refusals[0].policy,
            std::vector<std::string>{"accept.composite.gpu_binding: add report-data"});
  Host none;
  none.key.clear();
  none.make();
  EXPECT_EQ(told_by(none), "can all:composite.key");
  // No policy admits evidence of another challenge.
  Host other;
  other.challenge[0] ^= 1;
  EXPECT_EQ(told_by(other),
            "cannot cpu:policy.report_data(no policy) gpus:nvidia.nonce(no policy) "
            "gpus:nvidia.nonce(no policy) all:policy.composite.gpu_binding(no policy)");
  wire::JsonWriter out;
  out.begin_object();
  write_json(out, other.told);
  EXPECT_TRUE(out.end_object().take().contains(R"("refusals":[{"part":"cpu","id":)"));
}

TEST(Composite, PolicyReadsItsSection) {
  const std::string policy = R"({"atoma_policy": 1, "name": "x", "revocation": "require",
    "report_data": "require", "accept": {"composite": {"key": "require",
    "gpu_binding": ["rtmr"]}, "nvidia": {"sample_nonce": "forbid", "fwid": "require", "rims":
    {"driver": "require", "vbios": "require", "signature": "require", "validity": "require"},
    "ocsp": "require", "certificate_hold": "forbid", "debug": "forbid", "modes": ["spt"],
    "devices": 1}}})";
  const auto parsed = parse_policy(policy);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->composite->gpu_binding.values, std::vector<std::string>{"rtmr"});
  std::string tdisp = policy;
  tdisp.replace(tdisp.find("rtmr"), 4, "tdisp");
  EXPECT_EQ(parse_policy(tdisp).error().reason, "policy.field");
}

}  // namespace
}  // namespace atoma::appraisal
