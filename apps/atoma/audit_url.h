// `atoma audit --url`: a whole log, read and replayed once. And how audits show their steps.
#pragma once

#include <string>
#include <vector>

#include "atoma/ledger/audit.h"
#include "command.h"
#include "evidence_fetch.h"

namespace atoma::app {

// One line for each step and a verdict; sets the exit code.
void print_steps(Context& context, const std::vector<ledger::AuditStep>& steps,
                 const char* fine = "the proof holds",
                 const char* wrong = "THE PROOF DOES NOT HOLD");

struct UrlAuditOptions {
  std::string url, log_key, policy;
  std::vector<std::string> notes;
  bool opaque = false;
  bool evidence = false;  // fetch and check what entries name
  EvidenceSource source;
};
void audit_url(Context& context, const UrlAuditOptions& options);

}  // namespace atoma::app
