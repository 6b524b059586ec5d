#include "release.h"

#include "atoma/cose/ear_token.h"
#include "atoma/cose/jws.h"
#include "atoma/crypto/hpke.h"
#include "atoma/http/fields.h"
#include "atoma/ledger/audit.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/text.h"

namespace atoma::broker {
namespace {

bool is_attestation_of(ByteView bytes, const crypto::Digest256& ear) {
  const auto entry = ledger::parse_entry(bytes);
  return entry && entry->statement.type == "attestation" && ledger::ear_digest_of(*entry) == ear;
}

Status check_on_ledger(const Presented& presented, const tlog::Ledger& log) {
  const auto entry = log.entry(presented.request.index);
  // A disk that lost what was written is our trouble, not a reason to refuse.
  if (!entry && entry.error().reason != "ledger.index") return std::unexpected(entry.error());
  if (entry && is_attestation_of(*entry, presented.ear_digest)) return {};
  return fail(Code::kPermissionDenied, "release.not_on_ledger",
              "entry " + std::to_string(presented.request.index) +
                  " of the ledger is no attestation with this result");
}

}  // namespace

Result<ReleaseRequest> parse_release_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  ReleaseRequest out;
  out.token = in.text("ear", {1, cose::kJwsSizeMax});
  out.index = in.number("index");
  out.key = in.bytes("key", {crypto::kXwingPublicKeySize, crypto::kXwingPublicKeySize});
  ATOMA_TRY_VOID(in.finish());
  return out;
}

Result<Presented> authenticate(ReleaseRequest request, std::string_view verifier_jwks) {
  // Parsed for each request: a set of keys belongs to one thread at a time.
  ATOMA_TRY(auto keys, cose::VerificationKeys::parse_jwks(verifier_jwks));
  auto verified = cose::verify_ear_token(request.token, keys);
  if (!verified) {
    return fail(Code::kUnauthenticated, "release.ear",
                "no attestation result of this broker's verifier: " + verified.error().to_string());
  }
  keys.keep_only(verified->kid);
  Presented out{
      .request = std::move(request), .ear = std::move(verified->ear), .jwks = keys.to_jwks()};
  out.ear_digest = tlog::token_digest(out.request.token);
  out.ear_sha256 = wire::hex_encode(out.ear_digest);
  out.key_digest = crypto::sha256(out.request.key);
  return out;
}

Status check_presented(const Presented& presented, const tlog::Ledger& log, Time now) {
  const cose::AtomaClaims& claims = presented.ear.atoma;
  if (const auto timely = cose::check_time(presented.ear, now, Duration{0}); !timely) {
    return fail(Code::kPermissionDenied, "release.expired",
                timely.error().message + ": attest again");
  }
  ATOMA_TRY_VOID(check_on_ledger(presented, log));
  if (claims.verdict != cose::EarVerdict::kAccepted) {
    return fail(Code::kPermissionDenied, "release.verdict", "the evidence was not accepted");
  }
  if (const auto key = wire::hex_encode(presented.key_digest); claims.key != key) {
    return fail(Code::kPermissionDenied, "release.key",
                "the result names key " + claims.key + ", presented was " + key);
  }
  return {};
}

}  // namespace atoma::broker
