#include "runner.h"

#include <algorithm>

#include "atoma/base/limits.h"
#include "case.h"
#include "comparison.h"
#include "event_log_case.h"
#include "files.h"
#include "tpm_case.h"

namespace atoma::conformance {
namespace {

using evidence::Detail;
using evidence::Tee;
using wire::JsonValue;

// cases.json of a large folder is below 200 KiB.
constexpr std::size_t kCasesFileMax = 4 * 1024 * 1024;

CaseReport run_case(const std::string& folder, Tee tee, const JsonValue& description) {
  CaseReport report;
  const JsonValue* expect = description.find("expect");
  auto loaded = load_case(folder, tee, description);
  if (!loaded || expect == nullptr) {
    report.actual = loaded ? "the case states no expectation" : loaded.error().to_string();
    report.mismatches.push_back(report.actual);
    return report;
  }
  appraisal::Appraiser appraiser(loaded->policy);
  const appraisal::Request request{
      .evidence = loaded->evidence ? ByteView(*loaded->evidence) : ByteView(),
      .tee = tee,
      .collateral = loaded->collateral.get(),
      .endorsements = loaded->endorsements ? &*loaded->endorsements : nullptr,
      .nvidia = loaded->nvidia ? &loaded->nvidia->evidence : nullptr,
      .at = loaded->at,
      .expected_report_data =
          loaded->nvidia ? std::optional<ByteView>(loaded->nvidia->nonce) : std::nullopt,
      .unreadable_collateral = loaded->unreadable_collateral,
      .platform_keys = loaded->platform_keys ? &*loaded->platform_keys : nullptr};
  const bool whole = loaded->evidence || loaded->nvidia;
  const auto result = whole ? appraiser.appraise(request, Detail::kAll)
                            : appraiser.appraise_endorsements(request, Detail::kAll);
  compare(*expect, result, report);
  return report;
}

Tee tee_from(std::string_view name) {
  for (const Tee tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp, Tee::kNvidia, Tee::kNitro, Tee::kCca}) {
    if (evidence::tee_name(tee) == name) return tee;
  }
  return Tee::kUnknown;
}

// How a case of a folder is run, by the folder's "tee".
using RunCase = std::function<CaseReport(const std::string& folder, const JsonValue& description)>;

RunCase runner_of(std::string_view tee) {
  if (tee == "vtpm") return run_tpm_case;
  if (tee == "eventlog") return run_event_log_case;
  const Tee kind = tee_from(tee);
  if (kind == Tee::kUnknown) return nullptr;
  return [kind](const std::string& folder, const JsonValue& description) {
    return run_case(folder, kind, description);
  };
}

}  // namespace

std::size_t FolderReport::wrong() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cases, [](const auto& c) { return !c.right(); }));
}

Result<FolderReport> run_folder(const std::string& folder,
                                const std::function<void(const CaseReport&)>& on_case) {
  ATOMA_TRY(const auto text, read_file(folder + "/cases.json", kCasesFileMax));
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(text)));
  const JsonValue* format = document.root().find("format");
  const JsonValue* tee = document.root().find("tee");
  const JsonValue* cases = document.root().find("cases");
  if (format == nullptr || format->unsigned_integer() != 1 || tee == nullptr || cases == nullptr) {
    return malformed("conformance.format", "expected format 1 with tee and cases");
  }
  FolderReport report;
  report.tee = tee->text();
  const RunCase run = runner_of(report.tee);
  if (run == nullptr) {
    return fail(Code::kUnimplemented, "conformance.tee", "no verifier for \"" + report.tee + "\"");
  }
  for (const auto& description : cases->items()) {
    report.cases.push_back(run(folder, description));
    const JsonValue* name = description.find("name");
    report.cases.back().name = name == nullptr ? "(unnamed)" : std::string(name->text());
    on_case(report.cases.back());
  }
  return report;
}

}  // namespace atoma::conformance
