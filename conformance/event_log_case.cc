#include "event_log_case.h"

#include <format>
#include <set>

#include "atoma/evidence/eventlog/boot_state.h"
#include "atoma/evidence/eventlog/replay.h"
#include "atoma/evidence/eventlog/typed.h"
#include "atoma/evidence/intel/quote.h"
#include "atoma/wire/text.h"
#include "case.h"

namespace atoma::conformance {
namespace {

using namespace evidence::eventlog;
using evidence::HashAlgorithm;
using wire::JsonDocument;
using wire::JsonValue;

struct LogCase {
  Files files;
  Bytes quote;
};

// {"quote": hexadecimal, …}: the file that holds the log too.
Result<Bytes> quote_inside(ByteView file) {
  ATOMA_TRY(const auto document, JsonDocument::parse(as_text(file)));
  const JsonValue* quote = document.root().find("quote");
  if (quote == nullptr) return malformed("conformance.format", "there is no quote inside");
  return wire::hex_decode(quote->text());
}

Result<LogCase> load(const std::string& folder, const JsonValue& description) {
  const JsonValue* inputs = description.find("inputs");
  if (inputs == nullptr) return malformed("conformance.format", "a case needs inputs");
  LogCase out;
  ATOMA_TRY(out.files, load_files(folder, *inputs));
  if (!out.files.contains("event_log")) {
    return malformed("conformance.format", "a case of this folder needs an event_log");
  }
  if (out.files.contains("quote")) out.quote = out.files["quote"];
  const JsonValue* inside = inputs->find("quote_inside");
  if (inside != nullptr && inside->boolean() == true) {
    ATOMA_TRY(out.quote, quote_inside(out.files["event_log"]));
  }
  return out;
}

class Check {
 public:
  Check(const JsonValue& expect, CaseReport& report) : expect_(expect), report_(report) {}

  void run(const LogCase& made) {
    const auto log = parse_event_log(made.files.find("event_log")->second);
    report_.actual = log ? std::format("{} events", log->events().size()) : log.error().to_string();
    expect("parse", log ? "ok" : "error");
    if (!log) return;
    compare_replay(*log, made.quote);
    compare_state(*log);
    const auto events = made.files.find("expected_events");
    if (events != made.files.end()) compare_events(*log, events->second);
  }

 private:
  void wrong_unless(bool equal, std::string what) {
    if (!equal) report_.mismatches.push_back(std::move(what));
  }

  void expect(std::string_view name, std::string_view actual) {
    const JsonValue* expected = expect_.find(name);
    if (expected == nullptr) return;
    report_.expected += (report_.expected.empty() ? "" : ", ") + std::string(expected->text());
    wrong_unless(expected->text() == actual,
                 std::format("{}: expected {}, found {}", name, expected->text(), actual));
  }

  void compare_replay(const EventLog& log, ByteView quote_bytes) {
    const JsonValue* names = expect_.find("replay_equals_quote");
    if (names == nullptr) return;
    const auto quote = evidence::intel::parse_quote(quote_bytes);
    const auto replayed = replay({&log, 1}, HashAlgorithm::kSha384);
    if (!quote || !replayed || log.registers() != Registers::kRtmr) {
      return wrong_unless(false, "replay: no quote, or no log of RTMRs");
    }
    for (const auto& name : names->items()) {
      bool same = false;
      for (std::uint32_t i = 0; i < kRtmrs; ++i) {
        same |= register_name(log.registers(), i) == name.text() &&
                equal((*replayed)[i].value, quote->td.rtmr[i]);
      }
      wrong_unless(same, std::string(name.text()) + ": the replay does not give it");
    }
    report_.actual += std::format(", {} registers replayed", names->items().size());
  }

  void compare_state(const EventLog& log) {
    const auto algorithm =
        log.registers() == Registers::kRtmr ? HashAlgorithm::kSha384 : HashAlgorithm::kSha256;
    const auto state = extract_boot_state({&log, 1}, algorithm);
    expect("state_extraction", state ? "accept" : "refuse");
    if (!state) report_.actual += ", state refused: " + std::string(state.error().reason);
  }

  // What another parser found: type, register and digests of each event, in order.
  void compare_events(const EventLog& log, ByteView file) {
    const auto document = JsonDocument::parse(as_text(file));
    const JsonValue* list = document ? document->root().find("uefi_event_logs") : nullptr;
    if (list == nullptr) return wrong_unless(false, "expected_events: not in its form");
    std::size_t at = 0;
    for (const auto& event : log.events()) {
      if (!event.extended) continue;
      const auto& items = list->items();
      wrong_unless(at < items.size() && same_event(items[at], log, event),
                   std::format("event {} is not as expected", at));
      ++at;
    }
    wrong_unless(at == list->items().size(), "expected_events: another number of events");
  }

  static bool same_event(const JsonValue& expected, const EventLog& log, const Event& event) {
    const JsonValue* index = expected.find("index");
    const JsonValue* type = expected.find("type_name");
    const JsonValue* digests = expected.find("digests");
    const JsonValue* data = expected.find("event");
    if (index == nullptr || type == nullptr || digests == nullptr || data == nullptr) return false;
    const std::uint64_t first = log.registers() == Registers::kRtmr ? 1 : 0;
    Bytes whole = to_bytes(event.data);
    whole.resize(whole.size() + event.cut_zeros);
    bool same = index->unsigned_integer() == event.index + first &&
                type->text() == event_type_name(event) &&
                data->text() == wire::base64_encode(whole) &&
                digests->items().size() == event.digests.size();
    for (std::size_t i = 0; same && i < event.digests.size(); ++i) {
      const JsonValue* digest = digests->items()[i].find("digest");
      same = digest != nullptr && digest->text() == wire::hex_encode(event.digests[i].value);
    }
    return same;
  }

  const JsonValue& expect_;
  CaseReport& report_;
};

}  // namespace

CaseReport run_event_log_case(const std::string& folder, const JsonValue& description) {
  CaseReport report;
  const JsonValue* expect = description.find("expect");
  const auto made = load(folder, description);
  if (!made || expect == nullptr) {
    report.actual = made ? "the case states no expectation" : made.error().to_string();
    report.mismatches.push_back(report.actual);
    return report;
  }
  Check(*expect, report).run(*made);
  return report;
}

}  // namespace atoma::conformance
