// The evidence store over files that fail, lie, tear and crash at each step, and in the hands of
// who owns the disk.
#include "atoma/registry/evidence_store.h"

#include <gtest/gtest.h>

#include <format>
#include <thread>

#include "atoma/wire/text.h"
#include "store/memory_files.h"

namespace atoma::registry {
namespace {

using ledger::EvidenceRef;
using ledger::Standing;
using store::Crash;
using store::Fault;
using store::MemoryFiles;
using store::Path;

const Path kFolder = "/evidence";
constexpr std::string_view kType = ledger::media::kCpuEvidence;
// Of a file besides the bytes: magic, length, media type, digest.
constexpr std::size_t kHead = 16 + 1 + kType.size() + 32;

Path path_of(const EvidenceRef& ref) {
  const std::string name = wire::hex_encode(ref.sha256);
  return kFolder / name.substr(0, 2) / name;
}

std::string_view reason_of(const auto& result) {
  return result ? std::string_view("good") : result.error().reason;
}

class EvidenceStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<EvidenceStore> open(EvidenceOptions options = {}) {
    auto out = EvidenceStore::open(kFolder, options, files_);
    EXPECT_TRUE(out) << (out ? "" : out.error().to_string());
    return out ? *std::move(out) : nullptr;
  }
  static EvidenceRef keep(EvidenceStore& store, std::string_view text) {
    const auto ref = store.keep(as_bytes(text), kType, Standing::kProven);
    EXPECT_TRUE(ref) << (ref ? "" : ref.error().to_string());
    return ref.value_or(EvidenceRef{});
  }

  MemoryFiles files_;
};

TEST_F(EvidenceStoreTest, FindsWhatItKeeps) {
  const auto evidence = open();
  const auto ref = keep(*evidence, "a quote");
  EXPECT_EQ(ref, (EvidenceRef{crypto::sha256(as_bytes("a quote")), 7, std::string(kType)}));
  const auto found = evidence->find(ref.sha256);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(as_text(found->bytes), "a quote");
  EXPECT_EQ(found->media_type, kType);
  EXPECT_EQ(reason_of(evidence->find(crypto::sha256(as_bytes("another")))), "evidence.unknown");
}

TEST_F(EvidenceStoreTest, KeepsTheSameBytesOnce) {
  const auto evidence = open();
  keep(*evidence, "a quote");
  const int before = files_.operations;
  // Under another name it is the same: the entry says what it is, the store what it was first.
  const auto again = evidence->keep(as_bytes("a quote"), "text/plain", Standing::kUnproven);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->media_type, "text/plain");
  EXPECT_EQ(evidence->find(again->sha256)->media_type, kType);
  EXPECT_EQ(files_.operations, before) << "nothing is written twice";
  EXPECT_EQ(evidence->count(), 1u);
  EXPECT_EQ(evidence->bytes(), 7 + kHead);
}

TEST_F(EvidenceStoreTest, RefusesWhatItCannotKeep) {
  const auto evidence = open();
  const auto refusal = [&](ByteView bytes, std::string_view type) {
    return reason_of(evidence->keep(bytes, type, Standing::kProven));
  };
  EXPECT_EQ(refusal({}, kType), "evidence.size");
  EXPECT_EQ(refusal(Bytes(kEvidenceMax + 1), kType), "evidence.size");
  EXPECT_EQ(refusal(Bytes(kEvidenceMax), kType), "good");
  EXPECT_EQ(refusal(as_bytes("a"), "text/plain; charset=utf-8"), "evidence.media_type");
  EXPECT_EQ(evidence->count(), 1u);
}

TEST_F(EvidenceStoreTest, IsThereAfterARestart) {
  EvidenceRef ref;
  std::uint64_t bytes = 0;
  {
    const auto evidence = open();
    ref = keep(*evidence, "a quote");
    keep(*evidence, "another");
    bytes = evidence->bytes();
  }
  const auto evidence = open();
  EXPECT_EQ(as_text(evidence->find(ref.sha256)->bytes), "a quote");
  EXPECT_EQ(evidence->bytes(), bytes);
  EXPECT_EQ(evidence->count(), 2u);
}

TEST_F(EvidenceStoreTest, BelongsToOneProcess) {
  const auto evidence = open();
  EXPECT_EQ(reason_of(EvidenceStore::open(kFolder, {}, files_)), "store.locked");
}

TEST_F(EvidenceStoreTest, FullOneTakesNoMoreAndLosesNothing) {
  const std::uint64_t of_each = kHead + 8;
  const auto evidence = open({.bytes_max = 4 * of_each});
  const auto keep_as = [&](std::string_view text, Standing standing) {
    return reason_of(evidence->keep(as_bytes(text), kType, standing));
  };
  EXPECT_EQ(keep_as("refused1", Standing::kUnproven), "good");
  EXPECT_EQ(keep_as("refused2", Standing::kUnproven), "good");
  // Whoever makes things up has half of it.
  EXPECT_EQ(keep_as("refused3", Standing::kUnproven), "evidence.full");
  EXPECT_EQ(keep_as("accepted", Standing::kProven), "good");
  EXPECT_EQ(keep_as("accepte2", Standing::kProven), "good");
  EXPECT_EQ(keep_as("accepte3", Standing::kProven), "evidence.full");
  EXPECT_EQ(keep_as("refused1", Standing::kUnproven), "good") << "it is there already";
  EXPECT_EQ(evidence->bytes(), 4 * of_each);
  EXPECT_EQ(reason_of(evidence->find(crypto::sha256(as_bytes("accepte3")))), "evidence.unknown");
  EXPECT_EQ(reason_of(evidence->find(crypto::sha256(as_bytes("accepted")))), "good");
}

TEST_F(EvidenceStoreTest, RefusesEveryChangedByteAndHealsIt) {
  const auto evidence = open();
  const auto ref = keep(*evidence, "a quote");
  const Bytes whole = files_.contents(path_of(ref));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    files_.contents(path_of(ref))[i] ^= 0x20;
    const auto found = evidence->find(ref.sha256);
    ASSERT_EQ(reason_of(found), "evidence.corrupt") << i;
    EXPECT_TRUE(found.error().message.contains(path_of(ref).string()));
    files_.contents(path_of(ref)) = whole;
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    files_.contents(path_of(ref)).resize(size);
    EXPECT_EQ(reason_of(evidence->find(ref.sha256)), "evidence.corrupt") << size;
    files_.contents(path_of(ref)) = whole;
  }
  files_.contents(path_of(ref)).push_back(0);
  EXPECT_EQ(reason_of(evidence->find(ref.sha256)), "evidence.corrupt");
  files_.contents(path_of(ref)).resize(2 * kEvidenceMax);
  EXPECT_EQ(reason_of(evidence->find(ref.sha256)), "evidence.corrupt");
  // Whoever brings the bytes again makes it whole: what he is told of is there.
  keep(*evidence, "a quote");
  EXPECT_EQ(files_.contents(path_of(ref)), whole);
  files_.lose(path_of(ref));
  EXPECT_EQ(reason_of(evidence->find(ref.sha256)), "evidence.corrupt");
  keep(*evidence, "a quote");
  EXPECT_EQ(reason_of(evidence->find(ref.sha256)), "good");
  EXPECT_EQ(evidence->bytes(), whole.size());
}

TEST_F(EvidenceStoreTest, CountsWhatIsThere) {
  auto evidence = open();
  files_.arm({0, Fault::kFail});
  EXPECT_EQ(reason_of(evidence->keep(as_bytes("lost"), kType, Standing::kProven)), "store.io");
  EXPECT_EQ(evidence->bytes(), 0u);
  EXPECT_EQ(evidence->count(), 0u);
  const auto ref = keep(*evidence, "a quote");
  evidence.reset();
  files_.contents(path_of(ref)).resize(3);
  evidence = open();
  EXPECT_EQ(evidence->bytes(), 3u);
  files_.arm({0, Fault::kFail});
  EXPECT_EQ(reason_of(evidence->keep(as_bytes("a quote"), kType, Standing::kProven)), "store.io");
  EXPECT_EQ(evidence->bytes(), 3u);
  keep(*evidence, "a quote");
  EXPECT_EQ(evidence->bytes(), kHead + 7);
}

TEST_F(EvidenceStoreTest, AnothersFileIsNotTakenForIt) {
  const auto evidence = open();
  const auto one = keep(*evidence, "one"), two = keep(*evidence, "two");
  files_.contents(path_of(one)) = files_.contents(path_of(two));
  EXPECT_EQ(reason_of(evidence->find(one.sha256)), "evidence.corrupt");
}

TEST_F(EvidenceStoreTest, ManyThreadsKeepTheSame) {
  const auto evidence = open();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        keep(*evidence, std::format("quote {}", n));
        keep(*evidence, std::format("of {} alone, {}", i, n));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(evidence->count(), 250u);
  std::uint64_t bytes = 0;
  for (int n = 0; n < 50; ++n) {
    const std::string text = std::format("quote {}", n);
    EXPECT_EQ(reason_of(evidence->find(crypto::sha256(as_bytes(text)))), "good");
    bytes += text.size() + kHead;
    for (int i = 0; i < 4; ++i) bytes += std::format("of {} alone, {}", i, n).size() + kHead;
  }
  EXPECT_EQ(evidence->bytes(), bytes);
}

// Every operation fails once, in each way, with each outcome of the crash after it.
class EvidenceFault : public EvidenceStoreTest {
 protected:
  // Keeps on after an error, as a server does.
  void run() {
    const auto opened = EvidenceStore::open(kFolder, {}, files_);
    if (!opened) return;
    for (const std::string_view text : {"one", "two", "one", "three", "two"}) {
      const auto ref = (*opened)->keep(as_bytes(text), kType, Standing::kProven);
      if (ref) kept_.emplace_back(*ref, text);
      if (ref) {
        EXPECT_EQ(reason_of((*opened)->find(ref->sha256)), "good");
      }
    }
  }
  void check() {
    const auto evidence = open();
    for (const auto& [ref, text] : kept_) {
      const auto found = evidence->find(ref.sha256);
      ASSERT_TRUE(found) << text << ": " << found.error().to_string();
      EXPECT_EQ(as_text(found->bytes), text);
    }
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    for (const std::string_view text : {"one", "two", "three"}) {
      const auto found = evidence->find(crypto::sha256(as_bytes(text)));
      // What is listed is whole.
      EXPECT_TRUE(found || found.error().reason == "evidence.unknown") << reason_of(found);
      if (!found) continue;
      bytes += text.size() + kHead;
      ++count;
      EXPECT_FALSE(
          *files_.exists(path_of({crypto::sha256(as_bytes(text)), 0, ""}).string() + ".new"));
    }
    EXPECT_EQ(evidence->bytes(), bytes);
    EXPECT_EQ(evidence->count(), count);
    for (const std::string_view text : {"one", "two", "three"}) keep(*evidence, text);
    EXPECT_EQ(evidence->count(), 3u);
  }
  void clear() {
    files_.arm({});
    for (const std::string_view text : {"one", "two", "three"}) {
      const auto path = path_of({crypto::sha256(as_bytes(text)), 0, ""});
      files_.lose(path);
      files_.lose(path.string() + ".new");
    }
    EXPECT_TRUE(files_.sync_directory(kFolder));
    kept_.clear();
  }

  std::vector<std::pair<EvidenceRef, std::string_view>> kept_;
};

TEST_F(EvidenceFault, WhatWasKeptIsThereAfterAnyFailure) {
  int cases = 0;
  for (int at = 0; at < 20; ++at) {
    for (const Fault fault : {Fault::kFail, Fault::kTear, Fault::kLie}) {
      for (const Crash crash : {Crash::kLoseUnsynced, Crash::kKeepAll, Crash::kKeepHalf}) {
        SCOPED_TRACE(std::format("operation {}, fault {}, crash {}", at, static_cast<int>(fault),
                                 static_cast<int>(crash)));
        clear();
        files_.arm({at, fault});
        run();
        if (files_.fired) ++cases;
        files_.arm({});
        files_.crash(crash);
        check();
      }
    }
  }
  EXPECT_GE(cases, 15 * 9) << "three files of five operations each";
}

// A name that was told of after a restart is not lost by the next crash.
TEST_F(EvidenceFault, WhatIsSeenStays) {
  for (int at = 0; at < 20; ++at) {
    clear();
    files_.arm({at, Fault::kFail});
    run();
    files_.arm({});
    std::vector<std::string_view> seen;
    {
      const auto evidence = open();
      for (const std::string_view text : {"one", "two", "three"}) {
        if (evidence->find(crypto::sha256(as_bytes(text)))) seen.push_back(text);
      }
    }
    files_.crash(Crash::kLoseUnsynced);
    const auto evidence = open();
    for (const auto text : seen) {
      EXPECT_EQ(reason_of(evidence->find(crypto::sha256(as_bytes(text)))), "good") << at;
    }
  }
}

// The sweep of what a crash left fails, too, and is done at the next start.
TEST_F(EvidenceFault, LeftoversAreSweptSoonerOrLater) {
  const auto ref = keep(*open(), "one");
  const Path leftover = path_of(ref).string() + ".new";
  for (int at = 0; at < 2; ++at) {
    for (const Fault fault : {Fault::kFail, Fault::kLie}) {
      ASSERT_TRUE(store::replace_file(files_, leftover, as_bytes("half")));
      files_.arm({at, fault});
      EXPECT_EQ(reason_of(EvidenceStore::open(kFolder, {}, files_)), "store.io");
      files_.arm({});
      const auto evidence = open();
      EXPECT_FALSE(*files_.exists(leftover));
      EXPECT_EQ(evidence->count(), 1u);
      EXPECT_EQ(reason_of(evidence->find(ref.sha256)), "good");
    }
  }
}

}  // namespace
}  // namespace atoma::registry
