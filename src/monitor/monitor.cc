#include "atoma/monitor/monitor.h"

#include "atoma/base/check.h"
#include "atoma/monitor/map_cosigner.h"
#include "atoma/monitor/records.h"
#include "atoma/monitor/source.h"

namespace atoma::monitor {
namespace {

constexpr std::uint64_t kPage = 4096;

Finding unreachable(const Error& why, const std::string& url) {
  return {.id = "monitor.unreachable",
          .text = why.to_string(),
          .source = url,
          .index = {},
          .rule = {},
          .notes = {},
          .proof = {},
          .files = {}};
}

class HttpMonitor final : public Monitor {
 public:
  HttpMonitor(MonitorOptions options, const Clock& clock, HttpLog log, std::vector<HttpLog> peers,
              std::optional<Records> records, std::optional<MapCosigner> cosigner)
      : options_(std::move(options)),
        clock_(&clock),
        log_(std::move(log)),
        peers_(std::move(peers)),
        records_(std::move(records)),
        cosigner_(std::move(cosigner)),
        follower_(options_.follower, records_ ? records_->kept() : std::nullopt) {
    if (!records_) return;
    old_alarm_ = records_->alarm();
    before_.shown = records_->shown();
    if (!old_alarm_.empty()) before_.findings.push_back(found_before());
  }

  Result<Round> round() override {
    Round out;
    follow(out.findings);
    const bool sound = out.findings.empty() && follower_.verified() && !follower_.broken();
    // Kept before anything rests on it.
    if (records_ && follower_.seen()) ATOMA_TRY_VOID(records_->keep(*follower_.seen()));
    for (const KeptNote& kept : options_.notes) {
      follower_.compare(kept.note, kept.source, nullptr, out.findings);
    }
    for (const HttpLog& peer : peers_) ask(peer, out.findings);
    follower_.judge(clock_->now(), out.findings);
    ATOMA_TRY_VOID(keep_evidence(out.findings));
    if (sound && old_alarm_.empty() && follower_.contradictions().empty()) {
      ATOMA_TRY_VOID(cosign());
    }
    out.shown = before_.shown;
    out.size = follower_.seen() ? follower_.seen()->checkpoint.size : 0;
    out.verified = follower_.verified() ? follower_.verified()->checkpoint.size : 0;
    out.newest_cosignature = follower_.newest_cosignature();
    out.at = clock_->now();
    return out;
  }

  const Round& before() const override { return before_; }
  std::vector<tlog::CosignerKey> cosigner_keys() const override {
    return cosigner_ ? cosigner_->keys() : std::vector<tlog::CosignerKey>();
  }
  const Follower& follower() const override { return follower_; }

 private:
  static ReadTile reader(const HttpLog& log) {
    return [&log](const merkle::Tile& tile) { return log.tile(tile); };
  }

  void follow(Findings& out) {
    const auto note = log_.checkpoint();
    if (!note) return out.push_back(unreachable(note.error(), log_.url()));
    const ReadTile read = reader(log_);
    follower_.follow(*note, log_.url(), read, out);
    // What it shows is not what was believed before: its tiles are not of that either.
    if (!out.empty()) return;
    while (follower_.replay(log_.url(), read, kPage, out)) {
      if (options_.on_page &&
          !options_.on_page(follower_.size(), follower_.seen()->checkpoint.size)) {
        return;
      }
    }
  }

  Status keep_evidence(Findings& findings) {
    if (records_) {
      for (Finding& finding : findings) ATOMA_TRY_VOID(records_->keep_evidence(finding));
    }
    if (!old_alarm_.empty() && follower_.contradictions().empty()) {
      findings.push_back(found_before());
    }
    return {};
  }

  Finding found_before() const {
    return {.id = "monitor.equivocation",
            .text = "found before: " + old_alarm_,
            .source = log_.url(),
            .index = {},
            .rule = {},
            .notes = {},
            .proof = {},
            .files = {}};
  }

  // Everything in verified() was replayed, and no other tree was seen.
  Status cosign() {
    std::string note = follower_.verified()->note;
    if (cosigner_) {
      ATOMA_TRY(note, cosigner_->cosign(follower_));
      if (note.empty()) return {};
    }
    if (records_) ATOMA_TRY_VOID(records_->keep_shown(note));
    before_.shown = std::move(note);
    return {};
  }

  void ask(const HttpLog& peer, Findings& out) {
    const auto note = peer.checkpoint();
    if (!note) return out.push_back(unreachable(note.error(), peer.url()));
    follower_.compare(*note, peer.url(), reader(peer), out);
  }

  MonitorOptions options_;
  const Clock* clock_;
  HttpLog log_;
  std::vector<HttpLog> peers_;
  std::optional<Records> records_;
  std::optional<MapCosigner> cosigner_;
  Follower follower_;
  Round before_;
  std::string old_alarm_;  // of an earlier run
};

}  // namespace

Result<std::unique_ptr<Monitor>> Monitor::open(MonitorOptions options, const Clock& clock,
                                               Entropy& entropy) {
  ATOMA_TRY(HttpLog log, HttpLog::create(options.url));
  std::vector<HttpLog> peers;
  for (const std::string& url : options.peers) {
    ATOMA_TRY(HttpLog peer, HttpLog::create(url));
    peers.push_back(std::move(peer));
  }
  std::optional<Records> records;
  if (!options.state.empty()) {
    ATOMA_TRY(records,
              Records::open(store::posix_file_system(), options.state, options.follower.log));
  }
  std::optional<MapCosigner> cosigner;
  if (!options.cosign_as.empty()) {
    ATOMA_CHECK(records);  // what was cosigned must be known again
    ATOMA_TRY(cosigner, MapCosigner::open(options.state / "cosigner", options.cosign_as,
                                          options.follower.log, clock, entropy));
  }
  return std::unique_ptr<Monitor>(
      std::make_unique<HttpMonitor>(std::move(options), clock, std::move(log), std::move(peers),
                                    std::move(records), std::move(cosigner)));
}

}  // namespace atoma::monitor
