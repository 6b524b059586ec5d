// What a verifier says of evidence: one Finding per check, each with a stable id, a class, a clause
// and what was expected and found. A negative finding is a result, not an Error: Errors mean that
// there was nothing to judge.
//
// Texts are made only when somebody will read them: with Detail::kFailures a passing check costs a
// counter, so that the hot path allocates nothing.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/crypto/signature_queue.h"

namespace atoma::evidence {

// Why a check exists; the words of a refusal that scripts may rely on.
enum class CheckClass : std::uint8_t {
  kParse = 0,
  kChain,              // who certified the key
  kSignature,          // what that key signed, and what is bound into it
  kValidity,           // the clock is inside every window
  kRevocation,         // revoked, or nobody can tell
  kCollateral,         // TCB info, identities or endorsements missing, foreign or malformed
  kCertificationData,  // the quote names its key in a form that needs a look-up
  kIdentity,           // quoting enclave, TDX module: not the vendor's
  kTcb,                // platform, module or firmware level
  kTee,                // a kind of TEE, or a sample, that the policy does not name
  kDebug,
  kServiceTd,
  kAttributes,  // migration, XFAM, SMT, … : configuration bits of the workload or platform
  kReportVersion,
  kVmpl,
  kChipId,
  kNonce,        // report data is not what the relying party asked for
  kMeasurement,  // reference values
  kRim,          // reference manifests: absent, unsigned, or of something else
  kDeviceCount,
  kDuplicateDevice,
  kAdvisory,
};
std::string_view class_name(CheckClass check_class);

// Ordered from worst to best; the zero value is the least trusted.
enum class Outcome : std::uint8_t {
  kFail = 0,
  kMissing,  // an input that the check needs is not there
  kExcused,  // would fail, but the policy admits it by name
  kPass,
};
std::string_view outcome_name(Outcome outcome);

enum class Severity : std::uint8_t { kCritical = 0, kWarning, kInfo };
std::string_view severity_name(Severity severity);

struct CheckInfo {
  std::string_view id;
  CheckClass check_class = CheckClass::kParse;
  std::string_view clause;  // where the rule stands
};

// All checks of evidence and appraisal, from checks.def: the one list that tests and documents use.
enum class Check : std::uint16_t {
#define ATOMA_CHECK_DEF(name, id, check_class, clause) name,
#include "atoma/evidence/checks.def"
#undef ATOMA_CHECK_DEF
  kCount,
};
const CheckInfo& check_info(Check check);

struct Finding {
  std::string_view id;  // points to static text
  CheckClass check_class = CheckClass::kParse;
  Outcome outcome = Outcome::kFail;
  Severity severity = Severity::kCritical;
  std::string_view clause;
  std::string expected;
  std::string actual;
};

enum class Detail : std::uint8_t {
  kFailures,  // keep what does not pass
  kClaims,    // and what the evidence claims, with the digests of all that was used
  kAll,       // and every check that passes, with its texts
};

class Findings {
 public:
  // With a queue, ECDSA signatures are put down there and taken for good: these findings then hold
  // only if every one of them is (crypto/signature_queue.h). The queue outlives the findings.
  explicit Findings(Detail detail, crypto::SignatureQueue* later = nullptr)
      : detail_(detail), later_(later) {}

  // Records one check and returns `ok`. `expected` and `actual` are texts, or callables that make
  // them when they are needed.
  template <typename Expected, typename Actual>
  bool check(Check id, bool ok, Expected&& expected, Actual&& actual) {
    if (ok && detail_ != Detail::kAll) {
      ++passed_;
    } else {
      add(id, ok ? Outcome::kPass : Outcome::kFail, text(expected), text(actual));
    }
    return ok;
  }
  // As check(), where the policy may admit the failure by name.
  template <typename Expected, typename Actual>
  bool check_or_excuse(Check id, bool ok, bool excused, Expected&& expected, Actual&& actual) {
    if (ok || !excused) return check(id, ok, expected, actual);
    add(id, Outcome::kExcused, text(expected), text(actual));
    return true;
  }
  // A measurement was compared with a reference value, not let pass.
  void compared() { compared_ = true; }
  bool has_compared() const { return compared_; }
  void missing(Check id, std::string expected) {
    add(id, Outcome::kMissing, std::move(expected), "nothing");
  }
  void add(Check id, Outcome outcome, std::string expected, std::string actual);
  // A parse error as a finding: its reason becomes the id.
  void add_error(const Error& error, CheckClass check_class);
  // Findings made earlier, when a cached fact was established, and how many passed without a text.
  void add_cached(const std::vector<Finding>& cached, std::size_t passed = 0);

  Detail detail() const { return detail_; }
  // For each verification of a signature; null: it is decided at once.
  crypto::SignatureQueue* later() const { return later_; }
  // The signatures are decided: what is added from now on is decided at once.
  void settle() { later_ = nullptr; }
  const std::vector<Finding>& items() const { return items_; }
  bool has(Outcome outcome) const;
  std::size_t checks_made() const { return passed_ + items_.size(); }
  // Those that passed and left no text.
  std::size_t passed() const { return passed_; }
  // Forgets everything but keeps the memory.
  void clear() {
    items_.clear();
    passed_ = 0;
    compared_ = false;
  }

 private:
  template <typename T>
  static std::string text(T& value) {
    if constexpr (std::invocable<T&>) {
      return value();
    } else {
      return std::string(value);
    }
  }

  Detail detail_;
  crypto::SignatureQueue* later_;
  std::size_t passed_ = 0;
  bool compared_ = false;
  std::vector<Finding> items_;
};

}  // namespace atoma::evidence
