// For tests: a node with its own directory, over whatever queue it is given.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "atoma/registry/registry.h"
#include "atoma/replica/ledger.h"
#include "registry/test_service.h"

namespace atoma::replica {

inline constexpr std::string_view kTestOrigin = "test.example/replicated";

inline std::string append_wait(tlog::Ledger& ledger, std::string_view text,
                               std::chrono::seconds limit = std::chrono::seconds(20)) {
  auto done = std::make_shared<std::promise<std::string>>();
  auto outcome = done->get_future();
  ledger.append(to_bytes(text), [done](const Result<tlog::Receipt>& receipt) {
    done->set_value(receipt ? "" : std::string(receipt.error().reason));
  });
  if (outcome.wait_for(limit) != std::future_status::ready) return "no answer";
  return outcome.get();
}

template <typename Ready>
bool wait_until(Ready ready, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!ready()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Another node's log, read as HttpPeer would.
class LogPeer final : public Peer {
 public:
  explicit LogPeer(const tlog::Ledger& log) : log_(log) {}
  bool lies = false;

  Result<std::vector<Bytes>> entries(std::uint64_t from) override {
    std::vector<Bytes> out;
    const std::uint64_t size = log_.latest_checkpoint().checkpoint.size;
    for (std::uint64_t i = from; i < size && out.size() < kPageEntriesMax; ++i) {
      ATOMA_TRY(auto entry, log_.entry(i));
      if (lies && i == from) entry[0] ^= 1;
      out.push_back(std::move(entry));
    }
    if (out.empty()) return fail(Code::kUnavailable, "peer.unavailable", "not that far");
    return out;
  }
  Result<merkle::Proof> consistency(std::uint64_t old_size, std::uint64_t new_size) override {
    return log_.prove_consistency(old_size, new_size);
  }

 private:
  const tlog::Ledger& log_;
};

class Node {
 public:
  explicit Node(std::string name) : name_(std::move(name)) {}

  const store::Path path() const { return directory_.path(); }
  void open() {
    auto& files = store::posix_file_system();
    ASSERT_TRUE(files.make_directory(path() / "registry"));
    ASSERT_TRUE(store::replace_file(files, path() / "registry" / "log.key", Bytes(32, 0x5A)));
    auto opened = registry::Registry::open_replica(path() / "registry", kTestOrigin);
    ASSERT_TRUE(opened) << opened.error().to_string();
    log = *std::move(opened);
  }
  Result<Applier> applier(const std::vector<const tlog::Ledger*>& peers = {},
                          const std::vector<tlog::Checkpoint>& known = {}) {
    ATOMA_TRY(auto guard, Guard::open(store::posix_file_system(), path() / "signer"));
    std::vector<std::unique_ptr<Peer>> list;
    for (const tlog::Ledger* peer : peers) list.push_back(std::make_unique<LogPeer>(*peer));
    return Applier::open(*log, std::move(guard), std::move(list), known);
  }
  ReplicaOptions options() const {
    using std::chrono::milliseconds;
    return {.node = name_,
            .nodes = 3,
            .poll = milliseconds(1),
            .tend = milliseconds(20),
            .settle = milliseconds(2'000)};
  }
  // "" or why not.
  std::string start(CommitQueue& queue, bool found = false,
                    const std::vector<const tlog::Ledger*>& peers = {}) {
    auto mine = applier(peers);
    if (!mine) return std::string(mine.error().reason);
    auto started = ReplicatedLedger::start(queue, *log, *std::move(mine), options(), found);
    if (!started) return std::string(started.error().reason);
    ledger = *std::move(started);
    ledger->announce("http://" + name_);
    return "";
  }
  void stop() {
    ledger.reset();
    log.reset();
  }
  bool leads() const { return ledger && ledger->standing().leads; }
  std::uint64_t size() const { return log->latest_checkpoint().checkpoint.size; }

  test::TempDirectory directory_;
  std::string name_;
  std::unique_ptr<registry::Registry> log;
  std::unique_ptr<ReplicatedLedger> ledger;
};

}  // namespace atoma::replica
