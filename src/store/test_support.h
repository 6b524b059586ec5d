// What the tests of this module share: a fixed key, a directory that goes away, waiting appends.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <future>

#include "atoma/store/segment_log.h"

namespace atoma::store {

inline tlog::NoteSigner test_signer(std::uint8_t n = 1) {
  ByteArray<32> seed{};
  seed.fill(n);
  return *tlog::NoteSigner::create("example.org/log",
                                   crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed)));
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "atoma-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

inline Result<tlog::Receipt> append_and_wait(SegmentLog& log, std::string_view entry) {
  std::promise<Result<tlog::Receipt>> promise;
  auto future = promise.get_future();
  log.append(to_bytes(entry), [&](Result<tlog::Receipt> r) { promise.set_value(std::move(r)); });
  return future.get();
}

inline Result<std::uint64_t> append_all_and_wait(SegmentLog& log, std::vector<Bytes> entries) {
  std::promise<Result<std::uint64_t>> promise;
  auto future = promise.get_future();
  log.append_all(std::move(entries),
                 [&](Result<std::uint64_t> first) { promise.set_value(std::move(first)); });
  return future.get();
}

// The receipt holds: path, root and the log's signature.
inline void expect_valid(const tlog::Receipt& receipt, std::string_view entry,
                         const tlog::VerifierKey& key) {
  const auto opened = tlog::verify_checkpoint(receipt.checkpoint.note, key);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->checkpoint, receipt.checkpoint.checkpoint);
  EXPECT_EQ(receipt.leaf_hash, merkle::leaf_hash(as_bytes(entry)));
  const auto status =
      merkle::verify_inclusion(receipt.index, opened->checkpoint.size, receipt.leaf_hash,
                               receipt.inclusion, opened->checkpoint.root);
  EXPECT_TRUE(status) << status.error().to_string();
}

}  // namespace atoma::store
