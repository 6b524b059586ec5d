// The key of a certificate, ready to verify what it signed.
#pragma once

#include <variant>

#include "atoma/crypto/signature.h"
#include "atoma/pki/certificate.h"

namespace atoma::pki {

class PublicKey {
 public:
  // Errors: "key.point", "key.rsa".
  static Result<PublicKey> create(const Certificate& certificate);

  // True when this key made `part.signature`. The algorithm must fit the key. One thread at a time.
  bool verified(const Signed& part);
  bool verified(const Certificate& child) { return verified(child.signed_part()); }

 private:
  using Key = std::variant<crypto::EcPublicKey, crypto::RsaPublicKey>;
  explicit PublicKey(Key key) : key_(std::move(key)) {}
  Key key_;
};

}  // namespace atoma::pki
