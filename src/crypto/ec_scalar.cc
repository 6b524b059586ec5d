#include "ec_scalar.h"

#include <openssl/core_names.h>

#include <bit>
#include <string>

#include "atoma/base/check.h"
#include "atoma/base/secret.h"

namespace atoma::crypto {
namespace {

bool is_zero(ByteView a) {
  static constexpr ByteArray<kCoordinateMax> kZero{};
  return ct_equal(a, ByteView(kZero).first(a.size()));
}

Bytes raw_signature(ByteView der, std::size_t size) {
  const unsigned char* in = der.data();
  EcdsaSigPtr parsed(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
  ATOMA_CHECK(parsed);
  Bytes out(2 * size);
  const int half = static_cast<int>(size);
  ATOMA_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), half) == half &&
              BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + size, half) == half);
  return out;
}

}  // namespace

const CurveInfo kSecp256k1 = {NID_secp256k1, "secp256k1", "SHA2-256", 32};

bool below(ByteView a, ByteView b) {
  unsigned int borrow = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    borrow = ((unsigned{a[i]} - unsigned{b[i]} - borrow) >> 8) & 1;
  }
  return borrow == 1;
}

EcGroupPtr make_group(const CurveInfo& info) {
  EcGroupPtr group(EC_GROUP_new_by_curve_name(info.nid));
  ATOMA_CHECK(group);
  return group;
}

bool in_range(const EC_GROUP* group, ByteView scalar) {
  Bytes order(scalar.size());
  ATOMA_CHECK(BN_bn2binpad(EC_GROUP_get0_order(group), order.data(),
                           static_cast<int>(order.size())) == static_cast<int>(order.size()));
  return !is_zero(scalar) && below(scalar, order);
}

Bytes public_point(const EC_GROUP* group, ByteView scalar) {
  BnPtr number(BN_secure_new());
  EcPointPtr point(EC_POINT_new(group));
  ATOMA_CHECK(number && point);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  ATOMA_CHECK(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), number.get()) != nullptr &&
              EC_POINT_mul(group, point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  Bytes out(1 + 2 * scalar.size());
  ATOMA_CHECK(EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(),
                                 out.size(), nullptr) == out.size());
  return out;
}

PkeyPtr make_key(const CurveInfo& info, ByteView scalar, Bytes& point) {
  // OSSL_PARAM integers are in the machine's byte order.
  SecretBytes native = SecretBytes::copy_of(scalar);
  const MutableByteView number = native.expose_mutable("scalar for OpenSSL");
  if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(number);
  std::string group = info.group_name;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number.data(), number.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  ATOMA_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params) == 1);
  return PkeyPtr(key);
}

Bytes sign_digest(const CurveInfo& info, EVP_PKEY* key, ByteView digest) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  unsigned int nonce_type = 1;  // RFC 6979
  std::string digest_name = info.digest_name;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, digest_name.data(), 0),
      OSSL_PARAM_construct_uint(OSSL_SIGNATURE_PARAM_NONCE_TYPE, &nonce_type),
      OSSL_PARAM_construct_end()};
  ATOMA_CHECK(context && EVP_PKEY_sign_init_ex(context.get(), params) == 1);
  ByteArray<2 + 2 * (3 + kCoordinateMax)> der;
  std::size_t size = der.size();
  ATOMA_CHECK(EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) == 1);
  return raw_signature(ByteView(der).first(size), info.size);
}

}  // namespace atoma::crypto
