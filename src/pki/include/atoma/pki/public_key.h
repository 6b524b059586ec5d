// The key of a certificate, ready to verify what it signed.
#pragma once

#include <variant>

#include "atoma/crypto/signature.h"
#include "atoma/pki/certificate.h"

namespace atoma::pki {

class PublicKey {
 public:
  // Errors: "key.point", "key.rsa". With a queue in use, a point off the curve is seen only when
  // its signatures are verified (crypto/signature_queue.h).
  static Result<PublicKey> create(const Certificate& certificate,
                                  crypto::SignatureQueue* later = nullptr);

  // True when this key made `part.signature`. The algorithm must fit the key. One thread at a time.
  // With a queue, ECDSA signatures are put down and taken for good; RSA's are verified at once.
  bool verified(const Signed& part, crypto::SignatureQueue* later = nullptr);
  bool verified(const Certificate& child, crypto::SignatureQueue* later = nullptr) {
    return verified(child.signed_part(), later);
  }

 private:
  using Key = std::variant<crypto::EcPublicKey, crypto::RsaPublicKey>;
  explicit PublicKey(Key key) : key_(std::move(key)) {}
  Key key_;
};

}  // namespace atoma::pki
