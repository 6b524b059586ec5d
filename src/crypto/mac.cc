#include "atoma/crypto/mac.h"

#include <openssl/core_names.h>

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/base/secret.h"
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

void hkdf_sha256(ByteView secret, ByteView salt, ByteView info, MutableByteView out) {
  constexpr Digest256 kNoSalt{};
  ATOMA_CHECK(out.size() <= 255 * kNoSalt.size());
  Digest256 key = hmac_sha256(salt.empty() ? ByteView(kNoSalt) : salt, {secret});
  Digest256 block{};
  for (ByteArray<1> i{1}; !out.empty(); ++i[0]) {
    const ByteView before = i[0] == 1 ? ByteView() : ByteView(block);
    block = hmac_sha256(key, {before, info, i});
    const std::size_t size = std::min(out.size(), block.size());
    std::ranges::copy(ByteView(block).first(size), out.begin());
    out = out.subspan(size);
  }
  wipe(key);
  wipe(block);
}

}  // namespace atoma::crypto
