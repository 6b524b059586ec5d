// GPUs and switches under a policy: each finding provoked alone.
#include <gtest/gtest.h>

#include <set>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "nvidia/test_rim.h"

namespace atoma::appraisal {
namespace {

using evidence::Authenticity;
using evidence::Detail;
using evidence::Outcome;
using evidence::TestEntropy;
using evidence::nvidia::Architecture;
using evidence::nvidia::kTestNow;
using evidence::nvidia::make_test_device;
using evidence::nvidia::OpaqueType;
using evidence::nvidia::test_rim_vendor;
using evidence::nvidia::test_vendor;
using sample_tee::matching_rim;
using sample_tee::NvidiaDevice;
using sample_tee::NvidiaReportTemplate;
using Ids = std::set<std::string_view>;

constexpr std::string_view kSampleNonce =
    "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb";

Policy test_policy() {
  Policy policy = Policy::strict("tests");
  policy.sample = SamplePolicy{{test_vendor().root_digest(), test_rim_vendor().root_digest()}};
  policy.nvidia->ocsp = Require::any("no answers here");
  return policy;
}

// What is appraised; tests change parts of it. Owns everything.
struct TestHost {
  std::vector<NvidiaDevice> devices;
  std::vector<NvidiaReportTemplate> contents;
  std::vector<Bytes> rims, ocsp;
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> at_hand;
  Bytes nonce = Bytes(32, 0xA5);
  bool with_nonce = true;
  std::optional<std::uint64_t> expected;
  Policy policy = test_policy();
  Time at = kTestNow;

  // Valid until result() is called again.
  std::vector<Bytes> reports, chains;
  NvidiaEvidence given;

  explicit TestHost(Architecture architecture = Architecture::kHopper) { add(architecture); }

  void add(Architecture architecture, std::uint8_t serial = 1) {
    devices.push_back(make_test_device(
        {.architecture = architecture, .serial = {0x41, serial, 2, 3, 4, 5, 6, 7, 8}}, serial));
    contents.push_back(devices.back().content());
  }

  void add_rims() {
    const auto& gpu = contents[0];
    add_rim(matching_rim(gpu, "550.90.07", "GH100", {1, 7, 35}));
    add_rim(matching_rim(gpu, "96.00.5e.00.01", "GH100", {0, 2, 9}));
  }
  void add_rim(const sample_tee::NvidiaRimTemplate& rim) {
    rims.push_back(test_rim_vendor().make_rim(rim));
  }
  void without_rims() {
    policy.nvidia->driver_rim = policy.nvidia->vbios_rim = Require::any("none here");
  }

  AttestationResult result() {
    Appraiser appraiser(std::make_shared<const Policy>(policy));
    return result(appraiser);
  }

  // By one that may know some of it already.
  AttestationResult result(Appraiser& appraiser) {
    reports.clear();
    chains.clear();
    given = {.devices = {},
             .rims = {rims.begin(), rims.end()},
             .ocsp = {ocsp.begin(), ocsp.end()},
             .expected_devices = expected,
             .rims_at_hand = at_hand};
    for (std::size_t i = 0; i < devices.size(); ++i) {
      reports.push_back(devices[i].report(contents[i]));
      chains.push_back(devices[i].pem());
    }
    for (std::size_t i = 0; i < devices.size(); ++i) {
      given.devices.push_back({reports[i], chains[i]});
    }
    return appraiser.appraise(
        {.evidence = {},
         .tee = evidence::Tee::kNvidia,
         .nvidia = &given,
         .at = at,
         .expected_report_data = with_nonce ? std::optional<ByteView>(nonce) : std::nullopt},
        Detail::kAll);
  }
};

Ids with_outcome(const AttestationResult& result, Outcome outcome) {
  Ids out;
  for (const auto& f : result.findings().items()) {
    if (f.outcome == outcome) out.insert(f.id);
  }
  return out;
}
Ids failing(const AttestationResult& result) { return with_outcome(result, Outcome::kFail); }

TEST(NvidiaAppraisal, AcceptsMeasurementsOfBothManifests) {
  TestHost host;
  host.add_rims();
  const auto result = host.result();
  EXPECT_EQ(failing(result), Ids{});
  EXPECT_EQ(result.verdict(), Verdict::kAccepted);
  EXPECT_EQ(result.authenticity(), Authenticity::kYes);
  EXPECT_TRUE(result.sample());
  EXPECT_EQ(with_outcome(result, Outcome::kExcused), (Ids{"policy.sample", "policy.nvidia.ocsp"}));
  ASSERT_EQ(result.devices().size(), 1u);
  const auto& device = result.devices()[0];
  EXPECT_EQ(device.chip, "GH100");
  EXPECT_EQ(device.id, "410102030405060708");
  EXPECT_EQ(device.driver_rim_id, "NV_GPU_DRIVER_GH100_550.90.07");
  EXPECT_EQ(device.vbios_rim_id, "NV_GPU_VBIOS_1010_0200_882_96005E0001");
  EXPECT_EQ(device.mode, "spt");
  EXPECT_EQ(result.evidence_digest(), crypto::sha256(host.reports[0]));
  EXPECT_TRUE(wire::JsonDocument::parse(to_json(result)));
}

TEST(NvidiaAppraisal, BlackwellAndSwitchNameTheirManifests) {
  TestHost host(Architecture::kBlackwell);
  host.without_rims();
  EXPECT_EQ(host.result().devices()[0].driver_rim_id, "NV_GPU_CC_DRIVER_GB100_575.32");
  TestHost ls10(Architecture::kLs10);
  ls10.add_rim(matching_rim(ls10.contents[0], "96.10.55.00.01", "LS10", {0, 30}));
  const auto result = ls10.result();
  EXPECT_EQ(result.verdict(), Verdict::kAccepted);
  EXPECT_EQ(result.devices()[0].vbios_rim_id, "NV_SWITCH_BIOS_5612_0002_890_9610550001");
}

TEST(NvidiaAppraisal, FixedSampleNonceIsRefused) {
  TestHost host;
  host.without_rims();
  host.nonce = *wire::hex_decode(kSampleNonce);
  std::ranges::copy(host.nonce, host.contents[0].nonce.begin());
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.sample_nonce"});
  host.policy.nvidia->no_sample_nonce = Require::any("captured");
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
}

TEST(NvidiaAppraisal, NonceMustBeTheChallenge) {
  TestHost host;
  host.without_rims();
  host.nonce.back() ^= 1;
  const auto other = host.result();
  EXPECT_EQ(failing(other), Ids{"nvidia.nonce"});
  EXPECT_EQ(other.authenticity(), Authenticity::kYes);
  host.nonce = Bytes(31, 0xA5);  // a prefix is none
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.nonce"});
  host.with_nonce = false;
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);  // the strict default compares if given
  host.policy.report_data_bound = Require::strict();
  const auto unasked = host.result();
  EXPECT_EQ(with_outcome(unasked, Outcome::kMissing), Ids{"nvidia.nonce"});
  EXPECT_EQ(unasked.verdict(), Verdict::kUnappraisable);
}

TEST(NvidiaAppraisal, MissingManifestsAreRefusedAndExcusedByName) {
  TestHost host;
  EXPECT_EQ(failing(host.result()), (Ids{"nvidia.rim.driver", "nvidia.rim.vbios"}));
  host.policy.nvidia->driver_rim = Require::any("x");
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.rim.vbios"});
  host.policy.nvidia->driver_rim = Require::strict();
  host.policy.nvidia->vbios_rim = Require::any("x");
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.rim.driver"});
}

TEST(NvidiaAppraisal, UnknownRevocationIsRefused) {
  TestHost host;
  host.without_rims();
  host.policy.nvidia->ocsp = Require::strict();
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.ocsp"});
}

constexpr ValidityWindow kCurrent{kTestNow - Duration{60}, kTestNow + Duration{60}};

TEST(NvidiaAppraisal, OcspAnswersAreJudgedByOutcome) {
  using pki::OcspStatus;
  const auto with = [](OcspStatus status) {
    TestHost host;
    host.without_rims();
    host.policy.nvidia->ocsp = Require::strict();
    host.ocsp = test_vendor().answers(host.devices[0], status, kCurrent);
    return host;
  };
  const auto good = with(OcspStatus::kGood).result();
  EXPECT_EQ(good.verdict(), Verdict::kAccepted);
  EXPECT_EQ(good.devices()[0].revocation, OcspStatus::kGood);
  const auto revoked = with(OcspStatus::kRevoked).result();
  EXPECT_EQ(failing(revoked), Ids{"nvidia.ocsp.revoked"});
  EXPECT_EQ(revoked.authenticity(), Authenticity::kNo);
  auto stale = with(OcspStatus::kGood);
  stale.at = kCurrent.not_after + Duration{1};
  EXPECT_EQ(failing(stale.result()), Ids{"policy.nvidia.ocsp"});
  auto unreadable = with(OcspStatus::kGood);
  unreadable.ocsp.push_back({0x30, 0});
  EXPECT_EQ(failing(unreadable.result()), Ids{"ocsp.syntax"});
}

TEST(NvidiaAppraisal, CertificateHoldIsItsOwnOutcome) {
  TestHost host;
  host.without_rims();
  host.policy.nvidia->ocsp = Require::strict();
  host.ocsp = test_vendor().answers(host.devices[0], pki::OcspStatus::kHold, kCurrent);
  const auto held = host.result();
  EXPECT_EQ(failing(held), Ids{"policy.nvidia.certificate_hold"});
  EXPECT_EQ(held.authenticity(), Authenticity::kYes);
  host.policy.nvidia->no_hold = Require::any("known to us");
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
  // No other exception lets it through.
  host.policy.nvidia->no_hold = Require::strict();
  host.policy.nvidia->ocsp = Require::any("x");
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.certificate_hold"});
}

// What was verified once is remembered; nothing of it is believed longer than it says, or against
// a new answer.
TEST(NvidiaAppraisal, KnownFactsEndWithTheirTimeAndWithRevocation) {
  using pki::OcspStatus;
  TestHost host;
  host.add_rims();
  host.policy.nvidia->ocsp = Require::strict();
  const auto answers = [&](OcspStatus device, OcspStatus signer) {
    auto out = test_vendor().answers(host.devices[0], device, kCurrent);
    for (auto& answer : test_rim_vendor().answers(signer, kCurrent)) out.push_back(answer);
    return out;
  };
  Appraiser appraiser(std::make_shared<const Policy>(host.policy));
  const auto known_and_good = [&] {
    host.at = kTestNow;
    host.ocsp = answers(OcspStatus::kGood, OcspStatus::kGood);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(host.result(appraiser).verdict(), Verdict::kAccepted);
    }
  };
  known_and_good();
  host.ocsp = answers(OcspStatus::kRevoked, OcspStatus::kGood);
  EXPECT_EQ(failing(host.result(appraiser)), Ids{"nvidia.ocsp.revoked"});
  known_and_good();
  host.ocsp = answers(OcspStatus::kGood, OcspStatus::kRevoked);
  EXPECT_EQ(failing(host.result(appraiser)),
            (Ids{"nvidia.ocsp.revoked", "nvidia.rim.driver", "nvidia.rim.vbios"}));
  known_and_good();
  host.at = kCurrent.not_after + Duration{1};
  EXPECT_EQ(failing(host.result(appraiser)),
            (Ids{"policy.nvidia.ocsp", "nvidia.rim.driver", "nvidia.rim.vbios"}));
  known_and_good();
  host.at = evidence::nvidia::kTestValidity.not_after + Duration{1};
  EXPECT_EQ(failing(host.result(appraiser)), Ids{"nvidia.chain.validity"});
  known_and_good();
  host.rims[0].back() ^= 1;
  EXPECT_NE(host.result(appraiser).verdict(), Verdict::kAccepted);
}

TEST(NvidiaAppraisal, RevokedSignerOfAManifestIsRefused) {
  TestHost host;
  host.add_rims();
  host.ocsp = test_rim_vendor().answers(pki::OcspStatus::kRevoked, kCurrent);
  EXPECT_EQ(failing(host.result()),
            (Ids{"nvidia.ocsp.revoked", "nvidia.rim.driver", "nvidia.rim.vbios"}));
  host.policy.nvidia->ocsp = Require::strict();
  host.ocsp = test_rim_vendor().answers(pki::OcspStatus::kGood, kCurrent);
  for (const auto& answer :
       test_vendor().answers(host.devices[0], pki::OcspStatus::kGood, kCurrent)) {
    host.ocsp.push_back(answer);
  }
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
}

TEST(NvidiaAppraisal, ReportWithoutFwidIsRefused) {
  TestHost host;
  host.without_rims();
  host.contents[0].remove(OpaqueType::kFwid);
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.fwid"});
  host.policy.nvidia->fwid_bound = Require::any("driver 535");
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
}

TEST(NvidiaAppraisal, DebugFirmwareIsRefused) {
  for (const std::uint8_t bit : Bytes{0x10, 0x20, 0x40}) {
    TestHost host;
    host.without_rims();
    host.devices[0] = make_test_device(
        {.architecture = Architecture::kBlackwell, .tcb_flags = {0, bit, 0, 0, 1}});
    host.contents[0] = host.devices[0].content();
    EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.debug"});
    host.policy.nvidia->no_debug = Require::any("x");
    EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
  }
}

TEST(NvidiaAppraisal, ModesAreThoseOfThePolicy) {
  TestHost host;
  host.without_rims();
  host.policy.nvidia->modes = AnyOf<std::string>::one_of({"ppcie"});
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.mode"});
  host.contents[0].set(OpaqueType::kProtectedPcie, {0xAA});
  host.contents[0].set(OpaqueType::kFeatureFlag, {2, 0});
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
  // What contradicts itself or is unknown is refused under any policy.
  host.policy.nvidia->modes = AnyOf<std::string>::any("x");
  host.contents[0].set(OpaqueType::kProtectedPcie, {0x55});
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.mode"});
  host.contents[0].set(OpaqueType::kFeatureFlag, {3, 0});
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.mode"});
  host.contents[0].set(OpaqueType::kFeatureFlag, {1, 0});
  EXPECT_EQ(host.result().devices()[0].mode, "mpt");
  host.contents[0].set(OpaqueType::kProtectedPcie, {0});
  EXPECT_EQ(failing(host.result()), Ids{"policy.nvidia.mode"});
  host.contents[0].remove(OpaqueType::kProtectedPcie);
  host.contents[0].remove(OpaqueType::kFeatureFlag);
  EXPECT_EQ(host.result().devices()[0].mode, "unstated");
}

TEST(NvidiaAppraisal, MeasurementsThatDifferAreNamedByIndex) {
  TestHost host;
  host.add_rims();
  host.contents[0].measurements[9][0] ^= 1;
  host.contents[0].measurements[1][0] ^= 1;
  host.contents[0].measurements[3][0] ^= 1;  // no manifest speaks of it
  const auto result = host.result();
  EXPECT_EQ(failing(result), Ids{"nvidia.measurement"});
  EXPECT_EQ(result.devices()[0].mismatched_indices, (std::vector<std::size_t>{1, 9}));
  EXPECT_EQ(result.authenticity(), Authenticity::kYes);
}

TEST(NvidiaAppraisal, ManifestOfAnotherVersionIsRefused) {
  for (const auto& [version, product] : {std::pair{"550.90.08", "GH100"}, {"550.90.07", "GB100"}}) {
    TestHost host;
    host.without_rims();
    host.add_rim(matching_rim(host.contents[0], version, product, {1}));
    EXPECT_EQ(failing(host.result()), Ids{"nvidia.rim.version"}) << version << product;
  }
  // Its values are compared all the same.
  TestHost host;
  host.without_rims();
  host.add_rim(matching_rim(host.contents[0], "545.00", "GH100", {1, 4}));
  host.contents[0].measurements[4][0] ^= 1;
  const auto result = host.result();
  EXPECT_EQ(failing(result), (Ids{"nvidia.rim.version", "nvidia.measurement"}));
  EXPECT_EQ(result.devices()[0].mismatched_indices, std::vector<std::size_t>{4});
}

TEST(NvidiaAppraisal, ManifestsThatSpeakOfOneIndexAreRefused) {
  TestHost host;
  host.add_rim(matching_rim(host.contents[0], "550.90.07", "GH100", {1, 7}));
  host.add_rim(matching_rim(host.contents[0], "96.00.5E.00.01", "GH100", {7}));
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.rim.conflict"});
}

TEST(NvidiaAppraisal, ManifestsThatAreNotBelievedDoNotCount) {
  TestHost host;
  host.add_rims();
  const std::string good(as_text(host.rims[0]));
  host.rims[0] = to_bytes(evidence::nvidia::replaced(good, "tagVersion=\"0\"", "tagVersion=\"1\""));
  EXPECT_EQ(failing(host.result()), (Ids{"nvidia.rim.signature", "nvidia.rim.driver"}));
  host.policy.nvidia->rim_signature = Require::any("x");
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);

  host.policy.nvidia->rim_signature = Require::strict();
  host.rims[0] = to_bytes(good);
  host.policy.sample->roots.pop_back();
  EXPECT_EQ(failing(host.result()),
            (Ids{"nvidia.rim.chain", "nvidia.rim.driver", "nvidia.rim.vbios"}));
}

TEST(NvidiaAppraisal, ExpiredManifestIsRefused) {
  TestHost host;
  host.add_rims();
  const auto& vendor = test_rim_vendor();
  const auto old = vendor.chain_with(
      [](auto& certificates) { certificates[0].validity.not_after = kTestNow - Duration{1}; });
  const auto rim = matching_rim(host.contents[0], "550.90.07", "GH100", {1});
  host.rims[0] = vendor.sign(encode_nvidia_rim(rim), old);
  EXPECT_EQ(failing(host.result()), (Ids{"nvidia.rim.validity", "nvidia.rim.driver"}));
  host.policy.nvidia->rim_validity = Require::any("x");
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
}

TEST(NvidiaAppraisal, ManifestThatDoesNotParseIsRefused) {
  TestHost host;
  host.without_rims();
  host.rims.push_back(to_bytes("<a/>"));
  EXPECT_EQ(failing(host.result()), Ids{"rim.structure"});
}

TEST(NvidiaAppraisal, DuplicateEvidencesAreRefused) {
  TestHost host;
  host.without_rims();
  host.add(Architecture::kHopper, 2);
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
  host.add(Architecture::kHopper, 1);  // the first one's keys again
  host.expected = 3;
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.distinct"});
  // The same chip under other firmware is the same chip.
  TestEntropy entropy(1);
  host.devices[2] = test_vendor().make_device(
      {.serial = {0x41, 1, 2, 3, 4, 5, 6, 7, 8}, .fwid = Bytes(48, 9)}, entropy);
  host.contents[2] = host.devices[2].content();
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.distinct"});
}

TEST(NvidiaAppraisal, DevicesMustBeAsManyAsExpected) {
  TestHost host;
  host.without_rims();
  host.expected = 2;
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.count"});
  host.add(Architecture::kHopper, 2);
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
  host.policy.nvidia->devices = Bound<std::uint64_t>::at(8);
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.count"});
  host.policy.nvidia->devices = Bound<std::uint64_t>::at(2);
  host.expected.reset();
  EXPECT_EQ(host.result().verdict(), Verdict::kAccepted);
  host.devices.clear();
  host.policy.nvidia->devices = Bound<std::uint64_t>::at(0);
  EXPECT_EQ(host.result().verdict(), Verdict::kRefused);
}

TEST(NvidiaAppraisal, OneDeviceWithAnotherNonceIsRefused) {
  TestHost host;
  host.without_rims();
  host.add(Architecture::kHopper, 2);
  host.contents[1].nonce.fill(1);
  const auto result = host.result();
  EXPECT_EQ(failing(result), Ids{"nvidia.nonce"});
  const auto& items = result.findings().items();
  const auto found = std::ranges::find(items, Outcome::kFail, &evidence::Finding::outcome);
  EXPECT_TRUE(found->actual.starts_with("device 1: ")) << found->actual;
}

// A switch shows its PDI with the highest byte first, GPUs list theirs with the lowest first.
TEST(NvidiaAppraisal, GpusMustBeLinkedToTheSwitchesShown) {
  TestHost host;
  host.without_rims();
  host.add(Architecture::kLs10, 9);
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.switches"});
  host.contents[0].set(OpaqueType::kSwitchPdis, {8, 7, 6, 5, 4, 3, 2, 9});
  EXPECT_EQ(failing(host.result()), Ids{});
  host.contents[0].set(OpaqueType::kSwitchPdis, {9, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.switches"});
  host.contents[0].set(OpaqueType::kSwitchPdis,
                       {8, 7, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2, 9, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.devices.switches"});  // a third is not shown
}

TEST(NvidiaAppraisal, DamagedEvidenceIsNeverAuthentic) {
  TestHost host;
  host.without_rims();
  host.contents[0].opaque.push_back({20, Bytes(48)});  // twice
  const auto unparsed = host.result();
  EXPECT_EQ(failing(unparsed), Ids{"spdm.opaque"});
  EXPECT_FALSE(unparsed.parsed());
  EXPECT_EQ(unparsed.authenticity(), Authenticity::kNo);
  EXPECT_EQ(unparsed.verdict(), Verdict::kRefused);
  host.contents[0] = host.devices[0].content();
  host.devices[0].chain[0] = Bytes{1};
  EXPECT_EQ(failing(host.result()), Ids{"x509.syntax"});
}

// What lies there for other devices is no reason to refuse these; what came along is.
TEST(NvidiaAppraisal, ManifestsAtHandAreFoundByTheirVersion) {
  TestHost host;
  const auto& gpu = host.contents[0];
  const auto keep = [&](std::string version, std::string product,
                        const std::vector<std::size_t>& indices) {
    const auto bytes = test_rim_vendor().make_rim(
        matching_rim(gpu, std::move(version), std::move(product), indices));
    host.at_hand.push_back(*evidence::nvidia::parse_rim_file(bytes));
  };
  EXPECT_EQ(failing(host.result()), (Ids{"nvidia.rim.driver", "nvidia.rim.vbios"}));
  keep("550.90.08", "GH100", {1});
  keep("550.90.07", "GB100", {1});
  keep("550.90.07", "GH100", {1, 7, 35});
  keep("96.00.5e.00.01", "GH100", {0, 2, 9});
  const auto result = host.result();
  EXPECT_EQ(failing(result), Ids{});
  EXPECT_FALSE(all_zero(result.collateral_digest()));
  // The one that came along counts before it, and is refused where none reports its version.
  host.add_rim(matching_rim(gpu, "550.90.08", "GH100", {1}));
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.rim.version"});
  host.rims.clear();
  host.contents[0].measurements[7].back() ^= 1;
  EXPECT_EQ(failing(host.result()), Ids{"nvidia.measurement"});
  EXPECT_EQ(host.result().devices()[0].mismatched_indices, std::vector<std::size_t>{7});
}

TEST(NvidiaAppraisal, NeedsASectionInThePolicy) {
  TestHost host;
  host.without_rims();
  host.policy.nvidia.reset();
  EXPECT_TRUE(failing(host.result()).contains("policy.tee"));
  host.policy = test_policy();
  host.policy.sample.reset();
  EXPECT_TRUE(failing(host.result()).contains("nvidia.root"));
}

TEST(NvidiaAppraisal, ReportAloneIsUnappraisable) {
  TestHost host;
  const Bytes report = host.devices[0].report(host.contents[0]);
  Appraiser appraiser(std::make_shared<const Policy>(host.policy));
  const auto result = appraiser.appraise(
      {.evidence = report, .at = kTestNow, .expected_report_data = host.nonce}, Detail::kAll);
  EXPECT_EQ(with_outcome(result, Outcome::kMissing), Ids{"nvidia.chain.length"});
  EXPECT_EQ(result.verdict(), Verdict::kUnappraisable);
  EXPECT_EQ(result.authenticity(), Authenticity::kUnknown);
}

TEST(NvidiaAppraisal, IsRecognisedByItsRequest) {
  TestHost host;
  const Bytes report = host.devices[0].report(host.contents[0]);
  EXPECT_EQ(recognise(report), evidence::Tee::kNvidia);
}

}  // namespace
}  // namespace atoma::appraisal
