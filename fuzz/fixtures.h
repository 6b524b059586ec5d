// The world that seeds and targets share: software vendors, a verifier and a log, always the same
// ones. Targets know from it what may be accepted; make_seeds.cc writes it down as inputs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atoma/cose/ear.h"
#include "atoma/cose/sign1.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/trust_anchors.h"
#include "atoma/sample_tee/amd_report.h"
#include "atoma/sample_tee/amd_vendor.h"
#include "atoma/sample_tee/cca.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/sample_tee/nitro.h"
#include "atoma/tlog/checkpoint.h"

namespace atoma::fuzz {

inline constexpr Time kNow{1767225600};  // 2026-01-01
inline constexpr ValidityWindow kWindow{kNow - Duration{86400}, kNow + Duration{86400}};
inline constexpr ValidityWindow kLongWindow{{1'600'000'000}, {1'900'000'000}};

// A file of the repository, found by ATOMA_SOURCE_DIR. Its absence stops the process.
std::string read_source(const std::string& path);

// Any scalar is a key.
crypto::EcPrivateKey fixed_key(crypto::Curve curve, std::uint8_t seed);

// A COSE_Sign1 by fixed_key(kP256, 0x22).
Bytes sign1_fixture();

// One platform with its collateral and a quote of each kind.
struct IntelWorld {
  IntelWorld();

  // Whether header and body are those of one of `quotes`: the platform signed no others.
  bool signed_by_platform(ByteView signed_range) const;
  evidence::TrustAnchors anchors() const { return {true, {platform.root_digest()}}; }
  const evidence::intel::Collateral& collateral(evidence::Tee tee) const {
    return tee == evidence::Tee::kSgx ? *sgx : *tdx;
  }

  sample_tee::IntelPlatform platform;
  evidence::intel::CollateralFiles tdx_files, sgx_files;
  std::shared_ptr<const evidence::intel::Collateral> tdx, sgx;
  std::vector<Bytes> quotes;
};

// One chip of one product line. RSA-PSS has random salts, so that the vendor's own certificates
// differ from run to run: where they are inputs, the committed ones count (amd_endorsements).
struct AmdWorld {
  AmdWorld();

  Bytes report(std::uint32_t version) const;
  std::vector<Bytes> reports() const { return {report(2), report(3), report(5)}; }
  // Leaf, intermediate, root, list.
  std::vector<Bytes> files() const;

  sample_tee::AmdVendor vendor;
  crypto::EcPrivateKey key;
  sample_tee::AmdKeyTemplate key_content;
};

// One enclave, and documents in the forms that devices write.
struct NitroWorld {
  NitroWorld();

  std::vector<Bytes> documents() const;

  sample_tee::NitroPlatform platform;
};

// One platform with one realm.
struct CcaWorld {
  CcaWorld();

  std::vector<Bytes> tokens() const;

  sample_tee::CcaPlatform platform;
};

// A verifier that issued one result.
struct TokenWorld {
  TokenWorld();

  crypto::EcPrivateKey key;
  cose::JwkSet keys;
  cose::Ear ear;
  std::string token;
};

// A log that signed one checkpoint.
struct LogWorld {
  LogWorld();

  tlog::NoteSigner signer;
  tlog::SignedCheckpoint checkpoint;
};

}  // namespace atoma::fuzz
