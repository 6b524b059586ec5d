// A small ledger for this module's tests: members, programs and nodes with keys of their own, and
// an honest writer that fills in what an entry needs.
#pragma once

#include <gtest/gtest.h>

#include <format>

#include "atoma/ledger/evidence.h"
#include "atoma/ledger/state.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::ledger {

inline constexpr Time kStart{1'795'338'000};

// The key of whoever has this name.
inline cose::SigningKey key_named(std::string_view name) {
  return cose::SigningKey(
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(crypto::sha256(as_bytes(name)))));
}
inline Bytes public_of(std::string_view name) {
  return to_bytes(key_named(name).public_key().raw());
}
inline KeyId id_of(std::string_view name) {
  return key_id(cose::Algorithm::kEdDsa, public_of(name));
}
inline Hash digest_of(std::string_view text) { return crypto::sha256(as_bytes(text)); }

// A body: fields 1, 2, … in this order.
class Body {
 public:
  Body() { out_.begin_map(); }
  Body& add(auto value) {
    out_.key(++field_).value(value);
    return *this;
  }
  Body& bytes(ByteView value) {
    out_.key(++field_).bytes(value);
    return *this;
  }
  Body& raw(ByteView item) {
    out_.key(++field_).raw(item);
    return *this;
  }
  Body& null() {
    out_.key(++field_).null();
    return *this;
  }
  Bytes take() { return out_.end_map().take(); }

 private:
  wire::CborWriter out_;
  std::int64_t field_ = 0;
};

inline Bytes issuer_item(std::string_view name, std::uint64_t weight,
                         std::initializer_list<std::string_view> roles) {
  wire::CborWriter out;
  out.begin_array().value(name).value(-8).bytes(public_of(name)).value(weight).begin_array();
  for (const auto role : roles) out.value(role);
  return out.end_array().end_array().take();
}

inline Bytes thresholds_item(std::uint64_t add, std::uint64_t remove, std::uint64_t delay) {
  wire::CborWriter out;
  return out.begin_array().value(add).value(remove).value(delay).end_array().take();
}

inline Bytes array_of(const std::vector<Bytes>& items) {
  wire::CborWriter out;
  out.begin_array();
  for (const Bytes& item : items) out.raw(item);
  return out.end_array().take();
}
inline Bytes bytes_item(ByteView value) {
  wire::CborWriter out;
  return out.bytes(value).take();
}

// What attestations of these tests stand on.
inline EvidenceRef kept_of(std::string_view evidence) {
  return {digest_of(evidence), evidence.size(), std::string(media::kCpuEvidence)};
}
inline Bytes ref_item(const EvidenceRef& ref) {
  wire::CborWriter out;
  out.begin_array().bytes(ref.sha256).value(ref.size).value(ref.media_type);
  return out.end_array().take();
}
inline Bytes kept_item() { return array_of({ref_item(kept_of("evidence"))}); }

class TestLedger {
 public:
  // Three members of weight 1: two to add, one to remove, an hour between. One program of each
  // kind.
  static Body genesis_body() {
    wire::CborWriter keys;
    keys.begin_array().value("example.org/log+12345678+key").end_array();
    Body out;
    out.add("example.org/log").raw(keys.take());
    out.raw(
        array_of({issuer_item("anna", 1, {"member"}), issuer_item("ben", 1, {"member"}),
                  issuer_item("chloe", 1, {"member"}), issuer_item("verifier", 0, {"verifier"}),
                  issuer_item("registrar", 0, {"registrar"}), issuer_item("broker", 0, {"service"}),
                  issuer_item("sequencer", 0, {"sequencer"})}));
    return std::move(out.raw(thresholds_item(2, 1, 3600)));
  }
  static TestLedger begun() {
    TestLedger out;
    EXPECT_EQ(out.append("anna", "genesis", "registry", out.genesis_body().take()), "");
    return out;
  }

  // A statement as an honest writer would make it now.
  Statement statement(std::string type, std::string label, Bytes body) {
    const LabelName name{"test", std::move(label)};
    const LabelState* known = state.label(name);
    Bytes nonce = to_bytes(std::format("nonce {:06}", ++nonces));
    return {.type = std::move(type),
            .label = name,
            .previous = known != nullptr ? std::optional(known->value.head) : std::nullopt,
            .time = now,
            .expiry = std::nullopt,
            .nonce = std::move(nonce),
            .body = std::move(body)};
  }
  // "" when it was appended, else the rule that it broke.
  std::string append(std::string_view by, const Statement& statement) {
    return append(sign_entry(statement, key_named(by)));
  }
  std::string append(std::string_view by, std::string type, std::string label, Bytes body) {
    return append(by, statement(std::move(type), std::move(label), std::move(body)));
  }
  std::string append(ByteView bytes) {
    auto admission = state.admit(bytes, now);
    if (!admission) {
      last_error = admission.error().message;
      return std::string(admission.error().reason);
    }
    if (admission->duplicate_of) return std::format("duplicate of {}", *admission->duplicate_of);
    state.apply(std::move(*admission));
    log.push_back(to_bytes(bytes));
    return "";
  }
  std::uint64_t last() const { return state.size() - 1; }

  Bytes attestation_body(std::string_view key, std::string_view verdict = "accepted",
                         std::string_view measurement = "image 1",
                         std::string_view policy = "policy 1") {
    Body out;
    out.add(verdict).bytes(digest_of("evidence")).bytes(digest_of(policy)).null();
    out.bytes(crypto::sha256(public_of(key))).bytes(digest_of("ear")).add("tdx");
    return out.bytes(digest_of(measurement)).add(false).raw(kept_item()).take();
  }
  // The verifier accepts evidence that binds this key; the index, or what was wrong.
  std::string attest(std::string_view key, std::string_view measurement = "image 1",
                     std::string_view policy = "policy 1") {
    Statement made = statement("attestation", std::format("evidence {}", nonces),
                               attestation_body(key, "accepted", measurement, policy));
    made.expiry = now + Duration{600};
    return append("verifier", made);
  }
  std::string register_key(std::string_view key, std::string label, std::uint64_t attestation,
                           std::uint64_t epoch = 1) {
    return append("registrar", "key.register", std::move(label),
                  Body().add(-8).bytes(public_of(key)).add(attestation).add(epoch).take());
  }
  std::string register_node(std::string_view name) {
    if (std::string wrong = attest(name); !wrong.empty()) return wrong;
    return append("registrar", "node.register", std::format("node {}", name),
                  Body().add(name).add(-8).bytes(public_of(name)).add(last()).take());
  }
  Bytes observed() const {
    wire::CborWriter out;
    return out.begin_array().value(state.size()).bytes(state.root()).end_array().take();
  }
  std::string propose(std::string_view change, const Bytes& value) {
    return append("anna", "policy.propose", "trust",
                  Body().add(change).raw(value).raw(observed()).take());
  }
  std::string vote(std::string_view by, std::uint64_t proposal) {
    const Proposal* open = state.proposal(proposal);
    return append(by, "policy.vote", "trust",
                  Body().add(proposal).bytes(open != nullptr ? open->leaf : Hash{}).take());
  }
  std::string activate(std::string_view by, std::uint64_t proposal) {
    return append(by, "policy.activate", "trust", Body().add(proposal).take());
  }
  // An entry of no consequence, so that the ledger's time is `now`.
  std::string tick() { return append("broker", "deployment", "clock", Body().take()); }
  // All of it.
  std::string change(std::string_view kind, const Bytes& value) {
    if (std::string wrong = propose(kind, value); !wrong.empty()) return wrong;
    const std::uint64_t proposal = last();
    for (const auto member : {"anna", "ben"}) {
      if (std::string wrong = vote(member, proposal); !wrong.empty()) return wrong;
    }
    now = now + Duration{3600};
    if (std::string wrong = tick(); !wrong.empty()) return wrong;
    return activate("broker", proposal);
  }
  std::string map_head() {
    return append("sequencer", "map-head", "map",
                  Body().add(state.size()).bytes(state.index_now().root()).take());
  }

  State state;
  std::vector<Bytes> log;
  Time now = kStart;
  std::string last_error;
  int nonces = 0;
};

}  // namespace atoma::ledger
