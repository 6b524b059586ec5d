// The verifier: gives challenges, appraises evidence that answers one, signs the result (EAR),
// keeps what it is about and stands on, writes it to the ledger and only then answers. It decides
// nothing else: who releases what on the strength of an EAR is the broker's. An accepted verdict
// that the ledger's rules refuse (its members revoked the policy or the measurement) is not given
// out: the answer is the rule, with 403.
//
//   verifier::Service verifier({.policy = policy, …}, writer, keeper, log, clock, entropy);
//   verifier.mount(router);   // the service outlives the server
//
//   POST /v1/challenge   {} → {"nonce", "expires_at"}
//   POST /v1/attest      {"nonce", "key", "evidence", …} → {"verdict", "ear", "index", "bundle"}
//   POST /v1/appraise    {"nonce", "evidence", …} → {"verdict", "ear"}: nothing is recorded, and
//   the
//                        EAR names no key, so that nothing is released for it
//   POST /v1/appraise/batch  {"nonce", "items": […]} → {"ear", "items": […]}: one EAR for all
//   GET  /v1/policy      the policy, as text with its digest; ?tenant=NAME: that tenant's
//   GET  /.well-known/jwks.json, /.well-known/cose-keys
//
// Replicas share nothing but their configuration: each takes any other's nonces (with the same
// nonce_key) and signs with the same keys, which rotate with the clock. Safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atoma/appraisal/policy.h"
#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/crypto/signature_queue.h"
#include "atoma/http/router.h"
#include "atoma/ledger/evidence.h"
#include "atoma/ledger/writer.h"
#include "atoma/store/kv.h"
#include "atoma/telemetry/metrics.h"
#include "atoma/telemetry/trace.h"
#include "atoma/verifier/at_hand.h"
#include "atoma/verifier/tenants.h"

namespace atoma::verifier {

// How long each signing key signs. Shorter than twice the life of a result, and one could outlive
// the publication of its key where clocks differ.
inline constexpr Duration kKeyPeriodDefault{24 * 3600};
inline constexpr Duration kKeyPeriodMin{600};
inline constexpr Duration kKeyPeriodMax{366 * 24 * 3600};

// Of a store that keeps what results name over restarts.
inline constexpr std::string_view kUsedSetsTable = "used_sets";

struct Config {
  std::shared_ptr<const appraisal::Policy> policy;
  std::string policy_text;                  // as it was parsed
  std::vector<NamedPolicy> tenants;         // checked by the caller: Policies::create
  Secret<32> signing_seed;                  // of the keys that sign EARs (atoma/cose/epoch_keys.h)
  Duration key_period = kKeyPeriodDefault;  // at least kKeyPeriodMin; the caller checks
  SecretBytes nonce_key;                    // 32 bytes, of the MAC in each nonce
  cose::SigningKey entry_key;               // signs entries of the ledger, as a verifier
  std::string issuer = "atoma";
  std::string build;
  Duration ear_lifetime{300};
  AtHand at_hand;
  std::size_t threads = 2;         // that appraise
  std::size_t waiting_max = 1024;  // appraisals; one more gets 429
  // Who decides signatures, one for each thread; null: OpenSSL, one by one.
  std::function<std::unique_ptr<crypto::SignatureDecider>()> make_decider;
  store::Kv* kv = nullptr;  // with kUsedSetsTable; null: they are forgotten at the end
  telemetry::Metrics* metrics = nullptr;  // outlives the service; null: nothing is counted
  telemetry::Tracer* tracer = nullptr;    // outlives the service; null: nothing is traced
};

class Service {
 public:
  // `writer` writes to `log`; what its entries name is kept by `keeper` before.
  Service(Config config, ledger::Writer& writer, ledger::EvidenceKeeper& keeper,
          const tlog::Ledger& log, const Clock& clock, Entropy& entropy);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  void mount(http::Router& router);
  // At hand from now on, in place of all before; of too many the first.
  void use(AtHand at_hand);
  // The public keys that verify EARs now, as served.
  std::string jwks() const;
  // When the next key begins to sign.
  Time next_rotation() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::verifier
