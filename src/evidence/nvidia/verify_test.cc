// Chains and reports: each check provoked alone, so that a check that goes missing is noticed.
#include "atoma/evidence/nvidia/verify.h"

#include <gtest/gtest.h>

#include "nvidia/test_device.h"

namespace atoma::evidence::nvidia {
namespace {

using Ids = std::set<std::string_view>;
using pki::CertificateTemplate;
using sample_tee::encode_nvidia_dice;
using sample_tee::NvidiaDeviceTemplate;

// What a verifier is shown; a row changes one thing.
struct TestCase {
  NvidiaDeviceTemplate device;
  sample_tee::NvidiaReportTemplate report;
  bool custom_report = false;
  Time at = kTestNow;
  TrustAnchors anchors = test_anchors();
  std::function<void(std::vector<Bytes>&)> change_chain = nullptr;
  std::function<void(Bytes&)> change_report = nullptr;
};

struct Outcomes {
  Ids failing;
  DeviceVerification result;
};

Outcomes run(const TestCase& c) {
  auto device = make_test_device(c.device);
  if (c.change_chain) c.change_chain(device.chain);
  Bytes bytes = device.report(c.custom_report ? c.report : device.content());
  if (c.change_report) c.change_report(bytes);
  const auto report = parse_report(bytes);
  const auto chain = DeviceChain::parse(device.pem());
  EXPECT_TRUE(report && chain);
  Verifier verifier(c.anchors);
  Findings findings(Detail::kAll);
  auto result = verifier.verify(*report, *chain, c.at, findings);
  // Views point into bytes that are gone.
  result.report.reset();
  return {failing_ids(findings), std::move(result)};
}

NvidiaDeviceTemplate changed(std::size_t place, std::function<void(CertificateTemplate&)> change) {
  return {.change = [=](auto& certificates) { change(certificates[place]); }};
}

struct Row {
  const char* name;
  Ids failing;
  std::function<void(TestCase&)> change;
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

Bytes p256_key_info() {
  TestEntropy entropy(9);
  const auto key = crypto::EcPrivateKey::generate(crypto::Curve::kP256, entropy);
  return pki::Signer(key).public_key_info();
}

const Row kRows[] = {
    // Without the provisioner the links break as well.
    {"ChainOfFour",
     {"nvidia.chain.length", "nvidia.chain.names", "nvidia.chain.signatures"},
     [](TestCase& c) { c.change_chain = [](auto& chain) { chain.erase(chain.begin() + 2); }; }},
    {"ChainOfSix",
     {"nvidia.chain.length"},
     [](TestCase& c) { c.change_chain = [](auto& chain) { chain.push_back(chain.back()); }; }},
    {"AnotherRoot",
     {"nvidia.root"},
     [](TestCase& c) { c.anchors.sample_roots = {crypto::sha256(Bytes{1})}; }},
    {"LeafOfNoFmc",
     {"nvidia.chain.names"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) { leaf.subject_cn = "GH100 A01 GSP BROM"; });
     }},
    {"LeafOfAnotherChip",
     {"nvidia.chain.names"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) { leaf.subject_cn = "TU102 A01 GSP FMC LF"; });
     }},
    {"IssuerOfAnotherName",
     {"nvidia.chain.names"},
     [](TestCase& c) { c.device = changed(2, [](auto& ca) { ca.issuer_cn = "NVIDIA"; }); }},
    {"LeafIsAnAuthority",
     {"nvidia.chain.constraints"},
     [](TestCase& c) { c.device = changed(0, [](auto& leaf) { leaf.is_ca = true; }); }},
    {"DeviceIsNoAuthority",
     {"nvidia.chain.constraints"},
     [](TestCase& c) { c.device = changed(1, [](auto& ca) { ca.is_ca = false; }); }},
    {"FamilyPathTooShort",
     {"nvidia.chain.constraints"},
     [](TestCase& c) { c.device = changed(3, [](auto& ca) { ca.path_length = 1; }); }},
    {"LeafWithoutKeyUsage",
     {"nvidia.chain.constraints"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) { leaf.with_standard_extensions = false; });
     }},
    {"UnknownCriticalExtension",
     {"nvidia.chain.critical_extensions"},
     [](TestCase& c) {
       c.device = changed(2, [](auto& ca) { ca.extra.push_back({"1.2.3", true, {5, 0}}); });
     }},
    {"UnknownCriticalExtensionOfTheLeaf",
     {"nvidia.chain.critical_extensions"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) { leaf.extra.push_back({"1.2.3", true, {5, 0}}); });
     }},
    {"LeafOfP256",
     {"nvidia.chain.algorithms", "nvidia.report.signature"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) { leaf.public_key_info = p256_key_info(); });
     }},
    {"DeviceSignatureDamaged",
     {"nvidia.chain.signatures"},
     [](TestCase& c) { c.change_chain = [](auto& chain) { chain[1].back() ^= 1; }; }},
    {"LeafSignatureDamaged",
     {"nvidia.chain.signatures"},
     [](TestCase& c) { c.change_chain = [](auto& chain) { chain[0].back() ^= 1; }; }},
    {"NotYetValid",
     {"nvidia.chain.validity"},
     [](TestCase& c) { c.at = kTestValidity.not_before - Duration{1}; }},
    {"NoLongerValid",
     {"nvidia.chain.validity"},
     [](TestCase& c) { c.at = kTestValidity.not_after + Duration{1}; }},
    {"LeafNoLongerValid",
     {"nvidia.chain.validity"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) { leaf.validity.not_after = kTestNow - Duration{1}; });
     }},
    {"NoDiceExtension",
     {"nvidia.chain.dice"},
     [](TestCase& c) { c.device = changed(0, [](auto& leaf) { leaf.extra.clear(); }); }},
    {"DiceExtensionOfAnotherDevice",
     {"nvidia.chain.device_key"},
     [](TestCase& c) {
       c.device = changed(0, [](auto& leaf) {
         const Bytes info = pki::Signer(test_vendor().keys().family).public_key_info();
         leaf.extra[0].value = encode_nvidia_dice({}, info);
       });
     }},
    {"FwidOfAnotherFirmware",
     {"nvidia.fwid"},
     [](TestCase& c) {
       c.report = sample_tee::sample_nvidia_report(Architecture::kHopper, Bytes(48, 0xF2));
       c.custom_report = true;
     }},
    {"ReportSignatureDamaged",
     {"nvidia.report.signature"},
     [](TestCase& c) { c.change_report = [](Bytes& report) { report.back() ^= 1; }; }},
    {"MeasurementDamaged",
     {"nvidia.report.signature"},
     [](TestCase& c) { c.change_report = [](Bytes& report) { report[52] ^= 1; }; }},
    {"NonceDamaged",
     {"nvidia.report.signature"},
     [](TestCase& c) { c.change_report = [](Bytes& report) { report[4] ^= 1; }; }},
    // Another GPU's leaf, as a swapped certificate file: neither its key nor its firmware.
    {"LeafOfAnotherGpu",
     {"nvidia.chain.signatures", "nvidia.chain.device_key", "nvidia.fwid",
      "nvidia.report.signature"},
     [](TestCase& c) {
       c.change_chain = [](auto& chain) {
         chain[0] = make_test_device({.fwid = Bytes(48, 3)}, 2).chain[0];
       };
     }},
};

class NvidiaRows : public testing::TestWithParam<Row> {};

TEST_P(NvidiaRows, FailsForThisAlone) {
  TestCase c;
  GetParam().change(c);
  const auto [failing, result] = run(c);
  EXPECT_EQ(failing, GetParam().failing);
  EXPECT_EQ(result.authenticity, Authenticity::kNo);
}

INSTANTIATE_TEST_SUITE_P(All, NvidiaRows, testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.name; });

TEST(NvidiaVerify, BelievesEachArchitecture) {
  for (const auto architecture :
       {Architecture::kHopper, Architecture::kBlackwell, Architecture::kLs10}) {
    TestCase c;
    c.device.architecture = architecture;
    const auto [failing, result] = run(c);
    EXPECT_EQ(failing, Ids{}) << architecture_name(architecture);
    EXPECT_EQ(result.authenticity, Authenticity::kYes);
    EXPECT_EQ(result.root, RootKind::kSample);
    EXPECT_EQ(result.device->architecture, architecture);
    EXPECT_TRUE(equal(result.device->serial, c.device.serial));
    EXPECT_TRUE(equal(result.device->pdi(), ByteView(c.device.serial).last(8)));
    EXPECT_TRUE(equal(result.device->fwid, c.device.fwid));
  }
}

// Driver 535 names no firmware: for a policy to say.
TEST(NvidiaVerify, ReportWithoutFwidIsAuthenticAndUnbound) {
  const auto device = make_test_device();
  auto content = device.content();
  Verifier verifier(test_anchors());
  const auto chain = *DeviceChain::parse(device.pem());
  Findings findings(Detail::kFailures);
  for (const bool named : {true, false}) {
    if (!named) content.remove(OpaqueType::kFwid);
    const Bytes bytes = device.report(content);
    const auto result = verifier.verify(*parse_report(bytes), chain, kTestNow, findings);
    ASSERT_TRUE(result.report);
    EXPECT_EQ(result.report->fwid_bound(), named);
  }
  EXPECT_TRUE(findings.items().empty());
}

TEST(NvidiaVerify, RemembersGoodChainsAlone) {
  const auto device = make_test_device();
  const Bytes pem = device.pem();
  const Bytes bytes = device.report(device.content());
  Verifier verifier(test_anchors());
  const auto chain = verifier.chain(pem);
  ASSERT_TRUE(chain);
  EXPECT_EQ(verifier.facts(), 2u);
  EXPECT_EQ(verifier.chain(pem)->get(), chain->get());
  Findings findings(Detail::kFailures);
  // A remembered chain does not outlive its certificates.
  EXPECT_TRUE(verifier.verify(*parse_report(bytes), **chain, kTestNow, findings).report);
  const Time late = kTestValidity.not_after + Duration{1};
  EXPECT_FALSE(verifier.verify(*parse_report(bytes), **chain, late, findings).report);
  EXPECT_EQ(failing_ids(findings), Ids{"nvidia.chain.validity"});
  verifier.forget();
  EXPECT_EQ(verifier.facts(), 0u);

  Verifier stranger({});
  ASSERT_TRUE(stranger.chain(pem));
  EXPECT_EQ(stranger.facts(), 0u);
}

TEST(NvidiaVerify, RefusesAnEmptyChainFile) {
  Verifier verifier({});
  EXPECT_EQ(verifier.chain(to_bytes("-----BEGIN ")).error().reason, "pem.format");
  EXPECT_EQ(DeviceChain::parse({}).error().reason, "x509.syntax");
}

}  // namespace
}  // namespace atoma::evidence::nvidia
