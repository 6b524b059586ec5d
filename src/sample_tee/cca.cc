#include "atoma/sample_tee/cca.h"

#include "atoma/base/check.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::sample_tee {
namespace {

using crypto::Curve;
using crypto::EcPrivateKey;
using evidence::cca::HashAlgorithm;
using wire::CborWriter;

Bytes point_of(const EcPrivateKey& key) {
  Bytes out{0x04};
  append(out, key.public_xy());
  return out;
}

template <typename Write>
Bytes item(Write write) {
  CborWriter out;
  write(out);
  return out.take();
}

struct ClaimList {
  std::vector<Bytes> items;

  template <typename Write>
  void add(std::int64_t key, Write write) {
    items.push_back(item([&](CborWriter& out) { out.value(key); }));
    items.push_back(item(write));
  }
  void add_bytes(std::int64_t key, ByteView value) {
    add(key, [&](CborWriter& out) { out.bytes(value); });
  }
  void add_text(std::int64_t key, std::string_view value) {
    add(key, [&](CborWriter& out) { out.value(value); });
  }
};

Bytes encode_map(const std::vector<Bytes>& items, bool sorted) {
  if (sorted) {
    CborWriter out;
    out.begin_map();
    for (const Bytes& part : items) out.raw(part);
    return out.end_map().take();
  }
  ATOMA_CHECK(items.size() / 2 < 24);
  Bytes out{static_cast<std::uint8_t>(0xA0 + items.size() / 2)};
  for (std::size_t i = items.size(); i >= 2; i -= 2) {
    append(out, items[i - 2]);
    append(out, items[i - 1]);
  }
  return out;
}

// As cose::sign1 with nothing but the algorithm in the header.
Bytes sign(const EcPrivateKey& key, ByteView payload) {
  constexpr ByteArray<4> kHeader{0xA1, 0x01, 0x38, 0x22};
  const Bytes to_sign = item([&](CborWriter& out) {
    out.begin_array().value("Signature1").bytes(kHeader).bytes({}).bytes(payload).end_array();
  });
  CborWriter out;
  out.tag(18).begin_array().bytes(kHeader).begin_map().end_map().bytes(payload);
  return out.bytes(key.sign(to_sign)).end_array().take();
}

void write_components(CborWriter& out) {
  out.begin_array();
  for (const std::uint8_t i : {std::uint8_t{1}, std::uint8_t{2}}) {
    out.begin_map().key(1).value(i == 1 ? "BL" : "RMM").key(2).bytes(Bytes(32, i));
    out.key(4).value("1.0").key(5).bytes(Bytes(32, 0x77)).key(6).value("sha-256").end_map();
  }
  out.end_array();
}

}  // namespace

CcaPlatform CcaPlatform::create(Entropy& entropy) {
  auto platform = EcPrivateKey::generate(Curve::kP384, entropy);
  CcaPlatform out(std::move(platform), EcPrivateKey::generate(Curve::kP384, entropy));
  entropy.fill(out.implementation_id);
  entropy.fill(out.instance_id);
  out.instance_id[0] = 0x01;  // a UEID of random bytes (RFC 9711 §4.2.1)
  return out;
}

Bytes CcaPlatform::platform_token(const CcaTokenTemplate& content) const {
  const Bytes point = point_of(realm_key);
  const Bytes challenge = content.key_hash == HashAlgorithm::kSha256
                              ? to_bytes(crypto::sha256(point))
                              : to_bytes(crypto::sha512(point));
  ClaimList claims;
  claims.add_bytes(10, challenge);
  claims.add_bytes(256, instance_id);
  claims.add_text(265, content.profile);
  claims.add(2395, [&](CborWriter& out) { out.value(std::uint64_t{content.lifecycle}); });
  claims.add_bytes(2396, implementation_id);
  claims.add(2399, write_components);
  claims.add_text(2400, "https://verifier.example");
  claims.add_bytes(2401, Bytes{0xCF});
  claims.add_text(2402, "sha-256");
  if (content.edit_platform) content.edit_platform(claims.items);
  return sign(platform_key, encode_map(claims.items, content.sorted));
}

Bytes CcaPlatform::realm_token(const CcaTokenTemplate& content) const {
  const std::size_t size = hash_size(content.realm_hash);
  ClaimList claims;
  claims.add_bytes(10, content.challenge);
  claims.add_bytes(44235, content.personalization);
  claims.add_text(44236, hash_name(content.realm_hash));
  claims.add_bytes(44237, point_of(realm_key));
  claims.add_bytes(44238, Bytes(size, content.rim));
  claims.add(44239, [&](CborWriter& out) {
    out.begin_array();
    for (std::size_t i = 0; i < evidence::cca::kRemCount; ++i) out.bytes(Bytes(size));
    out.end_array();
  });
  claims.add_text(44240, hash_name(content.key_hash));
  if (content.edit_realm) content.edit_realm(claims.items);
  return sign(realm_key, encode_map(claims.items, content.sorted));
}

Bytes CcaPlatform::token(const CcaTokenTemplate& content) const {
  Bytes platform = platform_token(content);
  Bytes realm = realm_token(content);
  if (content.edit_tokens) content.edit_tokens(platform, realm);
  return cca_collection(platform, realm);
}

std::string CcaPlatform::platform_key_jwk() const {
  const Bytes xy = platform_key.public_xy();
  const ByteView view(xy);
  wire::JsonWriter out;
  out.begin_object().member("kty", "EC").member("crv", "P-384");
  out.member("x", wire::base64url_encode(view.first(48)));
  out.member("y", wire::base64url_encode(view.last(48)));
  return out.end_object().take();
}

crypto::Digest256 CcaPlatform::platform_key_digest() const {
  return crypto::sha256(point_of(platform_key));
}

Bytes cca_collection(ByteView platform_token, ByteView realm_token, std::uint64_t tag) {
  CborWriter out;
  out.tag(tag).begin_map().key(44234).bytes(platform_token).key(44241).bytes(realm_token);
  return out.end_map().take();
}

}  // namespace atoma::sample_tee
