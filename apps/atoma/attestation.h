// What `atoma attest` keeps in its --out directory, and the checks that a client makes before it
// believes a server.
//
//   key           seed of the X-Wing key, 32 bytes, for its owner alone
//   ear.jwt       the attestation result; or ear.cwt, its bytes
//   bundle.json   its place in the log, with the evidence
//   jwks.json     the verifier's keys as they were served
//   log.vkey      the log's key: given, or as it was served the first time
#pragma once

#include <optional>
#include <string>

#include "atoma/cose/ear_token.h"
#include "atoma/crypto/hpke.h"
#include "atoma/ledger/audit.h"
#include "atoma/store/file.h"
#include "atoma/tlog/bundle.h"

namespace atoma::app {

struct Attestation {
  crypto::XwingPrivateKey key;
  std::string token;  // a JWT, or a CWT in base64
  std::string bundle_json;
  tlog::ProofBundle bundle;
  std::string jwks;
  std::string log_key;
};

Status store_attestation(const store::Path& directory, const Attestation& attestation);
// Errors: also "attestation.incomplete".
Result<Attestation> load_attestation(const store::Path& directory);

// Every step of the bundle's audit must hold under `log_key`. Errors: "proof.bundle" with the step.
Result<tlog::ProofBundle> check_bundle(std::string_view json, std::string_view log_key);
// Signature, and that it answers this nonce for this key. Errors: those of cose::verify_ear_token,
// "proof.ear".
Result<cose::Ear> check_ear(std::string_view token, std::string_view jwks, std::string_view nonce,
                            ByteView public_key);


// What a command ends with: refused, not reachable, or else bad usage or unreadable input.
int exit_code_of(const Error& error);

}  // namespace atoma::app
