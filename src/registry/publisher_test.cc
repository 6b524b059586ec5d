#include "atoma/registry/publisher.h"

#include <future>
#include <mutex>
#include <thread>

#include "atoma/tlog/witness.h"
#include "test_service.h"
#include "witness_client.h"

namespace atoma::registry {
namespace {

using namespace std::chrono_literals;

std::string_view reason_of(const auto& result) { return result ? "" : result.error().reason; }

Secret<32> seed_of(std::uint8_t n) {
  ByteArray<32> seed{};
  seed.fill(n);
  return Secret<32>::copy_of(seed);
}

// A witness that does as the test tells it, or what the specification says.
class ToldWitness {
 public:
  ToldWitness(std::string name, std::uint8_t n, tlog::VerifierKey log)
      : cosigner_(*tlog::Cosigner::create(std::move(name),
                                          crypto::Ed25519PrivateKey::from_seed(seed_of(n)))),
        logs_{std::move(log)} {
    start();
  }
  void start() {
    http::Router router;
    router.add(http::Method::kPost, "/w/add-checkpoint",
               [this](http::Request request, http::Respond respond) {
                 respond(answer(as_text(request.body)));
               },
               {.content_types = {"*/*"}});
    auto started = http::Server::start(std::move(router), {.port = port_});
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = *std::move(started);
    port_ = server_->port();
  }
  void stop() { server_.reset(); }

  std::string url() const { return std::format("http://127.0.0.1:{}/w", port_); }
  std::string line(std::string_view name) const {
    return std::format("witness {} {} {}\n", name, cosigner_.key().to_string(), url());
  }
  const tlog::CosignerKey& key() const { return cosigner_.key(); }
  void know(tlog::KnownTree tree) {
    const std::lock_guard lock(mutex_);
    known_ = tree;
  }
  // Instead of an answer of its own, until "" is told.
  void say(int status, std::string type, std::string body) {
    const std::lock_guard lock(mutex_);
    told_ = {status, std::move(type), to_bytes(body), {}};
    is_told_ = status != 0;
  }
  std::uint64_t known() const {
    const std::lock_guard lock(mutex_);
    return known_.size;
  }
  int requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // The note with its line, whatever it knows.
  std::string cosigned(const tlog::SignedCheckpoint& of) const {
    return of.note + *cosigner_.sign(tlog::encode_checkpoint(of.checkpoint), 1'800'000'000);
  }

 private:
  http::Response answer(std::string_view body) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    if (is_told_) return told_;
    const auto text = [](int status, std::string_view type, std::string_view what) {
      return http::Response{status, std::string(type), to_bytes(what), {}};
    };
    const auto request = tlog::parse_add_checkpoint(body);
    if (!request) return text(400, "text/plain", "");
    const auto next = tlog::authenticate_checkpoint(logs_, request->checkpoint);
    if (!next) return text(tlog::witness_status(next.error()), "text/plain", "");
    const auto grown = tlog::check_growth(known_, *request, *next);
    if (!grown) {
      return text(tlog::witness_status(grown.error()), tlog::kSizeContentType,
                  tlog::encode_size_answer(known_.size));
    }
    known_ = {next->size, next->root};
    return text(200, "text/plain",
                *cosigner_.sign(tlog::parse_note(request->checkpoint)->text, 1'800'000'000));
  }

  tlog::Cosigner cosigner_;
  std::vector<tlog::LogKey> logs_;
  mutable std::mutex mutex_;
  tlog::KnownTree known_;
  http::Response told_;
  bool is_told_ = false;
  int requests_ = 0;
  std::uint16_t port_ = 0;
  std::unique_ptr<http::Server> server_;
};

class PublisherTest : public ::testing::Test {
 protected:
  ~PublisherTest() override { publisher.reset(); }

  tlog::Ledger& ledger() { return host.ledger(); }
  std::uint64_t append(int count = 1) {
    for (int i = 0; i < count; ++i) {
      std::promise<void> done;
      ledger().append(Bytes{1, 2, 3}, [&](const Result<tlog::Receipt>& receipt) {
        EXPECT_TRUE(receipt);
        if (publisher) publisher->wake();
        done.set_value();
      });
      done.get_future().wait();
    }
    return ledger().latest_checkpoint().checkpoint.size;
  }
  PublisherOptions options() {
    return {.directory = host.dir.path() / "witnesses",
            .ml_dsa = {},
            .on_halt =
                [this](const Error& error) {
                  const std::lock_guard lock(mutex);
                  halted = error.reason;
                },
            .timeout = 2s,
            .backoff_min = 5ms,
            .backoff_max = 20ms,
            .shown_elsewhere =
                [this] {
                  const std::lock_guard lock(mutex);
                  return elsewhere;
                },
            .look_around = 5ms};
  }
  void show_elsewhere(std::vector<std::string> notes) {
    const std::lock_guard lock(mutex);
    elsewhere = std::move(notes);
  }
  tlog::SignedCheckpoint signed_by_log(const tlog::Checkpoint& checkpoint) const {
    const auto seed =
        *store::read_file(store::posix_file_system(), host.dir.path() / "log.key", 32);
    auto key =
        crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteView(seed).first<32>()));
    return tlog::sign_checkpoint(checkpoint,
                                 *tlog::NoteSigner::create(checkpoint.origin, std::move(key)));
  }
  Result<std::unique_ptr<Publisher>> try_start(const std::string& policy) {
    auto parsed = tlog::TlogPolicy::parse(policy);
    EXPECT_TRUE(parsed) << parsed.error().to_string();
    return Publisher::start(ledger(), *std::move(parsed), options(), host.clock);
  }
  void start(const std::string& policy) {
    publisher.reset();
    auto started = try_start(policy);
    ASSERT_TRUE(started) << started.error().to_string();
    publisher = *std::move(started);
  }
  std::string both() const { return a.line("a") + b.line("b") + "group g all a b\nquorum g\n"; }
  std::uint64_t shown() const {
    const auto published = publisher->published();
    return published ? published->checkpoint.size : 0;
  }
  static bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  std::string halt_reason() {
    const std::lock_guard lock(mutex);
    return halted;
  }

  test::ServiceHost host;
  ToldWitness a{"witness.example/a", 2, host.ledger().verifier_key()};
  ToldWitness b{"witness.example/b", 3, host.ledger().verifier_key()};
  std::mutex mutex;
  std::string halted;
  std::vector<std::string> elsewhere;
  std::unique_ptr<Publisher> publisher;
};

TEST_F(PublisherTest, ShowsWhatTheQuorumCosigned) {
  start(both());
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t size = append(round + 1);
    ASSERT_TRUE(soon([&] { return shown() == size; })) << size;
    const auto policy =
        tlog::TlogPolicy::parse("log " + ledger().verifier_key().to_string() + "\n" + both());
    const auto seen = policy->verify(publisher->published()->note);
    EXPECT_TRUE(seen) << seen.error().to_string();
  }
  for (const auto& report : publisher->reports()) {
    EXPECT_EQ(report.error, "");
    EXPECT_TRUE(report.when);
  }
}

TEST_F(PublisherTest, WaitsForAWitnessThatThePolicyNeeds) {
  b.stop();
  const std::uint64_t size = append();
  start(both());
  ASSERT_TRUE(soon([&] { return a.known() == size; }));
  ASSERT_TRUE(soon([&] { return publisher->reports()[1].error == "http.client.connect"; }));
  EXPECT_EQ(reason_of(publisher->published()), "publisher.unwitnessed");
  const std::uint64_t later = append(3);  // is not kept waiting
  EXPECT_GT(later, size);
  b.start();
  EXPECT_TRUE(soon([&] { return shown() == later; }));
}

TEST_F(PublisherTest, DoesWithoutAWitnessThatThePolicyDoesNotNeed) {
  b.stop();
  start(a.line("a") + b.line("b") + "group g any a b\nquorum g\n");
  const std::uint64_t size = append(3);
  EXPECT_TRUE(soon([&] { return shown() == size; }));
}

TEST_F(PublisherTest, SendsAgainWithAProofAfter409) {
  const std::uint64_t old_size = append(4);
  const auto& tree = ledger().latest_checkpoint().checkpoint;
  a.know({tree.size, tree.root});
  const std::uint64_t size = append(5);
  EXPECT_GT(size, old_size);
  start(a.line("a") + "quorum a\n");
  ASSERT_TRUE(soon([&] { return shown() == size; }));
  EXPECT_EQ(a.requests(), 2);
}

TEST_F(PublisherTest, HaltsWhenAWitnessIsAhead) {
  append();
  a.know({1000, {}});
  start(a.line("a") + "quorum a\n");
  ASSERT_TRUE(soon([&] { return halt_reason() == "publisher.witness_ahead"; }));
  EXPECT_TRUE(publisher->halted().starts_with("publisher.witness_ahead"));
  EXPECT_EQ(reason_of(publisher->published()), "publisher.unwitnessed");
  // It stays so, until a person has looked.
  a.know({});
  const int before = a.requests();
  start(a.line("a") + "quorum a\n");
  EXPECT_EQ(halt_reason(), "publisher.halted");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(a.requests(), before);
}

TEST_F(PublisherTest, HaltsWhenAWitnessKnowsAnotherTree) {
  const std::uint64_t size = append(3);
  a.know({size, {1}});
  start(a.line("a") + "quorum a\n");
  EXPECT_TRUE(soon([&] { return halt_reason() == "publisher.witness_fork"; }));
}

TEST_F(PublisherTest, HaltsWhenTheProofFromItsSizeDoesNotHold) {
  a.know({2, {1}});
  append(5);
  start(a.line("a") + "quorum a\n");
  EXPECT_TRUE(soon([&] { return halt_reason() == "publisher.witness_fork"; }));
}

TEST_F(PublisherTest, BelievesNoOtherAnswer) {
  append();
  const auto says = [&](int status, const char* type, const std::string& body) -> std::string {
    a.say(status, type, body);
    start(a.line("a") + "quorum a\n");
    EXPECT_TRUE(soon([&] { return !publisher->reports()[0].error.empty(); }));
    EXPECT_EQ(reason_of(publisher->published()), "publisher.unwitnessed");
    return publisher->reports()[0].error;
  };
  EXPECT_EQ(says(500, "text/plain", "x"), "publisher.witness_answer");
  EXPECT_EQ(says(409, "text/plain", "1\n"), "publisher.witness_answer");
  EXPECT_EQ(says(409, "text/x.tlog.size", "one\n"), "publisher.witness_answer");
  EXPECT_EQ(says(409, "text/x.tlog.size", "0\n"), "publisher.witness_answer");
  EXPECT_EQ(says(422, "text/plain", "x"), "publisher.witness_answer");
  EXPECT_EQ(says(200, "text/plain", ""), "cosignature.missing");
  EXPECT_EQ(says(200, "text/plain", "x"), "note.format");
  const auto other =
      tlog::Cosigner::create("witness.example/a", crypto::Ed25519PrivateKey::from_seed(seed_of(2)));
  EXPECT_EQ(says(200, "text/plain",
                 *other->sign(tlog::encode_checkpoint({"test.example/log", 9, {}}), 5)),
            "cosignature.signature");
  EXPECT_EQ(halt_reason(), "");
}

TEST_F(PublisherTest, AClientWithAnOldCheckpointIsToldToBringANewerOne) {
  append();
  const auto before = ledger().latest_checkpoint();
  append(2);
  const auto now = ledger().latest_checkpoint();
  a.know({now.checkpoint.size, now.checkpoint.root});
  auto client = WitnessClient::create(a.url(), {a.key()}, http_witness_post(2s), {});
  ASSERT_TRUE(client) << client.error().to_string();
  EXPECT_EQ(reason_of(client->cosign(before, ledger())), "publisher.witness_newer");
  EXPECT_TRUE(client->cosign(now, ledger()));
}

// The witness cosigned what another replica committed: only the log itself can say whether it has
// it.
TEST_F(PublisherTest, AReplicaThatIsBehindIsNotRolledBack) {
  const std::uint64_t size = append(2);
  a.know({size + 3, {}});
  Result<std::uint64_t> committed = size + 3;
  auto client =
      WitnessClient::create(a.url(), {a.key()}, http_witness_post(2s), [&] { return committed; });
  const auto newest = ledger().latest_checkpoint();
  EXPECT_EQ(reason_of(client->cosign(newest, ledger())), "publisher.witness_newer");
  a.know({size + 4, {}});
  client =
      WitnessClient::create(a.url(), {a.key()}, http_witness_post(2s), [&] { return committed; });
  EXPECT_EQ(reason_of(client->cosign(newest, ledger())), "publisher.witness_ahead");
  committed = fail(Code::kUnavailable, "queue.unavailable", "nobody knows now");
  EXPECT_EQ(reason_of(client->cosign(newest, ledger())), "queue.unavailable");
}

// Another replica was faster to ask, or this one has no way to the witnesses.
TEST_F(PublisherTest, ShowsWhatAnotherReplicaGot) {
  a.stop();
  b.stop();
  const std::uint64_t size = append(3);
  const auto then = ledger().latest_checkpoint();
  append();
  const std::string good = b.cosigned({then.checkpoint, a.cosigned(then)});
  show_elsewhere({"no note", then.note, a.cosigned(then)});
  start(both());
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(reason_of(publisher->published()), "publisher.unwitnessed");
  ToldWitness other{"other.example/w", 7, ledger().verifier_key()};
  show_elsewhere({"no note", other.cosigned({then.checkpoint, good})});
  ASSERT_TRUE(soon([&] { return shown() == size; }));
  // Nothing of what a stranger wrote below it.
  EXPECT_EQ(publisher->published()->note, good);
  ASSERT_TRUE(soon([&] { return publisher->reports()[1].size == size; }));
  EXPECT_EQ(publisher->reports()[1].when->unix_s, 1'800'000'000);
  // It is durable as all that is shown is.
  show_elsewhere({});
  start(both());
  EXPECT_EQ(shown(), size);
  EXPECT_EQ(halt_reason(), "");
}

TEST_F(PublisherTest, WaitsUntilItHasWhatAnotherReplicaShows) {
  a.stop();
  const std::uint64_t size = append(2);
  auto ahead = ledger().latest_checkpoint().checkpoint;
  ahead.size += 1;
  Bytes next{1, 2, 3};
  merkle::Frontier tree;
  for (std::uint64_t i = 0; i < size; ++i) tree.append(merkle::leaf_hash(*ledger().entry(i)));
  tree.append(merkle::leaf_hash(next));
  ahead.root = tree.root();
  show_elsewhere({a.cosigned(signed_by_log(ahead))});
  start(a.line("a") + "quorum a\n");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(shown(), 0u);
  append();
  append();
  EXPECT_TRUE(soon([&] { return shown() == ahead.size; }));
  EXPECT_EQ(halt_reason(), "");
}

// A quorum cosigned it and the log's key signed it: there are two histories.
TEST_F(PublisherTest, HaltsWhenAnotherReplicaShowsAnotherTree) {
  a.stop();
  append(2);
  auto other = ledger().latest_checkpoint().checkpoint;
  other.root[0] ^= 1;
  append();
  show_elsewhere({signed_by_log(other).note});
  start(a.line("a") + "quorum a\n");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(halt_reason(), "");
  show_elsewhere({a.cosigned(signed_by_log(other))});
  ASSERT_TRUE(soon([&] { return halt_reason() == "publisher.witness_fork"; }));
  EXPECT_EQ(reason_of(publisher->published()), "publisher.unwitnessed");
}

TEST_F(PublisherTest, GoesOnFromWhatItHasShown) {
  start(a.line("a") + "quorum a\n");
  const std::uint64_t size = append(2);
  ASSERT_TRUE(soon([&] { return shown() == size; }));
  a.stop();
  start(a.line("a") + "quorum a\n");
  EXPECT_EQ(shown(), size);
  // Another policy does not take it.
  start(b.line("b") + a.line("a") + "group g all a b\nquorum g\n");
  b.stop();
  EXPECT_TRUE(publisher->halted().empty());
}

TEST_F(PublisherTest, SignsByMlDsaToo) {
  auto with = options();
  with.ml_dsa =
      *tlog::Cosigner::create("test.example/log", crypto::MlDsa44PrivateKey::from_seed(seed_of(4)));
  const auto key = with.ml_dsa->key();
  auto started = Publisher::start(ledger(), *tlog::TlogPolicy::parse("quorum none\n"),
                                  std::move(with), host.clock);
  ASSERT_TRUE(started);
  publisher = *std::move(started);
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t size = append();
    const auto published = publisher->published();
    ASSERT_TRUE(published);
    EXPECT_EQ(published->checkpoint.size, size);
    EXPECT_TRUE(tlog::verify_checkpoint(published->note, key));
    EXPECT_TRUE(tlog::verify_checkpoint(published->note, ledger().verifier_key()));
  }
}

TEST_F(PublisherTest, RefusesPoliciesItCannotFollow) {
  const auto other = *tlog::NoteSigner::create("test.example/log",
                                               crypto::Ed25519PrivateKey::from_seed(seed_of(9)));
  EXPECT_EQ(reason_of(try_start("log " + other.verifier_key().to_string() + "\n" + both())),
            "publisher.log");
  EXPECT_EQ(reason_of(try_start("witness a " + a.key().to_string() + "\nquorum a\n")),
            "publisher.url");
  EXPECT_EQ(reason_of(try_start("witness a " + a.key().to_string() + " ftp://x\nquorum a\n")),
            "http.client.url");
}

}  // namespace
}  // namespace atoma::registry
