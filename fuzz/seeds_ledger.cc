#include <algorithm>

#include "atoma/cose/sign1.h"
#include "atoma/ledger/bodies.h"
#include "atoma/ledger/lookup.h"
#include "atoma/wire/cbor_writer.h"
#include "seeds.h"

namespace atoma::fuzz {

// Statements of several types, whole and as the payload that ledger_entry signs; a lookup.
std::vector<Seed> ledger_seeds() {
  std::vector<Seed> out;
  const cose::SigningKey key(
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{8})));
  const auto statement = [](std::string type, Bytes body) {
    return ledger::Statement{.type = std::move(type),
                             .label = {"models", "llama"},
                             .previous = std::nullopt,
                             .time = Time{1000},
                             .expiry = Time{2000},
                             .nonce = Bytes(8, 1),
                             .body = std::move(body)};
  };
  const Bytes digest(32, 0x5A);
  wire::CborWriter attestation, propose, deployment;
  attestation.begin_map().key(1).value("accepted").key(2).bytes(digest).key(3).bytes(digest);
  attestation.key(4).null().key(5).bytes(digest).key(6).bytes(digest).key(7).value("tdx");
  attestation.key(8).bytes(digest).key(9).value(false).key(10).begin_array().begin_array();
  attestation.bytes(digest).value(5).value("a/b").end_array().end_array().end_map();
  propose.begin_map().key(1).value("measurement.add").key(2).bytes(digest);
  propose.key(3).begin_array().value(1).bytes(digest).end_array().end_map();
  deployment.begin_map().end_map();
  const ledger::Hash some{0x5A};
  const Bytes put = ledger::encode_secret_put({"default/db/1", 3, some});
  const Bytes release = ledger::encode_release({"default/db/1", 3, 7, some, some, some});
  const Bytes refusal = ledger::encode_refusal({"default/db/1", "release.key", some, some});
  const std::pair<std::string, Bytes> kinds[] = {{"attestation", attestation.take()},
                                                 {"policy.propose", propose.take()},
                                                 {"deployment", deployment.take()},
                                                 {"secret.put", put},
                                                 {"release", release},
                                                 {"refusal", refusal}};
  std::vector<Bytes> entries;
  for (const auto& [type, body] : kinds) {
    entries.push_back(ledger::sign_entry(statement(type, body), key));
    const auto message = cose::parse_sign1(entries.back(), cose::Sign1Tag::kRequired);
    std::string name = type;
    std::ranges::replace(name, '.', '_');
    out.push_back({"ledger_entry", name, entries.back()});
    out.push_back({"ledger_entry", name + "_payload", to_bytes(message->payload)});
  }
  ledger::Lookup lookup{.checkpoint = "example.org/log\n",
                        .map_head = {1, entries[2], {merkle::Hash{1}}},
                        .path = {{merkle::Hash{2}, merkle::Hash{}}, std::nullopt},
                        .entry = std::nullopt};
  out.push_back({"ledger_lookup", "absent", ledger::encode_lookup(lookup)});
  lookup.path.leaf = merkle::TrieLeaf{merkle::Hash{3}, ledger::LabelValue{}.encode()};
  lookup.entry = ledger::ProvenEntry{0, entries[0], {merkle::Hash{4}}};
  out.push_back({"ledger_lookup", "present", ledger::encode_lookup(lookup)});
  out.push_back({"ledger_lookup", "label_value", ledger::LabelValue{}.encode()});
  // What monitor_follower does to the tiles that a log answers: honest ones, then one that is not.
  const std::pair<const char*, Bytes> lies[] = {{"honest", {0}},
                                                {"honest_after_a_restart", {1}},
                                                {"one_bit", {1, 0, 0, 0, 2, 0x34, 0x12}},
                                                {"gone", {0, 0, 0, 0, 1}},
                                                {"cut", {0, 3, 40, 0}},
                                                {"longer", {1, 4, 32, 0}}};
  for (const auto& [name, bytes] : lies) out.push_back({"monitor_follower", name, bytes});
  Bytes other{1, 5, 64, 0};
  other.resize(other.size() + 64, 7);
  out.push_back({"monitor_follower", "other_hashes", std::move(other)});
  return out;
}

}  // namespace atoma::fuzz
