// An entry that parses has the leaf hash of its bytes. Nothing forged is admitted; and a payload
// under a good signature, by an issuer who may do everything, leaves a ledger whose label ends in
// it. What people are shown of it is one JSON document.
#include "atoma/cose/sign1.h"
#include "atoma/ledger/entry_json.h"
#include "atoma/ledger/state.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

const cose::SigningKey& issuer() {
  static const cose::SigningKey key(
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{7})));
  return key;
}

ledger::State begun() {
  wire::CborWriter body;
  body.begin_map().key(1).value("example.org/log").key(2).begin_array().value("key").end_array();
  body.key(3).begin_array().begin_array().value("all").value(-8);
  body.bytes(issuer().public_key().raw()).value(1).begin_array();
  for (const auto* role : {"member", "verifier", "registrar", "service", "sequencer", "node"}) {
    body.value(role);
  }
  body.end_array().end_array().end_array();
  body.key(4).begin_array().value(1).value(1).value(0).end_array().end_map();
  ledger::State state;
  auto genesis = state.admit(ledger::sign_entry({.type = "genesis",
                                                 .label = {"a", "b"},
                                                 .previous = std::nullopt,
                                                 .time = Time{1000},
                                                 .expiry = std::nullopt,
                                                 .nonce = Bytes(8),
                                                 .body = body.take()},
                                                issuer()));
  ATOMA_CHECK(genesis.has_value());
  state.apply(std::move(*genesis));
  return state;
}

void show(const ledger::Entry& entry) {
  wire::JsonWriter out;
  ledger::write_entry_json(out, entry);
  ATOMA_CHECK(wire::JsonDocument::parse(out.str()).has_value());
}

}  // namespace

void one_input(ByteView in) {
  static const ledger::State kBegun = begun();
  if (const auto entry = ledger::parse_entry(in)) {
    ATOMA_CHECK(entry->leaf == merkle::leaf_hash(in));
    ATOMA_CHECK(!kBegun.admit(in).has_value());
    show(*entry);
  }
  if (in.size() > ledger::kEntryMax) return;
  const ledger::KeyId id = ledger::key_id(issuer().algorithm(), issuer().public_key().raw());
  const Bytes bytes = cose::sign1(issuer(), {.kid = id, .type = ledger::kEntryMediaType}, in);
  if (const auto entry = ledger::parse_entry(bytes)) show(*entry);
  auto admitted = kBegun.admit(bytes);
  if (!admitted || admitted->duplicate_of) return;
  ledger::State state = kBegun;
  const auto name = admitted->entry->statement.label;
  state.apply(std::move(*admitted));
  ATOMA_CHECK(state.size() == 2 && state.label(name)->value.head.leaf == merkle::leaf_hash(bytes));
}

}  // namespace atoma::fuzz
