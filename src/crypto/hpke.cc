#include "atoma/crypto/hpke.h"

#include <openssl/core_names.h>

#include "atoma/base/check.h"
#include "hpke_schedule.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

constexpr std::uint8_t kModeBase = 0x00;

void append_u16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

// One step of HKDF-SHA256 (RFC 5869): `mode` is EVP_KDF_HKDF_MODE_EXTRACT_ONLY or _EXPAND_ONLY.
// The parameters take mutable pointers, are only read, and may be empty but not null.
void hkdf(int mode, ByteView key, const char* input_name, ByteView input, MutableByteView out) {
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr);
  KdfCtxPtr context(EVP_KDF_CTX_new(kdf));
  std::string digest = "SHA2-256";
  std::uint8_t nothing = 0;
  const auto bytes = [&](const char* name, ByteView value) {
    std::uint8_t* const data = value.empty() ? &nothing : const_cast<std::uint8_t*>(value.data());
    return OSSL_PARAM_construct_octet_string(name, data, value.size());
  };
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      bytes(OSSL_KDF_PARAM_KEY, key), bytes(input_name, input), OSSL_PARAM_construct_end()};
  ATOMA_CHECK(context && EVP_KDF_derive(context.get(), out.data(), out.size(), params) == 1);
}

// RFC 9180 §4, with suite_id = "HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id.
class LabeledKdf {
 public:
  explicit LabeledKdf(const HpkeSuite& suite) {
    append(suite_id_, "HPKE");
    for (const std::uint16_t id : {suite.kem_id, suite.kdf_id, suite.aead_id}) {
      append_u16(suite_id_, id);
    }
  }

  // No secret is ever input keying material here: base mode extracts from an empty PSK.
  Secret<32> extract(ByteView salt, std::string_view label, ByteView ikm) const {
    Bytes labeled = start(label);
    append(labeled, ikm);
    Secret<32> out;
    hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, labeled, OSSL_KDF_PARAM_SALT, salt,
         out.expose_mutable("HKDF-Extract"));
    return out;
  }

  void expand(const Secret<32>& prk, std::string_view label, ByteView info,
              MutableByteView out) const {
    Bytes labeled;
    append_u16(labeled, out.size());
    append(labeled, start(label));
    append(labeled, info);
    hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, prk.expose("HKDF-Expand"), OSSL_KDF_PARAM_INFO, labeled,
         out);
  }

 private:
  Bytes start(std::string_view label) const {
    Bytes out = to_bytes("HPKE-v1");
    append(out, suite_id_);
    append(out, label);
    return out;
  }

  Bytes suite_id_;
};

}  // namespace

HpkeKeys hpke_key_schedule(const HpkeSuite& suite, ByteView shared_secret, ByteView info) {
  const LabeledKdf kdf(suite);
  Bytes context = {kModeBase};
  append(context, kdf.extract({}, "psk_id_hash", {}).expose("public in base mode"));
  append(context, kdf.extract({}, "info_hash", info).expose("public"));
  const Secret<32> secret = kdf.extract(shared_secret, "secret", {});
  HpkeKeys keys;
  const auto key = keys.key.expose_mutable("HPKE key schedule");
  ATOMA_CHECK(suite.key_size <= key.size());
  kdf.expand(secret, "key", context, key.first(suite.key_size));
  kdf.expand(secret, "base_nonce", context, keys.base_nonce);
  return keys;
}

// A context seals once, so the sequence number stays zero and the nonce is the base nonce.
Result<HpkeSealed> hpke_seal(ByteView recipient_public_key, ByteView info, ByteView aad,
                             ByteView plaintext, Entropy& entropy) {
  ATOMA_TRY(auto kem, xwing_encapsulate(recipient_public_key, entropy));
  const HpkeKeys keys =
      hpke_key_schedule(kXwingSuite, kem.shared.expose("HPKE key schedule"), info);
  return HpkeSealed{std::move(kem.ciphertext),
                    aead_seal(keys.key, keys.base_nonce, aad, plaintext)};
}

Result<SecretBytes> hpke_open(const XwingPrivateKey& recipient, ByteView enc, ByteView info,
                              ByteView aad, ByteView ciphertext) {
  const auto refused = [](const Error&) {
    return Error{Code::kInvalidArgument, "hpke.open", "the sealed message does not open"};
  };
  const auto shared = recipient.decapsulate(enc);
  if (!shared) return std::unexpected(refused(shared.error()));
  const HpkeKeys keys = hpke_key_schedule(kXwingSuite, shared->expose("HPKE key schedule"), info);
  return aead_open(keys.key, keys.base_nonce, aad, ciphertext).transform_error(refused);
}

}  // namespace atoma::crypto
