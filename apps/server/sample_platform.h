// The sample TEE in a directory: a software Intel and a software AMD with their keys, which make
// evidence that is real in format and WORTHLESS AS PROOF: it shows only that its maker could read
// this directory.
//
//   intel.json                                   keys of the software Intel
//   amd_ark.der amd_ask.der amd_vcek.key         keys of the software AMD (PKCS #8, scalar)
#pragma once

#include <optional>
#include <string>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/tee.h"
#include "atoma/sample_tee/amd_vendor.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/store/file.h"

namespace atoma::server {

using Measurement = ByteArray<48>;

// What the sample workload measures: MRTD or MEASUREMENT.
Measurement sample_measurement();

class SamplePlatform {
 public:
  // Takes seconds: RSA-4096 twice. The directory is for its owner alone.
  static Result<SamplePlatform> create(const store::Path& directory, Entropy& entropy);
  // Errors: also "sample.keys", "data.permissions".
  static Result<SamplePlatform> load(const store::Path& directory);

  // A TDX quote or an SNP report over these 64 bytes.
  Bytes evidence(evidence::Tee tee, const ByteArray<64>& report_data,
                 const Measurement& measurement) const;
  std::shared_ptr<const evidence::intel::Collateral> collateral(evidence::Tee tee,
                                                                ValidityWindow window) const;
  std::shared_ptr<const evidence::amd::Endorsements> endorsements(ValidityWindow window) const;
  // A policy that accepts this platform's evidence of the sample workload and nothing else; and a
  // release rule that does the same.
  std::string policy_yaml() const;
  static std::string rule_json();

 private:
  SamplePlatform(sample_tee::IntelPlatform intel, sample_tee::AmdVendor amd,
                 crypto::EcPrivateKey vcek_key)
      : intel_(std::move(intel)), amd_(std::move(amd)), vcek_key_(std::move(vcek_key)) {}

  sample_tee::IntelPlatform intel_;
  sample_tee::AmdVendor amd_;
  crypto::EcPrivateKey vcek_key_;
};

}  // namespace atoma::server
