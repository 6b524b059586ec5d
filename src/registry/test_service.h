// For tests of services: a real registry in a temporary directory with its sequencer, a real server
// on a free port, a clock that stands until it is moved, and one client.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <format>
#include <future>
#include <memory>
#include <string>

#include "atoma/base/clock.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/http/client.h"
#include "atoma/http/server.h"
#include "atoma/ledger/entry_json.h"
#include "atoma/registry/evidence_store.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json.h"
#include "registry/test_genesis.h"

namespace atoma::test {

class StandingClock final : public Clock {
 public:
  Time now() const override { return {now_s_.load()}; }
  void advance(Duration by) { now_s_ += by.s; }

 private:
  std::atomic<std::int64_t> now_s_ = 1'767'225'600;  // 2026-01-01
};

class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "atoma-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    path_ = name;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Answer {
  int status = 0;
  std::string type;
  std::string body;

  // A member's text, or its JSON when it is no string.
  std::string member(std::string_view name) const {
    const auto document = wire::JsonDocument::parse(body);
    const auto* value = document ? document->root().find(name) : nullptr;
    if (value == nullptr) return "(absent)";
    return std::string(value->is_string() ? value->text() : value->raw());
  }
  // "403 release.tee": how tests name a refusal. Says so when it is no problem+json.
  std::string refusal() const {
    if (type != "application/problem+json") return std::format("{} {}", status, type);
    return std::format("{} {}", status, member("reason"));
  }
};

class ServiceHost {
 public:
  ServiceHost() { reopen(); }

  // Closes and opens the registry, as a restart does; stop the server first.
  void reopen() {
    sequencer_.reset();
    registry_.reset();
    auto opened = registry::Registry::open(dir.path(), "test.example/log", entropy,
                                           first_entry(clock.now(), entropy));
    ASSERT_TRUE(opened) << opened.error().to_string();
    registry_ = *std::move(opened);
    // Tests count entries: the index is published when they say so.
    auto sequencer = registry::Sequencer::open(
        *registry_, {.key = issuer_key("sequencer"), .map_head_interval = std::chrono::hours(1)},
        clock, entropy);
    ASSERT_TRUE(sequencer) << sequencer.error().to_string();
    sequencer_ = *std::move(sequencer);
    evidence_.reset();
    auto evidence = registry::EvidenceStore::open(dir.path() / "evidence", {});
    ASSERT_TRUE(evidence) << evidence.error().to_string();
    evidence_ = *std::move(evidence);
  }
  registry::Registry& ledger() { return *registry_; }
  registry::Sequencer& sequencer() { return *sequencer_; }
  registry::EvidenceStore& evidence() { return *evidence_; }
  std::uint64_t log_size() const { return registry_->latest_checkpoint().checkpoint.size; }
  // As people see it, "" when it is no typed entry.
  std::string entry_json(std::uint64_t index) const {
    const auto bytes = registry_->entry(index);
    const auto entry =
        bytes ? ledger::parse_entry(*bytes) : Result<ledger::Entry>(std::unexpected(bytes.error()));
    if (!entry) return "";
    wire::JsonWriter out;
    ledger::write_entry_json(out, *entry);
    return out.take();
  }
  std::string last_entry() const { return entry_json(log_size() - 1); }

  // The members change what they trust: "policy.remove" with a digest, …
  void change_trust(std::string_view change, ByteView digest) {
    const ledger::LabelName trust{"trust", "policies"};
    const auto say = [&](std::string type, wire::CborWriter& body) {
      const auto at = write({std::move(type), trust, std::nullopt, body.end_map().take()}, "anna");
      EXPECT_TRUE(at) << at.error().to_string();
      return at.value_or(0);
    };
    const auto seen = registry_->latest_checkpoint().checkpoint;
    wire::CborWriter proposal, vote, activation;
    proposal.begin_map().key(1).value(change).key(2).bytes(digest).key(3).begin_array();
    const auto at = say("policy.propose", proposal.value(seen.size).bytes(seen.root).end_array());
    vote.begin_map().key(1).value(at).key(2).bytes(merkle::leaf_hash(*registry_->entry(at)));
    say("policy.vote", vote);
    say("policy.activate", activation.begin_map().key(1).value(at));
  }
  // What an issuer has to say, written; the entry's index, or what was wrong.
  Result<std::uint64_t> write(ledger::Draft draft, std::string_view by) {
    std::promise<Result<std::uint64_t>> index;
    auto outcome = index.get_future();
    sequencer_->write(std::move(draft), issuer_key(by), [&](Result<ledger::Written> written) {
      index.set_value(written.transform([](const auto& w) { return w.receipt.index; }));
    });
    return outcome.get();
  }

  void serve(http::Router router, http::ServerOptions options = {}) {
    auto started = http::Server::start(std::move(router), std::move(options));
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = *std::move(started);
  }
  void stop() { server_.reset(); }
  std::uint16_t port() const { return server_->port(); }

  // Safe from any thread. `type` is sent when there is a body.
  Answer ask(http::Method method, std::string_view target, std::string_view body = "",
             std::vector<http::Field> headers = {},
             std::string_view type = "application/json") const {
    const http::Url url{"127.0.0.1", server_->port(), std::string(target)};
    if (!body.empty()) headers.push_back({"Content-Type", std::string(type)});
    const auto got = http::Client().request(url, method, headers, as_bytes(body),
                                            std::chrono::milliseconds(10'000));
    if (!got) return {.status = 0, .type = got.error().to_string(), .body = ""};
    return {got->status, std::string(got->header("Content-Type").value_or("")),
            std::string(as_text(got->body))};
  }
  Answer get(std::string_view target) const { return ask(http::Method::kGet, target); }
  Answer post(std::string_view target, std::string_view body) const {
    return ask(http::Method::kPost, target, body);
  }

  TempDirectory dir;
  StandingClock clock;
  crypto::SystemEntropy entropy;

 private:
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<registry::Sequencer> sequencer_;
  std::unique_ptr<registry::EvidenceStore> evidence_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace atoma::test
