// A ledger of many labels: what a statement costs to sign and admit, and a lookup with its proof.
#include <chrono>
#include <format>
#include <future>

#include "atoma/base/check.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/ledger/bodies.h"
#include "atoma/ledger/lookup.h"
#include "atoma/registry/registry.h"
#include "atoma/registry/sequencer.h"
#include "bench.h"
#include "bench_process.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

using std::chrono::steady_clock;

constexpr double kLookupGoal = 100e-6;    // seconds
constexpr std::size_t kLookupMax = 3000;  // bytes

cose::SigningKey key_of(std::uint8_t first) {
  return cose::SigningKey(
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{first})));
}

class ManyLabels {
 public:
  ManyLabels(const std::filesystem::path& folder, std::uint64_t labels) : labels_(labels) {
    crypto::SystemEntropy entropy;
    auto opened = registry::Registry::open(
        folder, "bench.example/ledger", entropy, [&](const tlog::VerifierKey& log_key) {
          const ledger::Issuer service{.name = "service",
                                       .algorithm = service_.algorithm(),
                                       .public_key = to_bytes(service_.public_key().raw()),
                                       .weight = 1,
                                       .roles = {ledger::Role::kMember, ledger::Role::kService}};
          return registry::sign_genesis({{service}, {1, 1, Duration{0}}}, log_key, sequencer_,
                                        SystemClock().now(), entropy);
        });
    ATOMA_CHECK(opened.has_value());
    log_ = *std::move(opened);
    auto first = state_.admit(*log_->entry(0));
    ATOMA_CHECK(first.has_value());
    state_.apply(*std::move(first));
    for (std::uint64_t n = 0; n < labels; ++n) {
      say("deployment", name(n), Bytes{0xA0}, service_);
    }
    say("map-head", {"atoma", "map-head"},
        ledger::encode_map_head({state_.size(), state_.fold_index().root()}), sequencer_);
    flush();
  }

  // Of labels here and there, as the sequencer does it.
  ledger::Lookup lookup() {
    at_ = at_ * 6364136223846793005u + 1442695040888963407u;
    const auto checkpoint = log_->latest_checkpoint();
    const auto index = ledger::index_for(state_, checkpoint);
    ATOMA_CHECK(index.has_value());
    auto made = ledger::make_lookup(*index, *log_, checkpoint, name(at_ % labels_));
    ATOMA_CHECK(made.has_value() && made->entry);
    return *std::move(made);
  }

 private:
  static ledger::LabelName name(std::uint64_t n) { return {"bench", std::format("label {}", n)}; }

  void say(std::string type, ledger::LabelName label, Bytes body, const cose::SigningKey& key) {
    Bytes nonce(16);
    for (std::size_t i = 0; i < 8; ++i) {
      nonce[i] = static_cast<std::uint8_t>(state_.size() >> (8 * i));
    }
    auto own = state_.admit_own({.type = std::move(type),
                                 .label = std::move(label),
                                 .previous = std::nullopt,
                                 .time = state_.time(),
                                 .expiry = std::nullopt,
                                 .nonce = std::move(nonce),
                                 .body = std::move(body)},
                                key);
    ATOMA_CHECK(own.has_value());
    state_.apply(std::move(own->admission));
    entries_.push_back(std::move(own->bytes));
    if (entries_.size() == store::kAppendEntriesMax) flush();
  }
  void flush() {
    std::promise<bool> done;
    log_->append_all(std::exchange(entries_, {}), [&](const Result<std::uint64_t>& first) {
      done.set_value(first.has_value());
    });
    ATOMA_CHECK(done.get_future().get());
  }

  const std::uint64_t labels_;
  const cose::SigningKey service_ = key_of(1), sequencer_ = key_of(2);
  std::unique_ptr<registry::Registry> log_;
  ledger::State state_;
  std::vector<Bytes> entries_;
  std::uint64_t at_ = 12345;
};

}  // namespace

void bench_lookup(const std::string& parent, std::uint64_t labels, std::vector<Measurement>& out) {
  const ScratchFolder folder(parent);
  const auto begin = steady_clock::now();
  ManyLabels ledger(folder.path, labels);
  const std::chrono::duration<double> took = steady_clock::now() - begin;
  out.push_back(
      {.name = "statements",
       .value = static_cast<double>(labels) / took.count(),
       .unit = "1/s",
       .reference = 0,
       .ratio = 0,
       .goal = 0,
       .note = std::format("signed, admitted by the rules and written; {} labels", labels)});
  std::size_t largest = 0;
  const double lookups = operations_per_second([&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      largest = std::max(largest, ledger::encode_lookup(ledger.lookup()).size());
    }
  });
  out.push_back({.name = "lookup",
                 .value = lookups,
                 .unit = "1/s",
                 .reference = 1 / kLookupGoal,
                 .ratio = lookups * kLookupGoal,
                 .goal = 1,
                 .note = std::format("{:.0f} us, at most {} bytes, at {} labels; goal 100 us, 3 kB",
                                     1e6 / lookups, largest, labels)});
  ATOMA_CHECK(largest <= kLookupMax);
}

}  // namespace atoma::app
