#include "audit_url.h"

#include <algorithm>
#include <cstdio>
#include <format>

#include "atoma/monitor/monitor.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "follow_options.h"
#include "monitor_report.h"

namespace atoma::app {
namespace {

using ledger::AuditStep;
using monitor::Finding;
using monitor::Findings;

// Findings that belong to one step, in the order in which things are checked.
struct Step {
  const char* id;
  std::vector<std::string_view> findings;
};

// What was found, or `fine`.
AuditStep step_of(const Step& step, const Findings& findings, std::string fine, bool reached) {
  AuditStep out{.id = step.id, .ok = true, .text = std::move(fine)};
  for (const Finding& finding : findings) {
    if (!std::ranges::contains(step.findings, finding.id)) continue;
    const std::string place = finding.index ? std::format("entry {}: ", *finding.index) : "";
    const std::string rule = finding.rule.empty() ? "" : finding.rule + ": ";
    out.text = (out.ok ? "" : out.text + "; ") + place + rule + finding.text;
    out.ok = false;
  }
  if (!out.ok || reached) return out;
  out.checked = false;
  out.text = "not reached";
  return out;
}

std::vector<AuditStep> steps_of(const monitor::Round& round, const monitor::Follower& follower,
                                const UrlAuditOptions& options) {
  const auto& seen = follower.seen();
  const bool taken = seen && follower.size() == seen->checkpoint.size;
  const bool typed = !options.opaque;
  const auto* head = follower.state().map_head(follower.state().size());
  std::vector<AuditStep> out;
  const auto add = [&](const Step& step, std::string fine, bool reached) {
    out.push_back(step_of(step, round.findings, std::move(fine), reached));
  };
  add({"checkpoint", {"monitor.checkpoint", "monitor.unreachable"}},
      seen ? std::format("{} entries under {}, signed by {}", seen->checkpoint.size,
                         wire::base64_encode(seen->checkpoint.root), seen->checkpoint.origin)
           : "",
      seen.has_value());
  add({"entries", {"monitor.data"}},
      std::format("all {} were read, and lead to the signed root", follower.size()), taken);
  if (typed) {
    add({"rules", {"monitor.rule"}}, "every entry keeps the rules of the ledger", taken);
    add({"index", {"monitor.map_stale"}},
        head != nullptr
            ? std::format("every index root is right; the newest is entry {}", head->index)
            : "there is none yet",
        taken && !follower.broken());
    if (head == nullptr && out.back().ok) out.back().checked = false;
    add({"time", {"monitor.time"}}, "no entry is ahead of our clock", taken);
  }
  if (!options.notes.empty()) {
    add({"history", {"monitor.equivocation", "monitor.rollback"}},
        std::format("{} checkpoints that were kept are of this history", options.notes.size()),
        taken);
  }
  if (!options.policy.empty()) {
    add({"witnesses", {"monitor.witness_stale"}},
        "a quorum has cosigned, last at " + format_time(round.newest_cosignature),
        seen.has_value());
  }
  return out;
}

}  // namespace

void print_steps(Context& context, const std::vector<AuditStep>& steps, const char* fine,
                 const char* wrong) {
  const bool good = ledger::all_ok(steps);
  context.exit_code = good ? kExitOk : kExitRefused;
  if (context.json) {
    wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
    out.begin_object().member("ok", good).key("steps").begin_array();
    for (const auto& step : steps) {
      out.begin_object().member("id", step.id).member("ok", step.ok);
      out.member("checked", step.checked).member("text", step.text).end_object();
    }
    out.end_array().end_object();
    std::printf("%s\n", out.str().c_str());
    return;
  }
  for (const auto& step : steps) {
    const std::string mark = !step.ok       ? context.bad("FAIL")
                             : step.checked ? context.good("pass")
                                            : context.warn("skip");
    std::printf("  %s  %-18s %s\n", mark.c_str(), step.id.c_str(), step.text.c_str());
  }
  std::printf("%s\n", good ? context.good(fine).c_str() : context.bad(wrong).c_str());
}

void audit_url(Context& context, const UrlAuditOptions& options) {
  if (options.log_key.empty()) {
    return context.report({Code::kInvalidArgument, "usage.audit",
                           "--url wants --log-key: a log's own word proves nothing of it"});
  }
  FollowOptions follow{
      .log_key = options.log_key, .policy = options.policy, .notes = options.notes};
  follow.opaque = options.opaque;
  EvidenceSource source = options.source;
  if (source.server.empty()) source.server = options.url;
  const auto fetcher = EvidenceFetcher::create(source);
  if (!fetcher) return context.report(fetcher.error());
  EvidenceList named;
  Status added;
  MonitorReport report(context);
  auto done = follow_once(options.url, follow, report,
                          [&](const ledger::State&, const ledger::Admission& next) {
                            if (added && options.evidence) {
                              added = named.add(next.index, next.entry->statement);
                            }
                          });
  if (!done) return context.report(done.error());
  report.clear_progress();
  if (!added) return context.report(added.error(), kExitRefused);
  auto steps = steps_of(done->round, done->monitor->follower(), options);
  if (options.evidence) steps.push_back(named.check(*fetcher));
  print_steps(context, steps, "the log keeps its rules", "THE LOG IS NOT AS IT SHOULD BE");
  const bool nobody =
      std::ranges::contains(done->round.findings, "monitor.unreachable", &Finding::id);
  if (nobody && !done->monitor->follower().seen()) context.exit_code = kExitUnappraisable;
}

}  // namespace atoma::app
