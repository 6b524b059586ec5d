#include "atoma/crypto/digest.h"

#include "atoma/base/check.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

// Lives as long as the process.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  ATOMA_CHECK(md != nullptr);
  return md;
}

// `context` keeps its algorithm state between calls, so that a call allocates nothing.
template <std::size_t N>
ByteArray<N> hash(const EVP_MD* md, EVP_MD_CTX* context, std::initializer_list<ByteView> parts) {
  ByteArray<N> out;
  bool good = EVP_DigestInit_ex2(context, md, nullptr) == 1;
  for (const ByteView part : parts) {
    good = good && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  }
  unsigned int size = 0;
  ATOMA_CHECK(good && EVP_DigestFinal_ex(context, out.data(), &size) == 1 && size == N);
  return out;
}

}  // namespace

Digest256 sha256(std::initializer_list<ByteView> parts) {
  static const EVP_MD* const md = fetch("SHA2-256");
  thread_local const MdCtxPtr context(EVP_MD_CTX_new());
  return hash<32>(md, context.get(), parts);
}

Digest384 sha384(std::initializer_list<ByteView> parts) {
  static const EVP_MD* const md = fetch("SHA2-384");
  thread_local const MdCtxPtr context(EVP_MD_CTX_new());
  return hash<48>(md, context.get(), parts);
}

Digest512 sha512(std::initializer_list<ByteView> parts) {
  static const EVP_MD* const md = fetch("SHA2-512");
  thread_local const MdCtxPtr context(EVP_MD_CTX_new());
  return hash<64>(md, context.get(), parts);
}

Digest256 sha256(ByteView data) { return sha256(std::initializer_list<ByteView>{data}); }
Digest384 sha384(ByteView data) { return sha384(std::initializer_list<ByteView>{data}); }
Digest512 sha512(ByteView data) { return sha512(std::initializer_list<ByteView>{data}); }

}  // namespace atoma::crypto
