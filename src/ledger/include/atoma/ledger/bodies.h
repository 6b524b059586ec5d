// Bodies of entries that programs write, as api/entry.cddl has them: the rules read the same forms.
// Digests are SHA-256. Reading checks the form alone. Errors of all: "rule.body".
//
//   const Bytes body = encode_release({.name = "default/db/1", .version = 3, …});
//   ATOMA_TRY(const ReleaseBody release, read_release(entry.statement.body));
#pragma once

#include <string>
#include <vector>

#include "atoma/ledger/evidence.h"
#include "atoma/ledger/state.h"

namespace atoma::ledger {

struct GenesisBody {
  std::string origin;
  std::vector<std::string> log_keys;  // verifier keys of the log's notes
  std::vector<Issuer> issuers;
  Thresholds thresholds;
};
Bytes encode_genesis(const GenesisBody& genesis);
Result<GenesisBody> read_genesis(ByteView body);

// Values of proposals: one item each, as in a genesis.
Bytes encode_issuer(const Issuer& issuer);
Bytes encode_thresholds(const Thresholds& thresholds);

struct MapHeadBody {
  std::uint64_t size = 0;  // of the input
  Hash root{};             // of the index
};
Bytes encode_map_head(const MapHeadBody& head);

struct AttestationBody {
  std::string verdict;  // "accepted", "refused" or "undecided"
  Hash evidence{};
  Hash policy{};
  std::optional<Hash> collateral;
  Hash key{};  // of the raw public key that the evidence binds
  Hash ear{};  // of the token's bytes
  std::string tee;
  std::optional<Bytes> measurement;  // at launch
  bool sample = false;               // of a software platform: it proves nothing
  // What the verdict was given about and stands on, the evidence first; at least one.
  std::vector<EvidenceRef> kept;
};
Bytes encode_attestation(const AttestationBody& attestation);
Result<AttestationBody> read_attestation(ByteView body);

// What an entry names and does not hold: of an attestation what it stands on, of a key.register the
// wrapped key. None of other types.
Result<std::vector<EvidenceRef>> read_evidence_refs(const Statement& statement);

struct SecretPutBody {
  std::string name;
  std::uint64_t version = 0;
  Hash rule{};  // of the release rule's text
};
Bytes encode_secret_put(const SecretPutBody& put);
Result<SecretPutBody> read_secret_put(ByteView body);

struct ReleaseBody {
  std::string name;
  std::uint64_t version = 0;
  std::uint64_t attestation = 0;  // index of the entry that it rests on
  Hash ear{};
  Hash key{};         // that the secret was wrapped for
  Hash ciphertext{};  // of the wrapped secret
};
Bytes encode_release(const ReleaseBody& release);
Result<ReleaseBody> read_release(ByteView body);

struct RefusalBody {
  std::string name;    // that was asked for; there may be no such secret
  std::string reason;  // a stable id
  Hash ear{};
  Hash key{};
};
Bytes encode_refusal(const RefusalBody& refusal);
Result<RefusalBody> read_refusal(ByteView body);

}  // namespace atoma::ledger
