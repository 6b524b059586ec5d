// A software Arm CCA platform with one realm: tokens under a CPAK of its own (RMM specification
// A7.2, profile http://arm.com/CCA-SSD/1.0.0).
//
//   const auto platform = CcaPlatform::create(entropy);
//   const Bytes token = platform.token({.challenge = report_data});
//   const auto keys = evidence::cca::PlatformKeys::parse(platform.platform_key_jwk());
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/cca/token.h"

namespace atoma::sample_tee {

struct CcaTokenTemplate {
  ByteArray<64> challenge{};
  ByteArray<64> personalization{};
  evidence::cca::HashAlgorithm realm_hash = evidence::cca::HashAlgorithm::kSha256;
  evidence::cca::HashAlgorithm key_hash = evidence::cca::HashAlgorithm::kSha256;
  std::uint8_t rim = 0x11;  // fills the value; REMs are 0
  std::uint16_t lifecycle = 0x3003;
  std::string profile{evidence::cca::kProfile};
  bool sorted = true;  // platforms write claims in any order

  // Claims, encoded key and value in turn, may be changed before they are put together.
  using Edit = std::function<void(std::vector<Bytes>&)>;
  Edit edit_platform, edit_realm;
  // Tokens of other keys, of other tags: COSE_Sign1 messages, before they are put together.
  std::function<void(Bytes& platform, Bytes& realm)> edit_tokens;
};

class CcaPlatform {
 public:
  static CcaPlatform create(Entropy& entropy);

  Bytes token(const CcaTokenTemplate& content) const;
  // One token alone, signed: to be put into another collection.
  Bytes platform_token(const CcaTokenTemplate& content) const;
  Bytes realm_token(const CcaTokenTemplate& content) const;

  std::string platform_key_jwk() const;
  // SHA-256 of the point: what policies and TrustAnchors name.
  crypto::Digest256 platform_key_digest() const;

  ByteArray<32> implementation_id{};
  ByteArray<33> instance_id{};
  crypto::EcPrivateKey platform_key, realm_key;

 private:
  CcaPlatform(crypto::EcPrivateKey platform, crypto::EcPrivateKey realm)
      : platform_key(std::move(platform)), realm_key(std::move(realm)) {}
};

// A collection of two tokens.
Bytes cca_collection(ByteView platform_token, ByteView realm_token, std::uint64_t tag = 399);

}  // namespace atoma::sample_tee
