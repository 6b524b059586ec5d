#include "atoma/cose/sign1.h"

#include "atoma/wire/cbor.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::cose {
namespace {

using wire::CborDocument;
using wire::CborItem;

// RFC 9052 §3.1, RFC 9596.
constexpr std::int64_t kAlg = 1;
constexpr std::int64_t kCrit = 2;
constexpr std::int64_t kKid = 4;
constexpr std::int64_t kTyp = 16;

std::unexpected<Error> bad_shape(const char* what) {
  return malformed("cose.shape", std::string("a COSE_Sign1 needs ") + what);
}

// Reads the labels that matter; others that are protected and not critical may stand there.
Status read_protected(Sign1& out) {
  const auto document = CborDocument::parse(out.protected_header);
  if (!document || !document->root().is_map()) {
    return malformed("cose.protected", "the protected header is no map in deterministic CBOR");
  }
  const CborItem header = document->root();
  if (header.find(kCrit)) {
    return malformed("cose.crit", "the message demands extensions; none is known");
  }
  const auto alg = header.find(kAlg);
  const auto id = alg ? alg->integer() : std::nullopt;
  const auto algorithm = id ? algorithm_from_cose(*id) : std::nullopt;
  if (!algorithm) {
    return malformed("cose.alg", "the protected header names no algorithm that is known");
  }
  out.algorithm = *algorithm;
  if (const auto kid = header.find(kKid)) {
    if (!kid->bytes()) return malformed("cose.protected", "the kid is no byte string");
    out.kid = *kid->bytes();
  }
  if (const auto typ = header.find(kTyp)) out.type = typ->text().value_or("");
  return {};
}

// Nobody signs it: a hint for finding the key, and nothing more.
Status read_unprotected(const CborItem& header, Sign1& out) {
  const auto kid = header.find(kKid);
  const std::size_t known = kid ? 2 : 0;
  const bool twice = kid && !out.kid.empty();
  if (header.size() != known || twice || (kid && !kid->bytes())) {
    return malformed("cose.unprotected", "expected a kid or nothing, and no label in both headers");
  }
  if (kid) out.kid = *kid->bytes();
  return {};
}

Bytes signed_bytes(ByteView protected_header, ByteView external_aad, ByteView payload) {
  wire::CborWriter out;
  out.begin_array().value("Signature1").bytes(protected_header).bytes(external_aad).bytes(payload);
  return out.end_array().take();
}

}  // namespace

Result<Sign1> parse_sign1(ByteView bytes, Sign1Tag tag, std::size_t size_max) {
  ATOMA_TRY(const auto document, CborDocument::parse(bytes, {.size_max = size_max}));
  const auto tagged = document.root().tagged(kSign1Tag);
  const bool bare = !tagged && document.root().is_array();
  if (!tagged && !(bare && tag == Sign1Tag::kOptional)) {
    return malformed("cose.tag", "expected the tag 18 of COSE_Sign1");
  }
  const CborItem message = tagged.value_or(document.root());
  const auto parts = message.items();
  if (!message.is_array() || parts.size() != 4) return bad_shape("an array of four");
  const auto header = parts[0].bytes();
  const auto payload = parts[2].bytes();
  const auto signature = parts[3].bytes();
  if (!header || !parts[1].is_map() || !payload || !signature) {
    return bad_shape("byte strings and a map: protected, unprotected, payload, signature");
  }
  Sign1 out{.protected_header = *header, .payload = *payload, .signature = *signature};
  ATOMA_TRY_VOID(read_protected(out));
  ATOMA_TRY_VOID(read_unprotected(parts[1], out));
  return out;
}

Bytes sign1_signed_bytes(const Sign1& message, ByteView external_aad) {
  return signed_bytes(message.protected_header, external_aad, message.payload);
}

bool verify_sign1(const Sign1& message, PublicKey& key, ByteView external_aad) {
  return message.algorithm == key.algorithm() &&
         key.verify(sign1_signed_bytes(message, external_aad), message.signature);
}

Bytes sign1(const SigningKey& key, const Sign1Header& header, ByteView payload,
            ByteView external_aad) {
  wire::CborWriter protected_part;
  protected_part.begin_map().key(kAlg).value(static_cast<std::int64_t>(key.algorithm()));
  if (!header.kid.empty()) protected_part.key(kKid).bytes(header.kid);
  if (!header.type.empty()) protected_part.key(kTyp).value(header.type);
  const Bytes protected_header = protected_part.end_map().take();
  const Bytes signature = key.sign(signed_bytes(protected_header, external_aad, payload));
  wire::CborWriter out;
  out.tag(kSign1Tag).begin_array().bytes(protected_header).begin_map().end_map();
  return out.bytes(payload).bytes(signature).end_array().take();
}

}  // namespace atoma::cose
