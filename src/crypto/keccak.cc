#include "atoma/crypto/keccak.h"

#include "atoma/base/check.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

// Lives as long as the process.
const EVP_MD* fetch() {
  const EVP_MD* md = EVP_MD_fetch(nullptr, "KECCAK-256", nullptr);
  ATOMA_CHECK(md != nullptr);
  return md;
}

}  // namespace

Digest256 keccak256(std::initializer_list<ByteView> parts) {
  static const EVP_MD* const md = fetch();
  thread_local const MdCtxPtr context(EVP_MD_CTX_new());
  bool good = EVP_DigestInit_ex2(context.get(), md, nullptr) == 1;
  for (const ByteView part : parts) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  Digest256 out;
  unsigned int size = 0;
  ATOMA_CHECK(good && EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1 &&
              size == out.size());
  return out;
}

Digest256 keccak256(ByteView data) { return keccak256(std::initializer_list<ByteView>{data}); }

}  // namespace atoma::crypto
