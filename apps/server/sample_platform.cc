#include "sample_platform.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/sample_tee/amd_report.h"
#include "atoma/wire/text.h"
#include "data_directory.h"

namespace atoma::server {
namespace {

using evidence::Tee;
using evidence::amd::Endorsements;
using evidence::amd::Product;
using evidence::intel::Collateral;
using sample_tee::AmdAuthorityKeys;
using sample_tee::AmdVendor;
using sample_tee::IntelPlatform;

constexpr std::string_view kIntelFile = "intel.json";
constexpr std::string_view kArkFile = "amd_ark.der";
constexpr std::string_view kAskFile = "amd_ask.der";
constexpr std::string_view kVcekFile = "amd_vcek.key";
constexpr std::size_t kKeyFileMax = 16 * 1024;
constexpr std::size_t kRsaBits = 4096;

// One chip, with a firmware level like that of a current one.
constexpr evidence::amd::TcbVersion kTcb{.bootloader = 4, .tee = 0, .snp = 24, .microcode = 219};
constexpr ByteArray<64> kChipId = [] {
  ByteArray<64> id{};
  id.fill(0x5A);
  return id;
}();

constexpr std::string_view kPolicyTemplate =
    R"(# The sample TEE's policy: accepts evidence of the software roots below, which is worth
# NOTHING as proof. For trying Atoma out; examples/ has policies for hardware.
atoma_policy: 1
name: sample
revocation: require
report_data: require
accept:
  sample:
    roots: ["{intel_root}", "{amd_root}"]
  tdx:
    tcb_status: [UpToDate]
    tcb_date_min: {any}
    tcb_evaluation_number_min: {any}
    advisories: []
    collateral_age_max_days: {any}
    pck:
      dynamic_platform: {any}
      cached_keys: {any}
      smt: {any}
    debug: forbid
    migration: forbid
    sept_ve_disable: require
    service_td: forbid
    xfam_allowed: {any}
    measurements:
      mrtd: ["{measurement}"]
      rtmr0: {any}
      rtmr1: {any}
      rtmr2: {any}
      rtmr3: {any}
      mrseam: {any}
      mrconfigid: {any}
      mrowner: {any}
      mrownerconfig: {any}
  snp:
    report_versions: [3, 5]
    vmpl: [0]
    masked_chip_id: forbid
    debug: forbid
    migration: forbid
    smt: {any}
    alias_check: require
    abi_min: {any}
    tcb_min:
      milan: {any}
      genoa: {any}
      turin: {any}
    firmware_min: {any}
    mitigations_required: {any}
    guest_svn_min: {any}
    measurements:
      measurement: ["{measurement}"]
      host_data: {any}
      id_key_digest: {any}
      author_key_digest: {any}
      family_id: {any}
      image_id: {any}
)";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

Status save(const store::Path& path, const SecretBytes& key) {
  return store::replace_file(store::posix_file_system(), path, key.expose("the sample's key file"));
}

Result<crypto::RsaPrivateKey> load_rsa(const store::Path& path) {
  ATOMA_TRY(const auto der, read_secret_file(path, kKeyFileMax));
  return crypto::RsaPrivateKey::from_pkcs8(der.expose("the sample's key"));
}

// The ASVK certifies nothing here: it may be the ASK again.
Result<AmdVendor> make_amd(crypto::RsaPrivateKey ark, crypto::RsaPrivateKey ask) {
  ATOMA_TRY(auto asvk,
            crypto::RsaPrivateKey::from_pkcs8(ask.to_pkcs8().expose("the sample's second key")));
  return AmdVendor(Product::kMilan,
                   AmdAuthorityKeys{std::move(ark), std::move(ask), std::move(asvk)},
                   sample_tee::kIntelCertificatesValid);
}

}  // namespace

Measurement sample_measurement() { return crypto::sha384(as_bytes("atoma sample workload")); }

Result<SamplePlatform> SamplePlatform::create(const store::Path& directory, Entropy& entropy) {
  ATOMA_TRY_VOID(store::posix_file_system().make_directory(directory));
  auto ark = crypto::RsaPrivateKey::generate(kRsaBits);
  auto ask = crypto::RsaPrivateKey::generate(kRsaBits);
  ATOMA_TRY_VOID(save(directory / kArkFile, ark.to_pkcs8()));
  ATOMA_TRY_VOID(save(directory / kAskFile, ask.to_pkcs8()));
  auto vcek = crypto::EcPrivateKey::generate(crypto::Curve::kP384, entropy);
  ATOMA_TRY_VOID(save(directory / kVcekFile, vcek.scalar()));
  auto intel = IntelPlatform::create(entropy);
  // Last: load() begins with it, so an interrupted creation is begun again.
  ATOMA_TRY_VOID(save(directory / kIntelFile, intel.save()));
  ATOMA_TRY(auto amd, make_amd(std::move(ark), std::move(ask)));
  return SamplePlatform(std::move(intel), std::move(amd), std::move(vcek));
}

Result<SamplePlatform> SamplePlatform::load(const store::Path& directory) {
  ATOMA_TRY(const auto saved, read_secret_file(directory / kIntelFile, kKeyFileMax));
  ATOMA_TRY(auto intel, IntelPlatform::load(saved.expose("the sample's keys")));
  ATOMA_TRY(auto ark, load_rsa(directory / kArkFile));
  ATOMA_TRY(auto ask, load_rsa(directory / kAskFile));
  ATOMA_TRY(const auto scalar, read_secret_file(directory / kVcekFile, kKeyFileMax));
  ATOMA_TRY(auto vcek, crypto::EcPrivateKey::from_scalar(crypto::Curve::kP384,
                                                         scalar.expose("the sample's VCEK")));
  ATOMA_TRY(auto amd, make_amd(std::move(ark), std::move(ask)));
  return SamplePlatform(std::move(intel), std::move(amd), std::move(vcek));
}

Bytes SamplePlatform::evidence(Tee tee, const ByteArray<64>& report_data,
                               const Measurement& measurement) const {
  if (tee == Tee::kSnp) {
    sample_tee::AmdReportTemplate report;
    report.report_data = report_data;
    report.measurement = measurement;
    report.current_tcb = report.reported_tcb = report.committed_tcb = report.launch_tcb = kTcb;
    report.chip_id = kChipId;
    return sample_tee::make_amd_report(report, vcek_key_);
  }
  sample_tee::TdReportTemplate td;
  td.report_data = report_data;
  td.mrtd = measurement;
  return intel_.quote_td(td);
}

std::shared_ptr<const Collateral> SamplePlatform::collateral(Tee tee, ValidityWindow window) const {
  auto parsed = Collateral::parse(intel_.collateral_files(tee, window));
  ATOMA_CHECK(parsed.has_value());
  return *std::move(parsed);
}

std::shared_ptr<const Endorsements> SamplePlatform::endorsements(ValidityWindow window) const {
  const Bytes vcek = amd_.issue_key({.kind = evidence::amd::SigningKey::kVcek,
                                     .hw_id = to_bytes(kChipId),
                                     .csp_id = {},
                                     .tcb = kTcb,
                                     .validity = sample_tee::kIntelCertificatesValid},
                                    vcek_key_);
  const Bytes crl = amd_.issue_crl({}, window);
  const ByteView files[] = {vcek, amd_.ask(), amd_.ark(), crl};
  auto parsed = Endorsements::parse(files);
  ATOMA_CHECK(parsed.has_value());
  return std::make_shared<const Endorsements>(*std::move(parsed));
}

std::string SamplePlatform::policy_yaml() const {
  std::string text(kPolicyTemplate);
  replace_all(text, "{intel_root}", wire::hex_encode(intel_.root_digest()));
  replace_all(text, "{amd_root}", wire::hex_encode(amd_.root_digest()));
  replace_all(text, "{measurement}", wire::hex_encode(sample_measurement()));
  replace_all(text, "{any}", "{accept_any: \"a sample\"}");
  return text;
}

std::string SamplePlatform::rule_json() {
  return std::format(R"({{
  "tee": ["tdx"],
  "sample": "allow",
  "measurements": {{"mrtd": ["{}"]}},
  "policy_sha256": {{"accept_any": "the default policy of this server: a sample"}},
  "ear_age_max_s": 300
}}
)",
                     wire::hex_encode(sample_measurement()));
}

}  // namespace atoma::server
