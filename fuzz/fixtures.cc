#include "fixtures.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "atoma/base/check.h"
#include "atoma/merkle/hash.h"
#include "atoma/wire/pem.h"

namespace atoma::fuzz {
namespace {

using evidence::Tee;
using evidence::amd::Product;
using evidence::amd::SigningKey;
using evidence::amd::TcbVersion;
using evidence::intel::BodyType;

class FixedEntropy final : public Entropy {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out) byte = crypto::sha256(Bytes{0xF2, counter_++})[0];
  }

 private:
  std::uint8_t counter_ = 0;
};

sample_tee::IntelPlatform make_platform() {
  FixedEntropy entropy;
  return sample_tee::IntelPlatform::create(entropy);
}

// With the PCK chain, which a quote without one needs.
evidence::intel::CollateralFiles files_of(const sample_tee::IntelPlatform& platform, Tee tee) {
  auto files = platform.collateral_files(tee, kWindow);
  files.pck_chain = platform.pck_chain();
  return files;
}

std::shared_ptr<const evidence::intel::Collateral> must_parse(
    const evidence::intel::CollateralFiles& files) {
  auto collateral = evidence::intel::Collateral::parse(files);
  ATOMA_CHECK(collateral.has_value());
  return *std::move(collateral);
}

crypto::RsaPrivateKey load_rsa_key(const std::string& name) {
  const auto blocks = wire::parse_pem(read_source("testdata/sample_keys/" + name + ".pem"), 1);
  ATOMA_CHECK(blocks && blocks->size() == 1);
  auto key = crypto::RsaPrivateKey::from_pkcs8(blocks->front().der);
  ATOMA_CHECK(key.has_value());
  return *std::move(key);
}

constexpr TcbVersion kTcb{0, 4, 1, 24, 0xD9};

cose::Ear make_ear() {
  cose::Ear ear;
  ear.issuer = "https://verifier.example";
  ear.id = "0123456789abcdef";
  ear.issued_at = kNow;
  ear.expires_at = kNow + Duration{300};
  ear.nonce = "bm9uY2Utbm9uY2Utbm9uY2U=";
  ear.developer = "https://atoma.example";
  ear.build = "0.1.0";
  cose::TrustVector trust;
  trust.instance_identity = trust.executables = trust.hardware = 2;
  trust.configuration = 96;
  ear.submods = {{"cpu", trust.status(), trust, "policy:" + std::string(64, '1')}};
  auto& atoma = ear.atoma;
  atoma.verdict = cose::EarVerdict::kAccepted;
  atoma.tee = "tdx";
  atoma.tcb_status = "UpToDate";
  atoma.tcb_date = "2025-11-12T00:00:00Z";
  atoma.evidence_sha256 = std::string(64, 'a');
  atoma.policy_sha256 = std::string(64, 'b');
  atoma.collateral_sha256 = {std::string(64, 'c')};
  atoma.key = std::string(64, 'd');
  atoma.report_data = std::string(128, 'e');
  atoma.measurements = {{"mrtd", std::string(96, '0')}, {"rtmr0", std::string(96, 'f')}};
  atoma.advisories = {"INTEL-SA-00000"};
  atoma.findings = {{"tdx.debug", "critical", "fail", "TDX 1.5 §22", "no debug", "debug \"on\""}};
  atoma.verified_at = kNow;
  atoma.sample = true;
  return ear;
}

}  // namespace

std::string read_source(const std::string& path) {
  const char* const root = std::getenv("ATOMA_SOURCE_DIR");
  std::ifstream in(std::string(root ? root : ".") + "/" + path, std::ios::binary);
  ATOMA_CHECK(in.good());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

crypto::EcPrivateKey fixed_key(crypto::Curve curve, std::uint8_t seed) {
  return std::move(
      *crypto::EcPrivateKey::from_scalar(curve, Bytes(crypto::coordinate_size(curve), seed)));
}

Bytes sign1_fixture() {
  return cose::sign1(cose::SigningKey(fixed_key(crypto::Curve::kP256, 0x22)),
                     {.kid = as_bytes("fuzz"), .type = "application/x"}, to_bytes("payload"));
}

IntelWorld::IntelWorld()
    : platform(make_platform()),
      tdx_files(files_of(platform, Tee::kTdx)),
      sgx_files(files_of(platform, Tee::kSgx)),
      tdx(must_parse(tdx_files)),
      sgx(must_parse(sgx_files)) {
  sample_tee::TdReportTemplate td;
  td.report_data.fill(0xA5);
  td.mrtd.fill(0x3C);
  for (const auto type : {BodyType::kTd10, BodyType::kTd15, BodyType::kTd15Ex}) {
    quotes.push_back(platform.quote_td(td, type));
  }
  sample_tee::EnclaveReportTemplate enclave;
  enclave.report_data.fill(0xA5);
  quotes.push_back(platform.quote_enclave(enclave));
  quotes.push_back(platform.quote({.padding = Bytes(16)}));
  // Without a chain of its own.
  quotes.push_back(
      platform.quote({.certification_type = 3, .certification_data = Bytes(404, 0x5A)}));
}

bool IntelWorld::signed_by_platform(ByteView signed_range) const {
  return std::ranges::any_of(quotes, [&](const Bytes& quote) {
    return signed_range.size() <= quote.size() &&
           equal(ByteView(quote).first(signed_range.size()), signed_range);
  });
}

AmdWorld::AmdWorld()
    : vendor(Product::kMilan,
             {load_rsa_key("amd_ark"), load_rsa_key("amd_ask"), load_rsa_key("amd_asvk")},
             kLongWindow),
      key(fixed_key(crypto::Curve::kP384, 0x11)),
      key_content{.kind = SigningKey::kVcek,
                  .hw_id = Bytes(64, 0x91),
                  .csp_id = "",
                  .tcb = kTcb,
                  .validity = kLongWindow} {}

Bytes AmdWorld::report(std::uint32_t version) const {
  sample_tee::AmdReportTemplate report;
  report.version = version;
  report.report_data.fill(0xA5);
  report.measurement.fill(0x3C);
  report.current_tcb = report.reported_tcb = report.committed_tcb = report.launch_tcb = kTcb;
  report.chip_id.fill(0x91);
  return sample_tee::make_amd_report(report, key);
}

std::vector<Bytes> AmdWorld::files() const {
  return {vendor.issue_key(key_content, key), vendor.ask(), vendor.ark(),
          vendor.issue_crl({{7}}, kLongWindow)};
}

NitroWorld::NitroWorld()
    : platform([] {
        FixedEntropy entropy;
        return sample_tee::NitroPlatform::create(entropy, kNow);
      }()) {}

std::vector<Bytes> NitroWorld::documents() const {
  return {platform.document({.timestamp = kNow, .user_data = Bytes(64, 0xA5)}),
          platform.document({.timestamp = kNow, .tagged = true, .indefinite = true}),
          platform.document({.timestamp = kNow, .sorted = true, .nulls = false})};
}

CcaWorld::CcaWorld()
    : platform([] {
        FixedEntropy entropy;
        return sample_tee::CcaPlatform::create(entropy);
      }()) {}

std::vector<Bytes> CcaWorld::tokens() const {
  return {platform.token({}),
          platform.token({.key_hash = evidence::cca::HashAlgorithm::kSha512, .sorted = false})};
}

TokenWorld::TokenWorld() : key(fixed_key(crypto::Curve::kP256, 0x22)), ear(make_ear()) {
  auto public_key = crypto::EcPublicKey::create(crypto::Curve::kP256, key.public_xy());
  ATOMA_CHECK(public_key.has_value());
  keys.add(*std::move(public_key));
  token = cose::sign_ear(ear, key);
}

LogWorld::LogWorld()
    : signer([] {
        ByteArray<32> seed{};
        seed.fill(1);
        auto key = crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed));
        return *tlog::NoteSigner::create("log.example/fuzz", std::move(key));
      }()),
      checkpoint(tlog::sign_checkpoint(
          {.origin = "log.example/fuzz", .size = 7, .root = merkle::leaf_hash({})}, signer)) {}

}  // namespace atoma::fuzz
