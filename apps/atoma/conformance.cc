#include <cstdio>

#include "atoma/wire/json_writer.h"
#include "command.h"
#include "conformance/runner.h"

namespace atoma::app {
namespace {

using conformance::CaseReport;
using conformance::FolderReport;

void print_case(const Context& context, const CaseReport& report) {
  const std::string mark = report.right() ? context.good("right") : context.bad("WRONG");
  std::printf("%s  %-52s %s\n", mark.c_str(), report.name.c_str(), report.actual.c_str());
  for (const auto& mismatch : report.mismatches) {
    std::printf("       %s\n", context.bad(mismatch).c_str());
  }
}

void print_json(const FolderReport& report) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().member("tee", report.tee);
  out.member("cases", std::uint64_t{report.cases.size()});
  out.member("wrong", std::uint64_t{report.wrong()});
  out.key("results").begin_array();
  for (const auto& c : report.cases) {
    out.begin_object().member("name", c.name).member("right", c.right());
    out.member("expected", c.expected).member("actual", c.actual);
    out.key("mismatches").begin_array();
    for (const auto& m : c.mismatches) out.value(m);
    out.end_array().end_object();
  }
  out.end_array().end_object();
  std::printf("%s\n", out.str().c_str());
}

void run(Context& context, const std::string& folder) {
  auto report = conformance::run_folder(folder, [&](const CaseReport& c) {
    if (!context.json) print_case(context, c);
  });
  if (!report) return context.report(report.error());
  context.exit_code = report->wrong() == 0 ? kExitOk : kExitRefused;
  if (context.json) return print_json(*report);
  const std::string verdict = report->wrong() == 0
                                  ? context.good("all right")
                                  : context.bad(std::to_string(report->wrong()) + " wrong");
  std::printf("%s: %zu cases, %s\n", report->tee.c_str(), report->cases.size(), verdict.c_str());
}

}  // namespace

void add_conformance(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "conformance", "Answer every evidence case in DIR/cases.json and compare with its answer");
  auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "Folder with cases.json and the files it names")->required();
  command->footer("Example: atoma conformance ../shared/vectors/tdx");
  command->callback([&context, folder] { run(context, *folder); });
}

}  // namespace atoma::app
