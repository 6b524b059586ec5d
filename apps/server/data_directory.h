// The data directory of one Atoma and the secrets in it. Made on first use, for its owner alone:
//
//   registry/        the ledger (atoma/registry/registry.h)
//   verified         how far the entries' signatures were verified
//   kv/              secrets, sealed under keys/root.key; what vendors signed and verdicts stood on
//   keys/ear.seed    from which the keys that sign attestation results are derived
//   keys/nonce.key   HMAC key of challenge nonces
//   keys/sequencer.key verifier.key broker.key operator.key
//                    seeds of the Ed25519 keys that sign entries of the ledger; the operator is its
//                    only member where no genesis named others
//   keys/log_ml_dsa.key   with which the log signs by ML-DSA-44, where it has witnesses
//   witnesses/       what was shown, and why the log halted (atoma/registry/publisher.h)
//   log_id           random, in the log's name: replicas share keys, but never a log
//   evidence/        what entries name and do not hold (atoma/registry/evidence_store.h)
//   keys/evidence.token   bearer token for reading it; replicas share it, too
//   keys/root.key    AES-256 key over all stored secrets
//   admin.token      bearer token for putting secrets
//   address          the server's URL while it runs
//
// KEYS IN FILES ARE FOR DEVELOPMENT ONLY: who reads this directory reads every secret and can forge
// every verdict. A deployment keeps them in an HSM or a TEE; neither is here yet.
#pragma once

#include <string>

#include "atoma/base/entropy.h"
#include "atoma/base/secret.h"
#include "atoma/cose/key.h"
#include "atoma/store/file.h"

namespace atoma::server {

struct DataDirectory {
  store::Path path;
  Secret<32> ear_seed;
  SecretBytes nonce_key;
  SecretBytes log_id;
  Secret<32> root_key;
  SecretBytes admin_token, evidence_token;  // texts, without newline

  Secret<32> log_ml_dsa;
  Secret<32> sequencer, verifier, broker, operator_;  // seeds

  store::Path registry() const { return path / "registry"; }
  store::Path witnesses() const { return path / "witnesses"; }
  store::Path verified_mark() const { return path / "verified"; }
  store::Path kv() const { return path / "kv"; }
  store::Path evidence() const { return path / "evidence"; }
  store::Path evidence_token_file() const { return path / "keys" / "evidence.token"; }
  store::Path token_file() const { return path / "admin.token"; }
  store::Path address_file() const { return path / "address"; }
  store::Path sample() const { return path / "sample"; }

  // Errors: "data.permissions" (a key that others may read), "data.key" (of the wrong size), those
  // of store::FileSystem.
  static Result<DataDirectory> open(const store::Path& path, Entropy& entropy);
};

// The issuer's key that has this seed.
cose::SigningKey issuer_key(const Secret<32>& seed);

// A file for its owner alone. Errors: "data.permissions", "store.missing", "store.io".
Result<SecretBytes> read_secret_file(const store::Path& path, std::size_t size_max);

}  // namespace atoma::server
