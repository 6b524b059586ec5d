#include "atoma/crypto/mac.h"

#include <openssl/core_names.h>

#include "atoma/base/check.h"
#include "openssl_ptr.h"

namespace atoma::crypto {

Digest256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);  // as long as the process
  const OpensslPtr<EVP_MAC_CTX, EVP_MAC_CTX_free> context(EVP_MAC_CTX_new(mac));
  char digest[] = "SHA2-256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  bool good = context && EVP_MAC_init(context.get(), key.data(), key.size(), params) == 1;
  for (const ByteView part : parts) {
    good = good && EVP_MAC_update(context.get(), part.data(), part.size()) == 1;
  }
  Digest256 out;
  std::size_t size = 0;
  ATOMA_CHECK(good && EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 &&
              size == out.size());
  return out;
}

}  // namespace atoma::crypto
