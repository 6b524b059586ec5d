// What the commands of `atoma` share: how they are declared, print and end.
//
// Each command file defines `void add_<name>(CLI::App& app, Context& context)`, which declares the
// command and sets its callback. A callback prints and sets context.exit_code.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "atoma/base/result.h"
#include "atoma/evidence/finding.h"
#include "remote_error.h"

namespace atoma::app {

// Exit codes that scripts may rely on.
inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;
inline constexpr int kExitUsage = 2;          // bad usage or unreadable input
inline constexpr int kExitUnappraisable = 3;  // something needed is not there, or not reachable

struct Context {
  bool json = false;   // --json: machine-readable output on stdout and nothing else
  bool color = false;  // stdout is a terminal and NO_COLOR is not set
  int exit_code = kExitOk;

  std::string paint(const char* code, std::string_view text) const;
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("31", text); }
  std::string warn(std::string_view text) const { return paint("33", text); }
  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }

  // To stderr (or, with --json, an object with "error" on stdout); sets the exit code.
  void report(const Error& error, int code = kExitUsage);
  // With --json a server's refusal has the server's own "reason", its "detail" and the "status".
  void report(const RemoteError& error, int code);
};

// "PASS", "FAIL", … in its colour, four columns wide.
std::string outcome_mark(const Context& context, evidence::Outcome outcome);

void add_anchor(CLI::App& app, Context& context);
void add_audit(CLI::App& app, Context& context);
void add_attest(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_collateral(CLI::App& app, Context& context);
void add_conformance(CLI::App& app, Context& context);
void add_log(CLI::App& app, Context& context);
// `log show` and `log prove`, under `log`.
void add_log_proofs(CLI::App& log, Context& context);
void add_measure(CLI::App& app, Context& context);
void add_monitor(CLI::App& app, Context& context);
void add_reference(CLI::App& app, Context& context);
void add_registry(CLI::App& app, Context& context);
void add_secret(CLI::App& app, Context& context);
void add_up(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_witness(CLI::App& app, Context& context);

}  // namespace atoma::app
