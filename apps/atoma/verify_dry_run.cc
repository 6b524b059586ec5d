#include "verify_dry_run.h"

#include <cstdio>

#include "atoma/appraisal/explain.h"
#include "atoma/wire/text.h"

namespace atoma::app {
namespace {

using appraisal::Explanation;
using appraisal::Verdict;

// The worst is the one that a person must look at first: refused, then not appraisable.
Verdict worse(Verdict a, Verdict b) { return std::min(a, b); }

void print_one(const Context& context, const NamedPolicy& policy, const Explanation& told) {
  const std::string verdict(appraisal::verdict_name(told.verdict));
  const bool accepted = told.verdict == Verdict::kAccepted;
  std::printf("%s  %s under %s\n",
              accepted ? context.good(verdict).c_str() : context.bad(verdict).c_str(),
              std::string(evidence::tee_name(told.tee)).c_str(),
              policy.path.empty() ? "the strict default" : policy.path.c_str());
  for (const auto& refusal : told.refusals) {
    const auto& finding = refusal.finding;
    const std::string part = refusal.part.empty() ? "" : std::string(refusal.part) + ": ";
    std::printf("  %s  %s%s %s\n        expected %s\n        found    %s\n",
                outcome_mark(context, finding.outcome).c_str(), part.c_str(),
                std::string(finding.id).c_str(), context.dim(finding.clause).c_str(),
                finding.expected.c_str(), context.bold(finding.actual).c_str());
    for (const auto& field : refusal.policy) std::printf("        policy   %s\n", field.c_str());
    if (refusal.policy.empty()) std::printf("        policy   none admits this\n");
    std::printf("        or       %s\n", std::string(refusal.platform).c_str());
  }
  if (accepted) return;
  std::printf("  %s\n", told.policy_can_accept
                            ? "with these changes of the policy it accepts this evidence (tried)"
                            : "no change of the policy alone makes it accept this evidence");
}

template <typename Request>
void print_all(Context& context, const Request& request, const std::vector<NamedPolicy>& policies) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().member("dry_run", true).key("policies").begin_array();
  Verdict worst = Verdict::kAccepted;
  for (const auto& policy : policies) {
    const Explanation told = appraisal::explain(*policy.policy, request);
    worst = worse(worst, told.verdict);
    out.begin_object()
        .member("file", policy.path)
        .member("name", policy.policy->name)
        .member("policy_sha256", wire::hex_encode(policy.policy->digest));
    appraisal::write_json(out, told);
    out.end_object();
    if (!context.json) print_one(context, policy, told);
  }
  out.end_array().member("verdict", appraisal::verdict_name(worst)).end_object();
  if (context.json) std::printf("%s\n", out.str().c_str());
  context.exit_code = exit_code_of(worst);
}

}  // namespace

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return kExitOk;
    case Verdict::kRefused:
      return kExitRefused;
    case Verdict::kUnappraisable:
      return kExitUnappraisable;
  }
  return kExitRefused;
}

void print_dry_run(Context& context, const appraisal::Request& request,
                   const std::vector<NamedPolicy>& policies) {
  print_all(context, request, policies);
}

void print_dry_run(Context& context, const appraisal::CompositeRequest& request,
                   const std::vector<NamedPolicy>& policies) {
  print_all(context, request, policies);
}

}  // namespace atoma::app
