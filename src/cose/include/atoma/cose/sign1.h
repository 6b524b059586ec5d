// COSE_Sign1 (RFC 9052 §4.2): one payload, one signature. Parsing judges structure alone; whose key
// it must be is the caller's to know, never the message's.
//
//   ATOMA_TRY(const auto message, parse_sign1(bytes, Sign1Tag::kRequired));
//   if (verify_sign1(message, key)) use(message.payload);
#pragma once

#include <string_view>

#include "atoma/base/limits.h"
#include "atoma/base/result.h"
#include "atoma/cose/key.h"

namespace atoma::cose {

inline constexpr std::uint64_t kSign1Tag = 18;

enum class Sign1Tag : std::uint8_t { kRequired = 0, kOptional };

// Views point into the bytes that were parsed.
struct Sign1 {
  ByteView protected_header;  // contents of the byte string, exactly as they are signed
  Algorithm algorithm = Algorithm::kEs256;
  ByteView kid;           // empty when there is none
  std::string_view type;  // RFC 9596 "typ", when it is a text; else empty
  ByteView payload;
  ByteView signature;
};

// An array of four in deterministic CBOR, with the payload inside. The protected header must name
// an algorithm that is known; the unprotected one may hold a kid and nothing else.
// Errors: those of CborDocument::parse, "cose.tag", "cose.shape", "cose.protected" (no map in
// deterministic CBOR), "cose.crit" (an extension is demanded; none is known), "cose.alg",
// "cose.unprotected".
Result<Sign1> parse_sign1(ByteView bytes, Sign1Tag tag,
                          std::size_t size_max = limits::kCborSizeMax);

// Sig_structure with the context "Signature1" (RFC 9052 §4.4): what the signature covers.
Bytes sign1_signed_bytes(const Sign1& message, ByteView external_aad = {});

// True when `key` is of the message's algorithm and made its signature.
bool verify_sign1(const Sign1& message, PublicKey& key, ByteView external_aad = {});

struct Sign1Header {
  ByteView kid;           // protected; empty: none
  std::string_view type;  // protected; empty: none
};

// A tagged message.
Bytes sign1(const SigningKey& key, const Sign1Header& header, ByteView payload,
            ByteView external_aad = {});

}  // namespace atoma::cose
