// For tests: a genesis whose issuers have keys made of their names.
#pragma once

#include "atoma/crypto/digest.h"
#include "atoma/registry/registry.h"
#include "atoma/registry/sequencer.h"

namespace atoma::test {

inline cose::SigningKey issuer_key(std::string_view name) {
  return cose::SigningKey(
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(crypto::sha256(as_bytes(name)))));
}

inline ledger::Issuer issuer(std::string_view name, std::uint64_t weight, ledger::Role role) {
  const auto key = issuer_key(name);
  return {.name = std::string(name),
          .algorithm = key.algorithm(),
          .public_key = to_bytes(key.public_key().raw()),
          .weight = weight,
          .roles = {role}};
}

// A member "anna" who decides alone, "verifier", "broker" and "sequencer".
inline registry::FirstEntry first_entry(Time now, Entropy& entropy) {
  return [now, &entropy](const tlog::VerifierKey& log_key) {
    return registry::sign_genesis({.issuers = {issuer("anna", 1, ledger::Role::kMember),
                                               issuer("verifier", 0, ledger::Role::kVerifier),
                                               issuer("broker", 0, ledger::Role::kService)},
                                   .thresholds = {1, 1, Duration{0}}},
                                  log_key, issuer_key("sequencer"), now, entropy);
  };
}

}  // namespace atoma::test
