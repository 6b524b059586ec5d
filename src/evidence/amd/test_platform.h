// A software AMD platform for tests: fixture keys, a chain and matching reports.
#pragma once

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "atoma/base/check.h"
#include "atoma/evidence/amd/verify.h"
#include "atoma/sample_tee/amd_report.h"
#include "atoma/sample_tee/amd_vendor.h"
#include "atoma/wire/pem.h"
#include "test_support.h"

namespace atoma::evidence::amd {

inline constexpr Time kTestNow{1'750'000'000};  // 2025-06-15
inline constexpr ValidityWindow kTestValidity{{1'600'000'000}, {1'900'000'000}};
inline constexpr TcbVersion kTestTcb{0, 4, 1, 24, 0xD9};
inline constexpr TcbVersion kTestTcbTurin{2, 4, 1, 24, 0xD9};

inline crypto::RsaPrivateKey load_rsa_key(const std::string& name) {
  const char* const root = std::getenv("ATOMA_SOURCE_DIR");
  std::ifstream in(std::string(root ? root : ".") + "/testdata/sample_keys/" + name + ".pem");
  std::stringstream text;
  text << in.rdbuf();
  const auto blocks = wire::parse_pem(text.str(), 1);
  ATOMA_CHECK(blocks && blocks->size() == 1);
  auto key = crypto::RsaPrivateKey::from_pkcs8(blocks->front().der);
  ATOMA_CHECK(key.has_value());
  return std::move(*key);
}

inline sample_tee::AmdAuthorityKeys load_authority_keys() {
  return {load_rsa_key("amd_ark"), load_rsa_key("amd_ask"), load_rsa_key("amd_asvk")};
}

// Any scalar is a key.
inline crypto::EcPrivateKey test_key(std::uint8_t seed,
                                     crypto::Curve curve = crypto::Curve::kP384) {
  return std::move(
      *crypto::EcPrivateKey::from_scalar(curve, Bytes(crypto::coordinate_size(curve), seed)));
}

struct TestPlatform {
  sample_tee::AmdVendor vendor;
  crypto::EcPrivateKey key;
  sample_tee::AmdKeyTemplate key_content;
  sample_tee::AmdReportTemplate report_content;
  Bytes key_certificate;

  explicit TestPlatform(Product product = Product::kMilan, SigningKey kind = SigningKey::kVcek,
                        std::uint32_t version = 3, std::uint8_t seed = 0x11)
      : vendor(product, load_authority_keys(), kTestValidity), key(test_key(seed)) {
    const bool turin = product == Product::kTurin;
    const bool vlek = kind == SigningKey::kVlek;
    key_content.kind = kind;
    key_content.tcb = turin ? kTestTcbTurin : kTestTcb;
    key_content.validity = kTestValidity;
    if (vlek) key_content.csp_id = "CN=cloud.example";
    if (!vlek) key_content.hw_id = Bytes(turin ? 8 : 64, std::uint8_t(seed + 0x80));
    auto& report = report_content;
    report.version = version;
    report.product = product;
    report.signing_key = kind;
    report.report_data.fill(0xA5);
    report.measurement.fill(0x3C);
    report.current_tcb = report.reported_tcb = report.committed_tcb = report.launch_tcb =
        key_content.tcb;
    std::ranges::copy(key_content.hw_id, report.chip_id.begin());
    key_certificate = vendor.issue_key(key_content, key);
  }

  Bytes report() const { return sample_tee::make_amd_report(report_content, key); }
  const Bytes& intermediate() const {
    return key_content.kind == SigningKey::kVlek ? vendor.asvk() : vendor.ask();
  }
  // Leaf, intermediate, root.
  std::vector<Bytes> chain() const { return {key_certificate, intermediate(), vendor.ark()}; }
  TrustAnchors anchors() const {
    TrustAnchors out;
    out.sample_roots.push_back(vendor.root_digest());
    return out;
  }
  // A current list that names nobody.
  Bytes empty_crl() const { return vendor.issue_crl({}, kTestValidity); }
};

inline Result<Endorsements> parse_endorsements(const std::vector<Bytes>& files) {
  const std::vector<ByteView> views(files.begin(), files.end());
  return Endorsements::parse(views);
}

}  // namespace atoma::evidence::amd
