#include "witnessed_log.h"

namespace atoma::server {

Result<std::unique_ptr<WitnessedLog>> WitnessedLog::start(const std::string& policy_file,
                                                          const DataDirectory& data,
                                                          WatchedLedger& ledger,
                                                          Replication* replication,
                                                          const Clock& clock) {
  ATOMA_TRY(const Bytes text,
            store::read_file(store::posix_file_system(), policy_file, tlog::kTlogPolicyMax));
  auto policy = tlog::TlogPolicy::parse(as_text(text));
  if (!policy) {
    Error error = policy.error();
    error.message = policy_file + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  ATOMA_TRY(auto ml_dsa,
            tlog::Cosigner::create(ledger.verifier_key().name(),
                                   crypto::MlDsa44PrivateKey::from_seed(data.log_ml_dsa)));
  std::string key = ml_dsa.key().to_string();
  registry::PublisherOptions options{
      .directory = data.witnesses(),
      .ml_dsa = std::move(ml_dsa),
      .on_halt = [watched = &ledger](const Error&) { watched->halt(); }};
  if (replication != nullptr) {
    options.committed = [replication] { return replication->committed(); };
    options.shown_elsewhere = [replication] { return replication->shown_elsewhere(); };
  }
  ATOMA_TRY(auto publisher,
            registry::Publisher::start(ledger, *std::move(policy), std::move(options), clock));
  const auto wake = [waked = publisher.get()] { waked->wake(); };
  if (replication != nullptr) {
    replication->ledger().on_growth(wake);
  } else {
    ledger.on_commit(wake);
  }
  return std::unique_ptr<WitnessedLog>(
      new WitnessedLog(ledger, replication, std::move(key), std::move(publisher)));
}

WitnessedLog::~WitnessedLog() {
  if (replication_ != nullptr) replication_->ledger().on_growth(nullptr);
}

void WitnessedLog::write_health(wire::JsonWriter& out) const {
  if (const std::string why = publisher_->halted(); !why.empty()) out.member("halted", why);
  const auto shown = publisher_->published();
  out.member("published_size", shown ? shown->checkpoint.size : 0).key("witnesses").begin_array();
  for (const auto& witness : publisher_->reports()) {
    out.begin_object().member("name", witness.name).member("size", witness.size);
    if (witness.when) out.member("last_success", format_time(*witness.when));
    if (!witness.error.empty()) out.member("error", witness.error);
    out.end_object();
  }
  out.end_array();
}

double WitnessedLog::published_size() const {
  const auto shown = publisher_->published();
  return shown ? static_cast<double>(shown->checkpoint.size) : 0;
}

telemetry::Gauges::Values WitnessedLog::lags() const {
  const std::uint64_t size = ledger_.latest_checkpoint().checkpoint.size;
  telemetry::Gauges::Values out;
  for (const auto& witness : publisher_->reports()) {
    out.emplace_back(telemetry::kWitnesses[out.size()],
                     static_cast<double>(size - std::min(size, witness.size)));
  }
  return out;
}

telemetry::Gauges::Values WitnessedLog::successes() const {
  telemetry::Gauges::Values out;
  for (const auto& witness : publisher_->reports()) {
    out.emplace_back(telemetry::kWitnesses[out.size()],
                     static_cast<double>(witness.when.value_or(Time{0}).unix_s));
  }
  return out;
}

}  // namespace atoma::server
