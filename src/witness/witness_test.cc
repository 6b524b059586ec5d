#include "atoma/witness/witness.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "atoma/crypto/system_entropy.h"
#include "atoma/http/client.h"
#include "atoma/http/server.h"
#include "atoma/merkle/tree.h"
#include "atoma/store/kv.h"

namespace atoma::witness {
namespace {

namespace fs = std::filesystem;

std::string_view reason_of(const auto& result) { return result ? "" : result.error().reason; }

struct StandingClock final : Clock {
  Time now() const override { return {1'800'000'000}; }
};

Secret<32> seed_of(std::uint8_t n) {
  ByteArray<32> seed{};
  seed.fill(n);
  return Secret<32>::copy_of(seed);
}

tlog::NoteSigner signer_of(std::string origin, std::uint8_t n = 1) {
  return *tlog::NoteSigner::create(std::move(origin),
                                   crypto::Ed25519PrivateKey::from_seed(seed_of(n)));
}

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    std::string name = (fs::temp_directory_path() / "atoma-witness-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    dir = name;
    for (std::uint8_t i = 0; i < 100; ++i) tree.append(merkle::leaf_hash(Bytes{i}));
  }
  ~WitnessTest() override {
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }

  Result<std::unique_ptr<Witness>> open(std::string name = "witness.example/w1") {
    return Witness::open(dir, {.name = std::move(name), .logs = {log.verifier_key()}}, clock,
                         entropy);
  }
  std::unique_ptr<Witness> opened() {
    auto made = open();
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? *std::move(made) : nullptr;
  }
  std::string note(std::uint64_t size) const {
    return tlog::sign_checkpoint({"example.org/log", size, *merkle::root_at(tree, size)}, log).note;
  }
  std::string request(std::uint64_t old_size, std::uint64_t size) const {
    merkle::Proof proof;
    if (old_size > 0 && old_size <= size) {
      proof = *merkle::prove_consistency(tree, old_size, size);
    }
    return tlog::encode_add_checkpoint({old_size, proof, note(size)});
  }
  std::uint64_t known(const Witness& witness) const {
    const auto tree_known = witness.known("example.org/log");
    EXPECT_TRUE(tree_known);
    return tree_known ? tree_known->size : 0;
  }

  fs::path dir;
  StandingClock clock;
  crypto::SystemEntropy entropy;
  tlog::NoteSigner log = signer_of("example.org/log");
  merkle::MemoryTree tree;
};

TEST_F(WitnessTest, CosignsGrowthByBothKeys) {
  const auto witness = opened();
  for (const auto& [old_size, size] : {std::pair(0, 0), {0, 3}, {3, 3}, {3, 64}, {64, 99}}) {
    const auto lines = witness->add_checkpoint(
        request(static_cast<std::uint64_t>(old_size), static_cast<std::uint64_t>(size)));
    ASSERT_TRUE(lines) << lines.error().to_string();
    const auto cosigned = tlog::parse_note(note(static_cast<std::uint64_t>(size)) + *lines);
    ASSERT_TRUE(cosigned) << cosigned.error().to_string();
    ASSERT_EQ(witness->keys().size(), 2u);
    for (const auto& key : witness->keys()) {
      const auto time = tlog::verify_cosignature(*cosigned, key);
      ASSERT_TRUE(time) << time.error().to_string();
      EXPECT_EQ(*time, 1'800'000'000u);
    }
  }
  EXPECT_EQ(known(*witness), 99u);
}

TEST_F(WitnessTest, RemembersAcrossRestarts) {
  auto witness = opened();
  ASSERT_TRUE(witness->add_checkpoint(request(0, 7)));
  const auto key = witness->keys()[1].to_string();
  witness.reset();
  witness = opened();
  EXPECT_EQ(witness->keys()[1].to_string(), key);
  EXPECT_EQ(known(*witness), 7u);
  EXPECT_EQ(reason_of(witness->add_checkpoint(request(0, 3))), "witness.stale");
  EXPECT_TRUE(witness->add_checkpoint(request(7, 9)));
}

TEST_F(WitnessTest, ARefusalChangesNothing) {
  const auto witness = opened();
  ASSERT_TRUE(witness->add_checkpoint(request(0, 7)));
  EXPECT_EQ(reason_of(witness->add_checkpoint(request(6, 9))), "witness.stale");
  EXPECT_EQ(reason_of(witness->add_checkpoint(request(9, 5))), "witness.old_size");
  auto bad = request(7, 9);
  bad.replace(bad.find('\n') + 1, 4, "AAAA");
  EXPECT_EQ(reason_of(witness->add_checkpoint(bad)), "witness.proof");
  EXPECT_EQ(reason_of(witness->add_checkpoint("")), "add_checkpoint.format");
  EXPECT_EQ(known(*witness), 7u);
}

TEST_F(WitnessTest, OfManyRequestsFromOneOldSizeOneIsAccepted) {
  const auto witness = opened();
  ASSERT_TRUE(witness->add_checkpoint(request(0, 1)));
  for (std::uint64_t old_size = 1; old_size < 90; old_size += 10) {
    std::atomic<int> accepted = 0;
    std::atomic<bool> start = false;
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const std::string body = request(old_size, old_size + 10 - (i % 2) * 5);
        while (!start) std::this_thread::yield();
        if (witness->add_checkpoint(body)) ++accepted;
      });
    }
    start = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(accepted, 1) << old_size;
    // To the same place for the next round.
    const std::uint64_t now = known(*witness);
    if (now != old_size + 10) {
      ASSERT_TRUE(witness->add_checkpoint(request(now, old_size + 10)));
    }
  }
}

TEST_F(WitnessTest, ADirectoryIsOneWitness) {
  auto witness = opened();
  EXPECT_EQ(reason_of(open()), "store.locked");
  witness.reset();
  EXPECT_EQ(reason_of(open("witness.example/w2")), "witness.name");
  // Not yet used: a lost key is made anew.
  fs::remove(dir / "ed25519.key");
  witness = opened();
  ASSERT_TRUE(witness->add_checkpoint(request(0, 1)));
  witness.reset();
  fs::rename(dir / "ed25519.key", dir / "aside");
  EXPECT_EQ(reason_of(open()), "witness.key_missing");
  fs::rename(dir / "aside", dir / "ed25519.key");
  std::ofstream(dir / "ml_dsa_44.key") << "short";
  EXPECT_EQ(reason_of(open()), "witness.key");
}

TEST_F(WitnessTest, KeysWithoutTheirStateDoNotStart) {
  opened().reset();
  fs::remove_all(dir / "state");
  EXPECT_EQ(reason_of(open()), "witness.state_missing");
}

TEST_F(WitnessTest, ARecordOfAnotherFormIsNotGuessedAt) {
  auto witness = opened();
  ASSERT_TRUE(witness->add_checkpoint(request(0, 1)));
  witness.reset();
  {
    auto kv = store::Kv::open(dir / "state", {.tables = {"witness"}});
    ASSERT_TRUE(kv) << kv.error().to_string();
    const auto trees = kv->list("witness", "tree/", 2);
    ASSERT_EQ(trees->size(), 1u);
    ASSERT_TRUE(kv->put("witness", trees->front(), Bytes(39)));
  }
  witness = opened();
  EXPECT_EQ(reason_of(witness->known("example.org/log")), "witness.state");
  EXPECT_EQ(reason_of(witness->add_checkpoint(request(0, 1))), "witness.state");
}

TEST_F(WitnessTest, BoundsItsLogs) {
  const std::vector<tlog::LogKey> many(kLogsMax + 1, log.verifier_key());
  EXPECT_EQ(reason_of(Witness::open(dir, {.name = "w", .logs = many}, clock, entropy)),
            "witness.logs_max");
  EXPECT_EQ(reason_of(open("a b")), "note.key_name");
}

class WitnessOverHttp : public WitnessTest {
 protected:
  WitnessOverHttp() {
    http::Router router;
    witness->mount(router);
    auto started = http::Server::start(std::move(router), {});
    EXPECT_TRUE(started) << started.error().to_string();
    server = *std::move(started);
  }
  http::ClientResponse post(std::string_view body) {
    const auto answer =
        http::Client().request({"127.0.0.1", server->port(), "/add-checkpoint"},
                               http::Method::kPost, {}, as_bytes(body), std::chrono::seconds(10));
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? *answer : http::ClientResponse{};
  }

  std::unique_ptr<Witness> witness = opened();
  std::unique_ptr<http::Server> server;
};

TEST_F(WitnessOverHttp, AnswersAsTheSpecificationSays) {
  EXPECT_EQ(post(request(0, 5)).status, 200);
  const auto stale = post(request(3, 9));
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(stale.header("Content-Type"), tlog::kSizeContentType);
  EXPECT_EQ(as_text(stale.body), "5\n");
  EXPECT_EQ(post(request(9, 5)).status, 400);
  EXPECT_EQ(post("nonsense").status, 400);
  auto bad = request(5, 9);
  bad.replace(bad.find('\n') + 1, 4, "AAAA");
  EXPECT_EQ(post(bad).status, 422);
  const auto with = [&](const tlog::NoteSigner& signer, merkle::Hash root) {
    const std::string& origin = signer.verifier_key().name();
    return post(tlog::encode_add_checkpoint(
        {5, {}, tlog::sign_checkpoint({origin, 5, root}, signer).note}));
  };
  EXPECT_EQ(with(signer_of("example.org/log", 2), {}).status, 403);
  EXPECT_EQ(with(signer_of("example.org/other"), {}).status, 404);
  const auto fork = with(log, {1});
  EXPECT_EQ(fork.status, 409);
  EXPECT_EQ(as_text(fork.body), "5\n");
  const auto grown = post(request(5, 9));
  EXPECT_EQ(grown.status, 200);
  EXPECT_TRUE(as_text(grown.body).starts_with("\u2014 witness.example/w1 "));
  EXPECT_EQ(post(std::string(tlog::kAddCheckpointMax + 1, 'x')).status, 413);
}

}  // namespace
}  // namespace atoma::witness
