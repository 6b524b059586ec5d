#include "atoma/monitor/board.h"

#include <algorithm>

#include "atoma/telemetry/metrics.h"
#include "atoma/wire/json_writer.h"

namespace atoma::monitor {
namespace {

constexpr std::string_view kFindings[] = {
    "monitor.checkpoint", "monitor.rollback",      "monitor.equivocation",
    "monitor.data",       "monitor.unreachable",   "monitor.rule",
    "monitor.map_stale",  "monitor.witness_stale", "monitor.time"};

// What keeps /healthz from being well: the worst first.
std::string_view reason_of(const Round& round, Time now, Duration stalled_after) {
  const auto found = [&](std::string_view id) {
    return std::ranges::contains(round.findings, id, &Finding::id);
  };
  for (const std::string_view id : {"monitor.equivocation", "monitor.rule", "monitor.rollback"}) {
    if (found(id)) return id;
  }
  if (!round.findings.empty()) return round.findings.front().id;
  if (round.at == Time{}) return "monitor.starting";
  return now - round.at > stalled_after ? "monitor.stalled" : "";
}

}  // namespace

std::string finding_json(const Finding& finding) {
  wire::JsonWriter out;
  out.begin_object().member("finding", finding.id).member("text", finding.text);
  if (!finding.source.empty()) out.member("source", finding.source);
  if (finding.index) out.member("index", *finding.index);
  if (!finding.rule.empty()) out.member("rule", finding.rule);
  if (!finding.files.empty()) {
    out.key("files").begin_array();
    for (const std::string& file : finding.files) out.value(file);
    out.end_array();
  }
  return out.end_object().take();
}

void Board::show(Round round) {
  const std::lock_guard lock(mutex_);
  round_ = std::move(round);
}

http::Response Board::checkpoint() const {
  const std::lock_guard lock(mutex_);
  if (std::ranges::contains(round_.findings, "monitor.equivocation", &Finding::id)) {
    return http::problem(Error{Code::kUnavailable, "monitor.equivocation",
                               "the log has signed two histories: GET /healthz"},
                         "");
  }
  if (round_.shown.empty()) {
    return http::problem(
        Error{Code::kUnavailable, "monitor.unverified", "nothing has been replayed whole yet"}, "");
  }
  return {.status = 200,
          .content_type = "text/plain; charset=utf-8",
          .body = to_bytes(round_.shown),
          .headers = {}};
}

http::Response Board::health() const {
  const std::lock_guard lock(mutex_);
  const std::string_view reason = reason_of(round_, clock_->now(), stalled_after_);
  wire::JsonWriter out;
  out.begin_object().member("ok", reason.empty());
  if (!reason.empty()) out.member("reason", reason);
  out.member("size", round_.size).member("verified", round_.verified);
  if (round_.at != Time{}) out.member("last_round", format_time(round_.at));
  out.key("findings").begin_array();
  for (const Finding& finding : round_.findings) out.raw(finding_json(finding));
  out.end_array().end_object();
  return http::json(reason.empty() ? 200 : 503, out.str());
}

std::string Board::metrics() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    telemetry::Gauge one(name, help);
    one.read_from([value] { return static_cast<double>(value); });
    one.write(out);
  };
  const auto age = [&](Time since) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, (clock_->now() - since).s));
  };
  gauge("atoma_monitor_seen_entries", "Entries under the newest checkpoint that was believed.",
        round_.size);
  gauge("atoma_monitor_verified_entries", "Entries under the newest checkpoint replayed whole.",
        round_.verified);
  gauge("atoma_monitor_lag_entries", "Entries seen and not yet replayed whole.",
        round_.size - std::min(round_.size, round_.verified));
  if (round_.at != Time{}) {
    gauge("atoma_monitor_round_age_seconds", "Since the last round.", age(round_.at));
  }
  if (round_.newest_cosignature != Time{}) {
    gauge("atoma_monitor_cosignature_age_seconds", "Since a witness of the policy cosigned.",
          age(round_.newest_cosignature));
  }
  telemetry::Gauges findings("atoma_monitor_findings", "What is wrong now, by kind.",
                             {{"finding", kFindings}});
  findings.read_from([this] {
    telemetry::Gauges::Values values;
    for (const std::string_view id : kFindings) {
      values.emplace_back(id, std::ranges::count(round_.findings, id, &Finding::id));
    }
    return values;
  });
  findings.write(out);
  return out;
}

void Board::mount(http::Router& router) {
  router.add(http::Method::kGet, "/checkpoint",
             [this](http::Request, http::Respond respond) { respond(checkpoint()); });
  router.add(http::Method::kGet, "/healthz",
             [this](http::Request, http::Respond respond) { respond(health()); });
  router.add(http::Method::kGet, "/metrics", [this](http::Request, http::Respond respond) {
    respond({.status = 200,
             .content_type = std::string(telemetry::kPrometheusType),
             .body = to_bytes(metrics()),
             .headers = {}});
  });
}

}  // namespace atoma::monitor
