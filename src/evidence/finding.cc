#include "atoma/evidence/finding.h"

#include "atoma/base/check.h"

namespace atoma::evidence {

std::string_view class_name(CheckClass check_class) {
  switch (check_class) {
    case CheckClass::kParse:
      return "parse";
    case CheckClass::kChain:
      return "chain";
    case CheckClass::kSignature:
      return "signature";
    case CheckClass::kValidity:
      return "validity";
    case CheckClass::kRevocation:
      return "revocation";
    case CheckClass::kCollateral:
      return "collateral";
    case CheckClass::kCertificationData:
      return "certification_data";
    case CheckClass::kIdentity:
      return "identity";
    case CheckClass::kTcb:
      return "tcb";
    case CheckClass::kTee:
      return "tee";
    case CheckClass::kDebug:
      return "debug";
    case CheckClass::kServiceTd:
      return "service_td";
    case CheckClass::kAttributes:
      return "attributes";
    case CheckClass::kReportVersion:
      return "report_version";
    case CheckClass::kVmpl:
      return "vmpl";
    case CheckClass::kChipId:
      return "chip_id";
    case CheckClass::kNonce:
      return "nonce";
    case CheckClass::kMeasurement:
      return "measurement";
    case CheckClass::kRim:
      return "rim";
    case CheckClass::kDeviceCount:
      return "device_count";
    case CheckClass::kDuplicateDevice:
      return "duplicate_device";
    case CheckClass::kAdvisory:
      return "advisory";
  }
  return "parse";
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFail:
      return "fail";
    case Outcome::kMissing:
      return "missing";
    case Outcome::kExcused:
      return "excused";
    case Outcome::kPass:
      return "pass";
  }
  return "fail";
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "critical";
    case Severity::kWarning:
      return "warning";
    case Severity::kInfo:
      return "info";
  }
  return "critical";
}

const CheckInfo& check_info(Check check) {
  static constexpr CheckInfo kTable[] = {
#define ATOMA_CHECK_DEF(name, id, check_class, clause) {id, CheckClass::check_class, clause},
#include "atoma/evidence/checks.def"
#undef ATOMA_CHECK_DEF
  };
  ATOMA_CHECK(check < Check::kCount);
  return kTable[static_cast<std::size_t>(check)];
}

namespace {

// What passes is information, what the policy excused is worth a look, the rest decides.
Severity severity_of(Outcome outcome) {
  if (outcome == Outcome::kPass) return Severity::kInfo;
  return outcome == Outcome::kExcused ? Severity::kWarning : Severity::kCritical;
}

}  // namespace

void Findings::add(Check id, Outcome outcome, std::string expected, std::string actual) {
  const CheckInfo& info = check_info(id);
  items_.push_back({info.id, info.check_class, outcome, severity_of(outcome), info.clause,
                    std::move(expected), std::move(actual)});
}

void Findings::add_error(const Error& error, CheckClass check_class) {
  items_.push_back({error.reason, check_class, Outcome::kFail, Severity::kCritical,
                    "well-formed input", "input that parses", error.message});
}

void Findings::add_cached(const std::vector<Finding>& cached, std::size_t passed) {
  passed_ += passed;
  for (const auto& finding : cached) {
    if (finding.outcome == Outcome::kPass && detail_ != Detail::kAll) {
      ++passed_;
    } else {
      items_.push_back(finding);
    }
  }
}

bool Findings::has(Outcome outcome) const {
  for (const auto& finding : items_) {
    if (finding.outcome == outcome) return true;
  }
  return false;
}

}  // namespace atoma::evidence
