#include "atoma/evidence/cca/verify.h"

#include "atoma/wire/text.h"

namespace atoma::evidence::cca {

using crypto::Curve;
using crypto::EcPublicKey;

namespace {

Bytes hash_of(HashAlgorithm algorithm, ByteView data) {
  return algorithm == HashAlgorithm::kSha256 ? to_bytes(crypto::sha256(data))
                                             : to_bytes(crypto::sha512(data));
}

bool signed_by(ByteView point, const cose::Sign1& message) {
  auto key = EcPublicKey::create(Curve::kP384, point.subspan(1));
  return key && key->verify(cose::sign1_signed_bytes(message), message.signature);
}

}  // namespace

struct TokenCheck {
  const CcaToken& token;
  Findings& findings;

  // Nothing where there is no key to judge with.
  std::optional<bool> platform_signature(const PlatformKeys::Entry* key) const {
    const auto& platform = token->platform;
    if (key == nullptr) {
      findings.missing(Check::kCcaPlatformKey,
                       "the CPAK of instance " + wire::hex_encode(platform.instance_id));
      return std::nullopt;
    }
    return findings.check(Check::kCcaPlatformSignature, signed_by(key->point, platform.message),
                          "a signature by the platform's key", "not by this key");
  }

  bool realm_signature() const {
    const auto& realm = token->realm;
    return findings.check(Check::kCcaRealmSignature, signed_by(realm.key, realm.message),
                          "a signature by the realm's key", "not by this key");
  }

  // The bytes of the key as they stand in the claim.
  bool binding() const {
    const auto& realm = token->realm;
    const Bytes expected = hash_of(realm.key_hash, realm.key);
    return findings.check(
        Check::kCcaBinding, equal(expected, token->platform.challenge),
        [&] {
          return std::string(hash_name(realm.key_hash)) + " of the realm's key, " +
                 wire::hex_encode(expected);
        },
        [&] { return wire::hex_encode(token->platform.challenge); });
  }

  AuthenticToken authentic(const crypto::Digest256& key) const { return {token, key}; }
};

CcaVerification verify(const CcaToken& token, const PlatformKeys* keys, const TrustAnchors& anchors,
                       Findings& findings) {
  const TokenCheck check{token, findings};
  const auto& platform = token->platform;
  const auto* key =
      keys == nullptr ? nullptr : keys->find(platform.implementation_id, platform.instance_id);
  const auto platform_good = check.platform_signature(key);
  bool good = check.realm_signature();
  good &= check.binding();
  CcaVerification out;
  if (!good || platform_good == false) return out;
  if (!platform_good) {
    out.authenticity = Authenticity::kUnknown;
    return out;
  }
  const auto digest = crypto::sha256(key->point);
  out.authenticity = Authenticity::kYes;
  out.root = anchors.kind_of(digest, {});
  out.token = check.authentic(digest);
  return out;
}

}  // namespace atoma::evidence::cca
