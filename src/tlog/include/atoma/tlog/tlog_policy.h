// Which logs are believed, and how many witnesses must have cosigned a checkpoint
// (c2sp.org/tlog-policy). One file serves whoever verifies offline and the log itself, which finds
// its witnesses' addresses in it.
//
//   log <vkey> [<url>]
//   witness w1 <vkey> [<url>]
//   group two 2 w1 w2 w3          or "any", "all" instead of a number
//   quorum two                    or a witness, or "none"
//
//   ATOMA_TRY(const TlogPolicy policy, TlogPolicy::parse(text));
//   ATOMA_TRY(const Witnessed seen, policy.verify(note));
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "atoma/tlog/cosignature.h"

namespace atoma::tlog {

// Sixty-four ML-DSA-44 keys of 1.8 kB fit. The specification wants at least 32 of each.
inline constexpr std::size_t kTlogPolicyMax = 256 * 1024;
inline constexpr std::size_t kTlogPolicyNamesMax = 64;

// Ed25519 (0x01), or ML-DSA-44 (0x06).
using LogKey = std::variant<VerifierKey, CosignerKey>;

const std::string& name_of(const LogKey& key);
// Errors: those of VerifierKey::parse and CosignerKey::parse; "vkey.algorithm" also for 0x04.
Result<LogKey> parse_log_key(std::string_view text);
// Errors: those of either verify_checkpoint.
Result<SignedCheckpoint> verify_checkpoint(std::string_view note, const LogKey& key);

struct PolicyLog {
  LogKey key;
  std::string url;  // "" when not given
};

struct PolicyWitness {
  std::string name;  // in the policy alone
  CosignerKey key;
  std::string url;  // submission prefix
};

// A checkpoint that a policy accepts, and who cosigned it when: in the order of its witnesses,
// nothing for those that did not.
struct Witnessed {
  SignedCheckpoint checkpoint;
  std::vector<std::optional<std::uint64_t>> times;
};

class TlogPolicy {
 public:
  // Errors: "tlog_policy.size", "tlog_policy.character", "tlog_policy.line" (an unknown keyword, or
  // fields too few or too many), "tlog_policy.names_max", "tlog_policy.name" (taken, or "none"),
  // "tlog_policy.undefined", "tlog_policy.duplicate_key", "tlog_policy.member" (of two groups),
  // "tlog_policy.threshold", "tlog_policy.quorum_line" (none, or two), those of keys.
  static Result<TlogPolicy> parse(std::string_view text);

  const std::vector<PolicyLog>& logs() const { return logs_; }
  const std::vector<PolicyWitness>& witnesses() const { return witnesses_; }
  // Whether these are enough: one place for each of witnesses().
  bool quorum(const std::vector<bool>& cosigned) const;
  bool needs_witnesses() const { return quorum_.has_value(); }

  // By one of the logs, and by witnesses enough. Errors: those of parse_note, verify_note,
  // verify_cosignature and parse_checkpoint; "tlog_policy.log" (signed by none of the logs),
  // "tlog_policy.quorum".
  Result<Witnessed> verify(std::string_view note) const;

 private:
  struct Parser;

  // A name of the quorum's tree: a witness, or a group of names before it.
  struct Node {
    std::string name;
    std::size_t witness = 0;           // where `members` is empty
    std::vector<std::size_t> members;  // in nodes_
    std::size_t threshold = 0;
  };

  TlogPolicy() = default;

  std::vector<PolicyLog> logs_;
  std::vector<PolicyWitness> witnesses_;
  std::vector<Node> nodes_;
  std::optional<std::size_t> quorum_;  // nothing: "none"
};

}  // namespace atoma::tlog
