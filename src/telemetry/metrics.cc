#include "atoma/telemetry/metrics.h"

#include <algorithm>
#include <format>
#include <iterator>
#include <ranges>

#include "atoma/base/check.h"

namespace atoma::telemetry {
namespace {

void write_head(std::string& out, std::string_view name, std::string_view help,
                std::string_view type) {
  std::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

std::size_t cells_of(std::span<const Label> labels) {
  std::size_t cells = 1;
  for (const Label& label : labels) cells *= label.values.size();
  return cells;
}

// {tee="tdx",verdict="accepted"} of the cell's number; the last label turns fastest.
std::string names_of(std::span<const Label> labels, std::size_t cell) {
  std::string out;
  for (const Label& label : labels | std::views::reverse) {
    const auto value = label.values[cell % label.values.size()];
    cell /= label.values.size();
    out = std::format("{}=\"{}\"{}{}", label.name, value, out.empty() ? "" : ",", out);
  }
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

Counter::Counter(std::string_view name, std::string_view help, std::initializer_list<Label> labels)
    : name_(name), help_(help), labels_(labels), cells_(cells_of(labels_)) {}

std::size_t Counter::cell(std::initializer_list<std::string_view> values) const {
  ATOMA_CHECK(values.size() == labels_.size());
  std::size_t out = 0;
  auto label = labels_.begin();
  for (const auto value : values) {
    const auto found = std::ranges::find(label->values, value);
    ATOMA_CHECK(found != label->values.end());
    out = out * label->values.size() + static_cast<std::size_t>(found - label->values.begin());
    ++label;
  }
  return out;
}

void Counter::add(std::initializer_list<std::string_view> values, std::uint64_t n) {
  cells_[cell(values)].fetch_add(n, std::memory_order_relaxed);
}

std::uint64_t Counter::value(std::initializer_list<std::string_view> values) const {
  return cells_[cell(values)].load(std::memory_order_relaxed);
}

// Cells at zero too: a rate needs the sample before the first event.
void Counter::write(std::string& out) const {
  write_head(out, name_, help_, "counter");
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    std::format_to(std::back_inserter(out), "{}{} {}\n", name_, names_of(labels_, i),
                   cells_[i].load(std::memory_order_relaxed));
  }
}

void Gauge::write(std::string& out) const {
  if (!source_) return;
  write_head(out, name_, help_, "gauge");
  std::format_to(std::back_inserter(out), "{} {}\n", name_, source_());
}

Histogram::Histogram(std::string_view name, std::string_view help, std::span<const double> bounds)
    : name_(name), help_(help), bounds_(bounds), cells_(bounds.size() + 1) {
  ATOMA_CHECK(std::ranges::is_sorted(bounds));
}

void Histogram::observe(double value) {
  const auto at = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  cells_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t out = 0;
  for (const auto& cell : cells_) out += cell.load(std::memory_order_relaxed);
  return out;
}

void Gauges::write(std::string& out) const {
  if (!source_) return;
  write_head(out, name_, help_, "gauge");
  for (const auto& [value, number] : source_()) {
    ATOMA_CHECK(std::ranges::contains(label_.values, value));
    std::format_to(std::back_inserter(out), "{}{{{}=\"{}\"}} {}\n", name_, label_.name, value,
                   number);
  }
}

void Histogram::write(std::string& out) const {
  write_head(out, name_, help_, "histogram");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    below += cells_[i].load(std::memory_order_relaxed);
    const std::string bound = i < bounds_.size() ? std::format("{}", bounds_[i]) : "+Inf";
    std::format_to(std::back_inserter(out), "{}_bucket{{le=\"{}\"}} {}\n", name_, bound, below);
  }
  std::format_to(std::back_inserter(out), "{0}_sum {1}\n{0}_count {2}\n", name_,
                 sum_.load(std::memory_order_relaxed), below);
}

std::string Metrics::to_prometheus() const {
  std::string out;
#define ATOMA_COUNTER(member, name, help, ...) member.write(out);
#define ATOMA_GAUGE(member, name, help) member.write(out);
#define ATOMA_GAUGES(member, name, help, ...) member.write(out);
#define ATOMA_HISTOGRAM(member, name, help, buckets) member.write(out);
#include "atoma/telemetry/metrics.def"
  return out;
}

std::string metrics_document() {
  std::string out =
      "# Metrics\n\n`GET /metrics` answers in Prometheus' text format. Made of "
      "`src/telemetry/include/atoma/telemetry/metrics.def`.\n\n"
      "| name | kind | what | labels |\n|---|---|---|---|\n";
  const auto row = [&](std::string_view name, std::string_view kind, std::string_view help,
                       std::initializer_list<Label> labels) {
    std::format_to(std::back_inserter(out), "| `{}` | {} | {} |", name, kind, help);
    for (const Label& label : labels) {
      std::format_to(std::back_inserter(out), " `{}`:", label.name);
      for (const auto value : label.values) std::format_to(std::back_inserter(out), " {}", value);
    }
    out += " |\n";
  };
#define ATOMA_COUNTER(member, name, help, ...) row(name, "counter", help, {__VA_ARGS__});
#define ATOMA_GAUGE(member, name, help) row(name, "gauge", help, {});
#define ATOMA_GAUGES(member, name, help, ...) row(name, "gauge", help, {__VA_ARGS__});
#define ATOMA_HISTOGRAM(member, name, help, buckets) row(name, "histogram", help, {});
#include "atoma/telemetry/metrics.def"
  return out;
}

}  // namespace atoma::telemetry
