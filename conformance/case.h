// One case of cases.json: its files loaded, its mutations applied, its policy made. Private to the
// runner.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/json.h"
#include "nvidia_case.h"

namespace atoma::conformance {

// By the name of the input.
using Files = std::map<std::string, Bytes, std::less<>>;

// {offset, xor} changes one byte, {truncate: n} keeps n bytes; {input} names another file than
// "evidence". Errors: "conformance.format".
Status mutate(const wire::JsonValue& mutations, Files& files);
// The files of a case by input name, mutated as it says; lists by "name/position". Errors: those of
// read_file, "conformance.format".
Result<Files> load_files(const std::string& folder, const wire::JsonValue& inputs);

struct LoadedCase {
  evidence::Tee tee = evidence::Tee::kUnknown;
  std::optional<Bytes> evidence;
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  std::optional<evidence::amd::Endorsements> endorsements;
  std::optional<evidence::cca::PlatformKeys> platform_keys;
  std::optional<Error> unreadable_collateral;
  std::unique_ptr<NvidiaCase> nvidia;
  std::shared_ptr<const appraisal::Policy> policy;
  Time at;
};

// Errors: those of read_file and parse_time, "conformance.format", "conformance.unknown_allow".
Result<LoadedCase> load_case(const std::string& folder, evidence::Tee tee,
                             const wire::JsonValue& description);

// Admits what one word of `allow` names. Errors: "conformance.format", "conformance.unknown_allow".
Status apply_allow(std::string_view item, const LoadedCase& loaded, appraisal::Policy& policy);

}  // namespace atoma::conformance
