// The broker: keeps secrets under release rules and hands one out only to a key that an accepted
// attestation result names, wrapped so that nobody else can open it. Release and refusal are on the
// ledger before the answer leaves.
//
//   broker::Service broker({.verifier_jwks = [&] { return verifier.jwks(); }, …}, kv, writer, log,
//                          clock, entropy);
//   broker.mount(router);   // the service outlives the server
//
//   PUT  /v1/secrets/{name}          {"secret", "rule"} → {"name", "version", "index"}   admin
//   GET  /v1/secrets                 names, versions, rules; never values                 admin
//   POST /v1/secrets/{name}/release  {"ear", "index", "key"} → the wrapped secret
//
// A request without an authentic EAR gets 401 and leaves no trace on the ledger: strangers can't
// fill it. The root key comes from the caller; one that lies in a file beside the data protects
// nothing from who can read the disk, and is for development only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/base/secret.h"
#include "atoma/crypto/digest.h"
#include "atoma/http/router.h"
#include "atoma/ledger/writer.h"
#include "atoma/store/kv.h"

namespace atoma::broker {

// HPKE's info for a released secret. Its aad is the compact JSON of release_aad.
inline constexpr std::string_view kReleaseInfo = "atoma-release/1";
std::string release_aad(std::string_view name, std::uint64_t version, std::string_view ear_sha256);

// The tables that the broker needs in its Kv.
inline constexpr std::string_view kSecretsTable = "secrets";
inline constexpr std::string_view kVersionsTable = "secret_versions";

inline constexpr std::size_t kSecretNameMax = 128;
// Letters, digits, '.', '_' and '-'.
bool is_secret_name(std::string_view name);

struct Config {
  // Whose EARs count, as a JWK set; asked for each request, because keys rotate. From any thread.
  std::function<std::string()> verifier_jwks;
  // SHA-256 of the verifier's default policy: what a rule means that names none. Of zeros: no
  // policy, so that every rule must name one.
  crypto::Digest256 default_policy{};
  Secret<32> root_key;
  SecretBytes admin_token;     // not empty
  cose::SigningKey entry_key;  // signs entries of the ledger, as a service
};

class Service {
 public:
  // `writer` writes to `log`, which has the verifier's entries too.
  Service(Config config, store::Kv& kv, ledger::Writer& writer, const tlog::Ledger& log,
          const Clock& clock, Entropy& entropy);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  void mount(http::Router& router);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::broker
