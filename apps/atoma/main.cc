#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "atoma/wire/json_writer.h"
#include "command.h"

namespace atoma::app {

std::string Context::paint(const char* code, std::string_view text) const {
  if (!color) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

void Context::report(const Error& error, int code) { report(RemoteError(error), code); }

void Context::report(const RemoteError& error, int code) {
  exit_code = code;
  if (!json) {
    std::fprintf(stderr, "atoma: %s\n", error.to_string().c_str());
    return;
  }
  const bool explained = !error.peer_reason.empty();
  wire::JsonWriter out;
  out.begin_object().key("error").begin_object();
  out.member("code", code_name(error.code))
      .member("reason", explained ? std::string_view(error.peer_reason) : error.reason)
      .member("message", error.message);
  if (explained) out.member("detail", error.detail);
  if (error.status != 0) out.member("status", error.status);
  out.end_object().end_object();
  std::printf("%s\n", out.str().c_str());
}

std::string outcome_mark(const Context& context, evidence::Outcome outcome) {
  switch (outcome) {
    case evidence::Outcome::kPass:
      return context.good("pass");
    case evidence::Outcome::kExcused:
      return context.warn("skip");
    case evidence::Outcome::kMissing:
      return context.warn("miss");
    case evidence::Outcome::kFail:
      return context.bad("FAIL");
  }
  return "FAIL";
}

namespace {

constexpr const char* kAbout =
    "Atoma verifies the hardware evidence of confidential workloads, records every verdict in a\n"
    "transparent log, and releases keys only to what it verified.\n";

constexpr const char* kFooter =
    "Exit codes: 0 done or accepted, 1 refused, 2 bad usage or unreadable input,\n"
    "            3 could not be appraised or reached.\n"
    "Every command takes --json and explains itself with --help.";

int run(int argc, char** argv) {
  Context context;
  context.color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  CLI::App app(kAbout, "atoma");
  app.footer(kFooter);
  app.set_version_flag("--version", "atoma " ATOMA_VERSION);
  app.require_subcommand(1);
  app.add_flag("--json", context.json, "Machine-readable output");
  app.fallthrough();
  add_up(app, context);
  add_verify(app, context);
  add_measure(app, context);
  add_reference(app, context);
  add_collateral(app, context);
  add_attest(app, context);
  add_secret(app, context);
  add_anchor(app, context);
  add_audit(app, context);
  add_log(app, context);
  add_registry(app, context);
  add_witness(app, context);
  add_monitor(app, context);
  add_conformance(app, context);
  add_bench(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports by exceptions; this is their one wrapper.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return context.exit_code;
}

}  // namespace
}  // namespace atoma::app

int main(int argc, char** argv) { return atoma::app::run(argc, argv); }
