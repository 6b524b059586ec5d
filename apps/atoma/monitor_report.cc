#include "monitor_report.h"

#include <cstdio>
#include <format>

#include "atoma/monitor/board.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::app {
namespace {

using monitor::Finding;

// What may change from round to round is not part of it.
std::string key_of(const Finding& finding) {
  std::string out = std::string(finding.id) + "\n" + finding.source + "\n" + finding.rule;
  if (finding.index && finding.id == "monitor.rule") out += std::format("\n{}", *finding.index);
  for (const std::string& note : finding.notes) out += "\n" + note.substr(0, note.find("\n\n"));
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3) {
    out.insert(static_cast<std::size_t>(at), ",");
  }
  return out;
}

}  // namespace

void MonitorReport::print(const Finding& finding) const {
  if (context_->json) {
    std::printf("%s\n", monitor::finding_json(finding).c_str());
    return;
  }
  std::string what;
  if (finding.index) what += std::format("entry {}: ", *finding.index);
  if (!finding.rule.empty()) what += finding.rule + ": ";
  what += finding.text;
  if (!finding.source.empty()) what += "  " + context_->dim(finding.source);
  std::printf("%s  %-22s %s\n", context_->bad("FAIL").c_str(), std::string(finding.id).c_str(),
              what.c_str());
  for (const std::string& file : finding.files) {
    std::printf("      %-22s %s\n", "kept", file.c_str());
  }
}

void MonitorReport::tell(const monitor::Findings& findings) {
  clear_progress();
  std::map<std::string, std::string> now;
  for (const Finding& finding : findings) {
    const std::string key = key_of(finding);
    if (!told_.contains(key) && !now.contains(key)) print(finding);
    now[key] = finding.id;
  }
  for (const auto& [key, id] : told_) {
    if (now.contains(key)) continue;
    if (context_->json) {
      std::printf("{\"cleared\":%s}\n", wire::json_quote(id).c_str());
    } else {
      std::printf("%s  %-22s no longer so\n", context_->good("pass").c_str(), id.c_str());
    }
  }
  told_ = std::move(now);
  std::fflush(stdout);
}

void MonitorReport::conclude(const monitor::Round& round, const monitor::Follower& follower) {
  const bool good = round.findings.empty();
  const auto& verified = follower.verified();
  const auto* head = follower.state().map_head(follower.state().size());
  if (context_->json) {
    wire::JsonWriter out;
    out.begin_object().member("ok", good).member("size", round.size);
    out.member("verified", round.verified).member("findings", round.findings.size());
    if (verified) out.member("root", wire::base64_encode(verified->checkpoint.root));
    if (head != nullptr) out.member("index_at", head->index);
    std::printf("%s\n", out.end_object().take().c_str());
    return;
  }
  if (verified) {
    std::printf("%s entries replayed under the root %s\n", grouped(round.verified).c_str(),
                wire::base64_encode(verified->checkpoint.root).c_str());
  }
  if (verified && head != nullptr) {
    std::printf("every index root is right; the newest, at %s, covers all before it\n",
                grouped(head->index).c_str());
  }
  std::printf("%s\n", good ? context_->good("the log keeps its rules").c_str()
                           : context_->bad("THE LOG IS NOT AS IT SHOULD BE").c_str());
}

void MonitorReport::progress(std::uint64_t taken, std::uint64_t size) {
  if (context_->json || !context_->color) return;
  std::printf("\r%s of %s entries ", grouped(taken).c_str(), grouped(size).c_str());
  std::fflush(stdout);
  progress_shown_ = true;
}

void MonitorReport::clear_progress() {
  if (progress_shown_) std::printf("\r\033[K");
  progress_shown_ = false;
}

}  // namespace atoma::app
