// X-Wing, draft-connolly-cfrg-xwing-kem; the section numbers are the draft's.
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "atoma/base/check.h"
#include "atoma/crypto/hpke.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

constexpr std::size_t kMlKemPublicSize = 1184;
constexpr std::size_t kMlKemCiphertextSize = 1088;
constexpr std::size_t kMlKemSeedSize = 64;
constexpr std::size_t kX25519Size = 32;
static_assert(kXwingPublicKeySize == kMlKemPublicSize + kX25519Size);
static_assert(kXwingCiphertextSize == kMlKemCiphertextSize + kX25519Size);

// §5.3: the picture of an X-wing.
constexpr ByteArray<6> kLabel = {0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c};

// Null when OpenSSL refuses the key's bytes.
PkeyPtr ml_kem_key(const char* what, ByteView bytes, int selection) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "ML-KEM-768", nullptr));
  ATOMA_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1);
  // The parameter takes a mutable pointer and is only read.
  OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(
                             what, const_cast<std::uint8_t*>(bytes.data()), bytes.size()),
                         OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, params) != 1) ERR_clear_error();
  return PkeyPtr(key);
}

PkeyPtr x25519_private_key(ByteView bytes) {
  PkeyPtr key(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, bytes.data(), bytes.size()));
  ATOMA_CHECK(key);
  return key;
}

void x25519_public_key(const EVP_PKEY* key, MutableByteView out) {
  std::size_t size = out.size();
  ATOMA_CHECK(EVP_PKEY_get_raw_public_key(key, out.data(), &size) == 1 && size == kX25519Size);
}

// False when the shared secret is zero: `peer` has a small order (RFC 7748 §6.1).
bool x25519(EVP_PKEY* own, ByteView peer, Secret<32>& shared) {
  PkeyPtr other(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, peer.data(), peer.size()));
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  ATOMA_CHECK(other && context && EVP_PKEY_derive_init(context.get()) == 1 &&
              EVP_PKEY_derive_set_peer_ex(context.get(), other.get(), 0) == 1);
  const MutableByteView out = shared.expose_mutable("X25519");
  std::size_t size = out.size();
  const bool good = EVP_PKEY_derive(context.get(), out.data(), &size) == 1 && size == out.size();
  if (!good) ERR_clear_error();
  return good;
}

struct ExpandedKey {
  PkeyPtr ml_kem;
  PkeyPtr x25519;
  ByteArray<kX25519Size> x25519_public;
};

// §5.2 expandDecapsulationKey.
ExpandedKey expand(const Secret<32>& seed) {
  Secret<kMlKemSeedSize + kX25519Size> expanded;
  const auto out = expanded.expose_mutable("X-Wing key expansion");
  const auto in = seed.expose("X-Wing key expansion");
  MdCtxPtr context(EVP_MD_CTX_new());
  ATOMA_CHECK(context && EVP_DigestInit_ex2(context.get(), EVP_shake256(), nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), in.data(), in.size()) == 1 &&
              EVP_DigestFinalXOF(context.get(), out.data(), out.size()) == 1);
  ExpandedKey key{
      ml_kem_key(OSSL_PKEY_PARAM_ML_KEM_SEED, out.first(kMlKemSeedSize), EVP_PKEY_KEYPAIR),
      x25519_private_key(out.last(kX25519Size)),
      {}};
  ATOMA_CHECK(key.ml_kem);
  x25519_public_key(key.x25519.get(), key.x25519_public);
  return key;
}

// §5.3 Combiner.
Secret<32> combine(const Secret<32>& ml_kem, const Secret<32>& x25519, ByteView x25519_ciphertext,
                   ByteView x25519_public) {
  Secret<32> shared;
  MdCtxPtr context(EVP_MD_CTX_new());
  bool good = context && EVP_DigestInit_ex2(context.get(), EVP_sha3_256(), nullptr) == 1;
  for (const ByteView part :
       {ByteView(ml_kem.expose("X-Wing combiner")), ByteView(x25519.expose("X-Wing combiner")),
        x25519_ciphertext, x25519_public, ByteView(kLabel)}) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  const auto out = shared.expose_mutable("X-Wing combiner");
  ATOMA_CHECK(good && EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  return shared;
}

std::unexpected<Error> bad_public_key() {
  return malformed(
      "xwing.public_key",
      "expected 1,216 bytes: a reduced ML-KEM-768 key and an X25519 key of full order");
}

std::unexpected<Error> bad_ciphertext() {
  return malformed("xwing.ciphertext", "expected 1,120 bytes with an X25519 share of full order");
}

}  // namespace

XwingPrivateKey::XwingPrivateKey(Secret<32> seed, Bytes public_key)
    : seed_(std::move(seed)), public_key_(std::move(public_key)) {}

XwingPrivateKey XwingPrivateKey::generate(Entropy& entropy) {
  Secret<32> seed;
  entropy.fill(seed.expose_mutable("key generation"));
  return from_seed(seed);
}

XwingPrivateKey XwingPrivateKey::from_seed(const Secret<32>& seed) {
  const ExpandedKey key = expand(seed);
  Bytes out(kMlKemPublicSize);
  std::size_t size = 0;
  ATOMA_CHECK(EVP_PKEY_get_octet_string_param(key.ml_kem.get(), OSSL_PKEY_PARAM_PUB_KEY, out.data(),
                                              out.size(), &size) == 1 &&
              size == kMlKemPublicSize);
  append(out, key.x25519_public);
  return {Secret<32>::copy_of(seed.expose("copy into the key")), std::move(out)};
}

// §5.5.
Result<Secret<32>> XwingPrivateKey::decapsulate(ByteView ciphertext) const {
  if (ciphertext.size() != kXwingCiphertextSize) return bad_ciphertext();
  const ExpandedKey key = expand(seed_);
  const ByteView ml_kem_part = ciphertext.first(kMlKemCiphertextSize);
  const ByteView x25519_part = ciphertext.last(kX25519Size);

  Secret<32> x25519_shared;
  if (!x25519(key.x25519.get(), x25519_part, x25519_shared)) return bad_ciphertext();
  Secret<32> ml_kem_shared;
  const auto out = ml_kem_shared.expose_mutable("ML-KEM decapsulation");
  std::size_t size = out.size();
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.ml_kem.get(), nullptr));
  ATOMA_CHECK(context && EVP_PKEY_decapsulate_init(context.get(), nullptr) == 1 &&
              EVP_PKEY_decapsulate(context.get(), out.data(), &size, ml_kem_part.data(),
                                   ml_kem_part.size()) == 1 &&
              size == out.size());
  return combine(ml_kem_shared, x25519_shared, x25519_part, key.x25519_public);
}

// §5.4 EncapsulateDerand: 32 bytes for ML-KEM, then 32 for X25519.
Result<XwingEncapsulation> xwing_encapsulate(ByteView public_key, Entropy& entropy) {
  if (public_key.size() != kXwingPublicKeySize) return bad_public_key();
  const PkeyPtr ml_kem =
      ml_kem_key(OSSL_PKEY_PARAM_PUB_KEY, public_key.first(kMlKemPublicSize), EVP_PKEY_PUBLIC_KEY);
  if (!ml_kem) return bad_public_key();
  const ByteView x25519_public = public_key.last(kX25519Size);

  Secret<64> randomness;
  const auto random = randomness.expose_mutable("X-Wing encapsulation");
  entropy.fill(random);
  const PkeyPtr ephemeral = x25519_private_key(random.last(kX25519Size));
  Secret<32> x25519_shared;
  if (!x25519(ephemeral.get(), x25519_public, x25519_shared)) return bad_public_key();

  Bytes ciphertext(kXwingCiphertextSize);
  const auto parts = MutableByteView(ciphertext);
  x25519_public_key(ephemeral.get(), parts.last(kX25519Size));
  Secret<32> ml_kem_shared;
  const auto shared = ml_kem_shared.expose_mutable("ML-KEM encapsulation");
  std::size_t shared_size = shared.size();
  std::size_t ciphertext_size = kMlKemCiphertextSize;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_KEM_PARAM_IKME, random.data(), 32),
      OSSL_PARAM_construct_end()};
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, ml_kem.get(), nullptr));
  ATOMA_CHECK(context && EVP_PKEY_encapsulate_init(context.get(), params) == 1 &&
              EVP_PKEY_encapsulate(context.get(), parts.data(), &ciphertext_size, shared.data(),
                                   &shared_size) == 1 &&
              ciphertext_size == kMlKemCiphertextSize && shared_size == shared.size());
  auto combined = combine(ml_kem_shared, x25519_shared, parts.last(kX25519Size), x25519_public);
  return XwingEncapsulation{std::move(ciphertext), std::move(combined)};
}

}  // namespace atoma::crypto
