// Why a key or a node may be trusted, told from the log alone: the attestation that binds it, who
// judged that, what the members approved and how they voted, back to the genesis. Fed while a State
// replays the log, so all that it tells of has kept the rules.
//
//   ChainIndex index;
//   ATOMA_TRY(Admission next, state.admit(bytes));
//   ATOMA_TRY_VOID(index.add(state, next));
//   state.apply(std::move(next));
//   …
//   ATOMA_TRY(const TrustNode tree, index.chain({"models", "llama"}, state));
#pragma once

#include <string>
#include <utility>

#include "atoma/ledger/state.h"

namespace atoma::ledger {

// One thing that trust rests on, and what that rests on. `good` is false for what was withdrawn
// since, and for what proves nothing; it does not look at the children.
struct TrustNode {
  std::string kind;   // "key", "node", "attestation", "measurement", "policy", "decision", "vote",
                      // "issuer", "rotation", "genesis"
  std::string title;  // for people
  std::optional<std::uint64_t> index;  // of the entry
  bool good = true;
  bool checked = true;  // false: good only because nobody decides about it
  std::vector<std::pair<std::string, std::string>> facts;  // whole, for scripts: names and values
  std::vector<TrustNode> children;
};

// Whether all of it is good.
bool all_good(const TrustNode& node);

class ChainIndex {
 public:
  // The next entry, before it is applied to `before`. Errors: "rule.body", which an admitted entry
  // does not have.
  Status add(const State& before, const Admission& admission);

  // The tree of a label with a key, or of a node's. `now` is the state after all that was added.
  // Errors: "chain.none" (the label has neither).
  Result<TrustNode> chain(const LabelName& name, const State& now) const;
  // The verifier keys of the log that the genesis names.
  const std::vector<std::string>& log_keys() const { return log_keys_; }

 private:
  struct Tree;
  // Who said it, when and where.
  struct Said {
    std::uint64_t index = 0;
    KeyId by{};
    Time time;
  };
  struct Decision {  // a proposal
    Said said;
    std::string change;
    Bytes value;  // of "….add" and "….remove": the digest; else nothing
    std::optional<std::pair<KeyId, Issuer>> issuer;  // that it adds
    std::vector<Said> votes;
    std::optional<Said> activated;
    std::uint64_t weight = 0, needed = 0;  // when it was activated
  };
  struct Verdict {  // an accepted attestation
    Said said;
    std::string tee;
    Hash evidence{};
    Bytes measurement, policy;
    Time expiry;
    bool sample = false;
  };
  struct Known {  // an issuer
    Issuer issuer;
    std::uint64_t since = 0;
    std::optional<std::uint64_t> decision, attestation;
  };
  struct Key {
    Said said;  // of the entry that made it current
    std::string type, algorithm;
    Bytes raw;
    std::uint64_t epoch = 0;
    std::optional<std::uint64_t> attestation;
    Said opened, committed;  // of a rotation
    std::vector<KeyId> signers;
  };

  Status add_genesis(const Entry& entry);
  Status add_proposal(const Said& said, const Entry& entry);
  Status add_vote(const Said& said, const Entry& entry);
  Status add_activation(const State& before, const Said& said, const Entry& entry);
  Status add_attestation(const Said& said, const Entry& entry);
  Status add_key(const Said& said, const Entry& entry);
  Status add_node(const Said& said, const Entry& entry);
  Status add_commit(const State& before, const Said& said, const Entry& entry);

  std::vector<std::string> log_keys_;
  std::map<std::uint64_t, Decision> decisions_;
  std::map<std::uint64_t, Verdict> verdicts_;
  std::map<KeyId, Known> known_;
  std::map<std::string, Key> keys_;                                  // current, by label
  std::map<std::string, Key> committed_;                             // not yet active
  std::map<std::pair<std::string, Bytes>, std::uint64_t> in_force_;  // newest change of a digest
  std::map<std::uint64_t, Said> opened_;                             // rotations
};

}  // namespace atoma::ledger
