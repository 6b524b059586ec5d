#include "atoma/registry/registry.h"

#include <format>
#include <future>

#include "../store/memory_files.h"
#include "../store/test_support.h"
#include "atoma/ledger/bodies.h"
#include "atoma/registry/audit.h"
#include "atoma/store/log_directory.h"
#include "registry/test_genesis.h"

namespace atoma::registry {
namespace {

using store::Crash;
using store::Fault;
using store::MemoryFiles;
using store::Path;

constexpr std::string_view kOrigin = "example.org/log";
const Path kDirectory = "/r";
const Path kEntries = kDirectory / kLogDirectory / store::kEntriesFile;
const Path kCheckpoint = kDirectory / kLogDirectory / store::kCheckpointFile;

constexpr Time kNow{1'795'338'000};

// Another key each time it is asked.
class CountingEntropy final : public Entropy {
 public:
  void fill(MutableByteView out) override { std::ranges::fill(out, next_++); }

 private:
  std::uint8_t next_ = 1;
};

class RegistryTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Registry>> open(std::string_view origin = kOrigin) {
    return Registry::open(kDirectory, origin, entropy_, test::first_entry(kNow, entropy_), files_);
  }
  std::string_view refusal(std::string_view origin = kOrigin) {
    const auto registry = open(origin);
    return registry ? std::string_view() : registry.error().reason;
  }
  static Result<tlog::Receipt> append(Registry& registry, std::string_view entry) {
    std::promise<Result<tlog::Receipt>> promise;
    auto outcome = promise.get_future();
    registry.append(to_bytes(entry),
                    [&](Result<tlog::Receipt> r) { promise.set_value(std::move(r)); });
    return outcome.get();
  }
  // Genesis and `n` entries; returns the verifier key.
  tlog::VerifierKey fill(int n) {
    const auto registry = open();
    EXPECT_TRUE(registry) << registry.error().to_string();
    for (int i = 0; i < n; ++i) {
      EXPECT_TRUE(append(
          **registry, std::format("entry {}", (*registry)->latest_checkpoint().checkpoint.size)));
    }
    return (*registry)->verifier_key();
  }
  AuditReport audit(const tlog::VerifierKey& key, AuditOptions options = {}) {
    options.files = &files_;
    const auto report = audit_log(kDirectory, key, options);
    EXPECT_TRUE(report) << report.error().to_string();
    return *report;
  }
  // Ids of the failed steps, a space after each.
  static std::string failures(const AuditReport& report) {
    std::string out;
    for (const auto& step : report.steps) {
      if (!step.ok) out += step.id + " ";
    }
    return out;
  }

  MemoryFiles files_;
  CountingEntropy entropy_;
};

TEST_F(RegistryTest, BeginsWithGenesisAndKeepsItsKey) {
  const tlog::VerifierKey key = fill(2);
  const auto registry = open();
  ASSERT_TRUE(registry) << registry.error().to_string();
  EXPECT_EQ((*registry)->verifier_key(), key);
  EXPECT_EQ((*registry)->latest_checkpoint().checkpoint.size, 3u);
  const auto genesis = (*registry)->entry(0);
  ASSERT_TRUE(genesis);
  const auto entry = ledger::parse_entry(*genesis);
  ASSERT_TRUE(entry) << entry.error().to_string();
  EXPECT_EQ(entry->statement.type, "genesis");
  const auto body = ledger::read_genesis(entry->statement.body);
  ASSERT_TRUE(body) << body.error().to_string();
  EXPECT_EQ(body->origin, kOrigin);
  EXPECT_EQ(body->log_keys, std::vector{key.to_string()});
  EXPECT_EQ(as_text(files_.contents(kDirectory / kVerifierKeyFile)), key.to_string() + "\n");
  EXPECT_EQ(refusal(), "store.locked");
}

TEST_F(RegistryTest, ServesAsALedgerForBundles) {
  const tlog::VerifierKey key = fill(3);
  const auto registry = *open();
  const auto receipt = append(*registry, "{}");
  ASSERT_TRUE(receipt) << receipt.error().to_string();
  store::expect_valid(*receipt, "{}", key);
  ASSERT_TRUE(append(*registry, "later"));
  const tlog::Ledger& ledger = *registry;
  const auto bundle = tlog::make_bundle(ledger, receipt->index);
  ASSERT_TRUE(bundle) << bundle.error().to_string();
  const auto steps = ledger::audit_bundle(*bundle, &key);
  EXPECT_TRUE(steps[0].ok && steps[1].ok && steps[2].ok);
  EXPECT_EQ(tlog::make_bundle(ledger, 99).error().reason, "ledger.index");
  registry->close();
  EXPECT_EQ(append(*registry, "late").error().reason, "ledger.stopped");
}

// A replica's log begins empty, with the key of the first one.
TEST_F(RegistryTest, AppendsAtAPlaceOrNotAtAll) {
  fill(1);
  const auto registry = *open();
  const auto append_at = [&](std::uint64_t index) {
    std::promise<std::string> done;
    registry->append_at({registry->term(), index}, to_bytes("x"), [&](const auto& receipt) {
      done.set_value(receipt ? "" : std::string(receipt.error().reason));
    });
    return done.get_future().get();
  };
  EXPECT_EQ(append_at(1), "ledger.moved");
  EXPECT_EQ(append_at(3), "ledger.moved");
  EXPECT_EQ(append_at(2), "");
  EXPECT_EQ(append_at(2), "ledger.moved");
  EXPECT_EQ(append_at(3), "");
  EXPECT_EQ(registry->latest_checkpoint().checkpoint.size, 4u);
}

TEST_F(RegistryTest, ReplicaBeginsEmptyWithTheKeyThatWasBrought) {
  EXPECT_EQ(Registry::open_replica(kDirectory, kOrigin, files_).error().reason,
            "registry.key_missing");
  ASSERT_TRUE(store::replace_file(files_, kDirectory / kKeyFile, Bytes(31, 7)));
  EXPECT_EQ(Registry::open_replica(kDirectory, kOrigin, files_).error().reason, "registry.key");
  ASSERT_TRUE(store::replace_file(files_, kDirectory / kKeyFile, Bytes(32, 7)));
  for (std::uint64_t size = 0; size < 2; ++size) {
    const auto replica = Registry::open_replica(kDirectory, kOrigin, files_);
    ASSERT_TRUE(replica) << replica.error().to_string();
    EXPECT_EQ((*replica)->latest_checkpoint().checkpoint.size, size);
    ASSERT_TRUE(append(**replica, "from the replicated log"));
  }
  EXPECT_EQ(Registry::open_replica(kDirectory, "example.org/other", files_).error().reason,
            "registry.origin");
}

TEST_F(RegistryTest, RefusesALogWithoutItsKey) {
  fill(1);
  files_.lose(kDirectory / kKeyFile);
  EXPECT_EQ(refusal(), "registry.key_missing");
}

TEST_F(RegistryTest, RefusesADamagedOrForeignKey) {
  fill(1);
  const Bytes good = files_.contents(kDirectory / kKeyFile);
  files_.contents(kDirectory / kKeyFile).pop_back();
  EXPECT_EQ(refusal(), "registry.key");
  files_.contents(kDirectory / kKeyFile) = Bytes(33);
  EXPECT_EQ(refusal(), "registry.key");
  files_.contents(kDirectory / kKeyFile) = Bytes(32, 9);
  EXPECT_EQ(refusal(), "registry.origin");
  files_.lose(kDirectory / kVerifierKeyFile);
  EXPECT_EQ(refusal(), "store.checkpoint");
}

TEST_F(RegistryTest, RefusesAnotherOrigin) {
  fill(1);
  EXPECT_EQ(refusal("example.org/other"), "registry.origin");
  EXPECT_EQ(refusal("not a name"), "note.key_name");
}

TEST_F(RegistryTest, RefusesAnEmptyDiskUnderItsKey) {
  fill(1);
  files_.lose(kEntries);
  files_.lose(kCheckpoint);
  EXPECT_EQ(refusal(), "store.missing");
}

// Each step of making a registry fails once, in each way; then it opens with one key and genesis.
TEST_F(RegistryTest, AnInterruptedMakingIsResumed) {
  const auto genesis = test::first_entry(kNow, entropy_);
  int cases = 0;
  for (int at = 0; at < 40; ++at) {
    for (const Fault fault : {Fault::kFail, Fault::kTear, Fault::kLie}) {
      for (const Crash crash : {Crash::kLoseUnsynced, Crash::kKeepAll, Crash::kKeepHalf}) {
        SCOPED_TRACE(std::format("operation {}, fault {}", at, static_cast<int>(fault)));
        MemoryFiles files;
        files.arm({at, fault});
        std::optional<std::string> told;
        if (auto first = Registry::open(kDirectory, kOrigin, entropy_, genesis, files)) {
          told = (*first)->verifier_key().to_string();
        }
        files.arm({});
        files.crash(crash);
        const auto registry = Registry::open(kDirectory, kOrigin, entropy_, genesis, files);
        ASSERT_TRUE(registry) << registry.error().to_string();
        const std::string key = (*registry)->verifier_key().to_string();
        EXPECT_EQ(told.value_or(key), key);
        EXPECT_EQ((*registry)->latest_checkpoint().checkpoint.size, 1u);
        EXPECT_EQ(ledger::parse_entry(*(*registry)->entry(0))->statement.type, "genesis");
        ++cases;
      }
    }
  }
  EXPECT_EQ(cases, 360);
}

// A genesis that breaks the rules would be the only entry for ever.
TEST_F(RegistryTest, MakesNoLogThatCanNotBegin) {
  const auto nobody = [&](const tlog::VerifierKey& log_key) {
    return sign_genesis({}, log_key, test::issuer_key("sequencer"), kNow, entropy_);
  };
  const auto refused = Registry::open(kDirectory, kOrigin, entropy_, nobody, files_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "rule.body");
  const auto begun = open();
  ASSERT_TRUE(begun) << begun.error().to_string();
  EXPECT_EQ((*begun)->latest_checkpoint().checkpoint.size, 1u);
}

TEST_F(RegistryTest, KeyFileIsForTheOwnerOnly) {
  store::TemporaryDirectory directory;
  const auto registry =
      Registry::open(directory.path() / "r", kOrigin, entropy_, test::first_entry(kNow, entropy_));
  ASSERT_TRUE(registry) << registry.error().to_string();
  using std::filesystem::perms;
  const auto mode = std::filesystem::status(directory.path() / "r" / kKeyFile).permissions();
  EXPECT_EQ(mode, perms::owner_read | perms::owner_write);
}

TEST_F(RegistryTest, AuditAcceptsAGoodLogWhileItIsOpen) {
  const tlog::VerifierKey key = fill(4);
  const auto registry = *open();
  AuditOptions options;
  options.checkpoints = {registry->latest_checkpoint().note};
  options.bundles = {*tlog::make_bundle(*registry, 0)};
  std::uint64_t calls = 0;
  options.progress = [&](std::uint64_t entries, std::uint64_t bytes, std::uint64_t total) {
    EXPECT_EQ(entries, ++calls);
    EXPECT_EQ(bytes == total, entries == 5);
  };
  const AuditReport report = audit(key, options);
  EXPECT_EQ(failures(report), "");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.entries, 5u);
  EXPECT_EQ(report.frames, 5u);
  EXPECT_EQ(calls, 5u);
  EXPECT_EQ(report.steps.size(), 6u);
}

TEST_F(RegistryTest, AuditNamesTheEntryThatChanged) {
  const tlog::VerifierKey key = fill(6);
  Bytes& disk = files_.contents(kEntries);
  disk[as_text(disk).find("entry 3")] = 'E';
  const AuditReport report = audit(key);
  EXPECT_EQ(failures(report), "entries complete ");
  EXPECT_EQ(report.first_bad_entry, 3u);
  EXPECT_EQ(report.entries, 3u);
}

TEST_F(RegistryTest, AuditNamesAnEntryInTheMiddleOfABatch) {
  const tlog::VerifierKey key = fill(3);
  {
    const auto registry = *open();
    std::vector<Bytes> entries;
    for (int i = 0; i < 600; ++i) entries.push_back(to_bytes(std::format("batch {}.", i)));
    std::promise<void> done;
    registry->append_all(std::move(entries), [&](const auto& first) {
      EXPECT_TRUE(first);
      done.set_value();
    });
    done.get_future().wait();
  }
  Bytes& disk = files_.contents(kEntries);
  for (const int i : {300, 599}) {
    const Bytes good = disk;
    disk[as_text(disk).find(std::format("batch {}.", i))] = 'B';
    // Before the batch there are the genesis and three entries; 599 is in no whole tile yet.
    EXPECT_EQ(audit(key).first_bad_entry, i == 300 ? 304u : 4u);
    disk = good;
  }
  EXPECT_EQ(failures(audit(key)), "");
}

// The attacker owns the disk but not the key: he rewrites the entry, its leaf hash and the check.
TEST_F(RegistryTest, AuditNamesAnEntryThatWasRewrittenWithItsFrame) {
  const tlog::VerifierKey key = fill(6);
  Bytes& disk = files_.contents(kEntries);
  std::size_t at = 8;
  for (int i = 0; i < 4; ++i) {
    at += store::parse_frame_header(ByteView(disk).subspan(at, 32))->frame_size();
  }
  const std::size_t size = store::parse_frame_header(ByteView(disk).subspan(at, 32))->frame_size();
  const Bytes old(disk.begin() + static_cast<std::ptrdiff_t>(at),
                  disk.begin() + static_cast<std::ptrdiff_t>(at + size));
  const auto frame = store::parse_frame(old);
  ASSERT_TRUE(frame);
  const auto forged = as_bytes("ENTRY 4");
  const Bytes fixed =
      store::encode_frame(4, {{forged}}, {{merkle::leaf_hash(forged)}}, frame->note);
  ASSERT_EQ(fixed.size(), size);
  std::ranges::copy(fixed, disk.begin() + static_cast<std::ptrdiff_t>(at));
  const AuditReport report = audit(key);
  EXPECT_EQ(failures(report), "entries complete ");
  EXPECT_EQ(report.first_bad_entry, 4u);
  EXPECT_EQ(refusal(), "store.corrupt");
}

TEST_F(RegistryTest, AuditSeesADirectoryPutBackOnlyByWhatOthersKept) {
  const tlog::VerifierKey key = fill(3);
  const Bytes old_entries = files_.contents(kEntries);
  const Bytes old_checkpoint = files_.contents(kCheckpoint);
  fill(2);
  AuditOptions seen;
  {
    const auto registry = *open();
    seen.checkpoints = {registry->latest_checkpoint().note};
    seen.bundles = {*tlog::make_bundle(*registry, 4)};
  }
  files_.contents(kEntries) = old_entries;
  EXPECT_EQ(failures(audit(key)), "complete ");
  files_.contents(kCheckpoint) = old_checkpoint;
  EXPECT_EQ(failures(audit(key)), "");
  EXPECT_EQ(failures(audit(key, seen)), "known_checkpoint known_bundle ");
  // Grown again from there, the log is a fork.
  {
    const auto registry = *open();
    ASSERT_TRUE(append(*registry, "another 4"));
    ASSERT_TRUE(append(*registry, "another 5"));
  }
  const AuditReport report = audit(key, seen);
  EXPECT_EQ(failures(report), "known_checkpoint known_bundle ");
  EXPECT_NE(report.steps[4].text.find("FORK"), std::string::npos) << report.steps[4].text;
}

TEST_F(RegistryTest, AuditAcceptsATornTailAndRefusesOtherDamage) {
  const tlog::VerifierKey key = fill(3);
  const Bytes good = files_.contents(kEntries);
  Bytes& disk = files_.contents(kEntries);
  disk.resize(disk.size() + 77, 0xAA);
  EXPECT_EQ(failures(audit(key)), "");
  disk.resize(disk.size() + store::kFrameBytesMax, 0xAA);
  EXPECT_EQ(failures(audit(key)), "entries ");
  disk = good;
  disk.pop_back();
  const AuditReport report = audit(key);
  EXPECT_EQ(failures(report), "entries complete ");
  EXPECT_EQ(report.first_bad_entry, 3u);
  disk = Bytes{1, 2, 3};
  EXPECT_EQ(failures(audit(key)), "entries complete genesis ");
}

TEST_F(RegistryTest, AuditNeedsTheRightKeyFilesAndGenesis) {
  const tlog::VerifierKey key = fill(1);
  const auto other = store::test_signer(77).verifier_key();
  EXPECT_EQ(failures(audit(other)), "checkpoint_file entries complete genesis ");
  files_.contents(kCheckpoint)[0] ^= 1;
  EXPECT_EQ(failures(audit(key)), "checkpoint_file complete ");
  AuditOptions unsigned_note;
  unsigned_note.checkpoints = {"nonsense"};
  EXPECT_EQ(failures(audit(key, unsigned_note)), "checkpoint_file complete known_checkpoint ");
  files_.lose(kEntries);
  AuditOptions options;
  options.files = &files_;
  EXPECT_EQ(audit_log(kDirectory, key, options).error().reason, "store.missing");
}

TEST_F(RegistryTest, AuditRefusesALogWithoutGenesis) {
  const auto signer = store::test_signer();
  {
    auto log = *store::SegmentLog::open({.directory = kDirectory / kLogDirectory,
                                         .signer = &signer,
                                         .files = &files_,
                                         .create = true});
    ASSERT_TRUE(store::append_and_wait(*log, "no genesis"));
  }
  EXPECT_EQ(failures(audit(signer.verifier_key())), "genesis ");
}

TEST_F(RegistryTest, AuditRefusesAGenesisOfAnotherKey) {
  const auto signer = store::test_signer();
  {
    auto log = *store::SegmentLog::open({.directory = kDirectory / kLogDirectory,
                                         .signer = &signer,
                                         .files = &files_,
                                         .create = true});
    const Bytes entry = *test::first_entry(kNow, entropy_)(store::test_signer(2).verifier_key());
    ASSERT_TRUE(store::append_and_wait(*log, as_text(entry)));
  }
  EXPECT_EQ(failures(audit(signer.verifier_key())), "genesis ");
}

TEST_F(RegistryTest, AuditRefusesABundleThatNeverHeld) {
  const tlog::VerifierKey key = fill(3);
  AuditOptions options;
  {
    const auto registry = *open();
    options.bundles = {*tlog::make_bundle(*registry, 2)};
  }
  EXPECT_EQ(failures(audit(key, options)), "");
  options.bundles[0].entry.push_back('x');
  EXPECT_EQ(failures(audit(key, options)), "known_bundle ");
  options.bundles[0].checkpoint += "x";
  EXPECT_EQ(failures(audit(key, options)), "known_bundle ");
}

}  // namespace
}  // namespace atoma::registry
