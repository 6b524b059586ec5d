// Evidence by its digest, in a folder of its own: whatever entries name and do not hold.
//
//   ATOMA_TRY(auto evidence, EvidenceStore::open(dir, {.bytes_max = 1 << 30}));
//   ATOMA_TRY(const auto ref, evidence->keep(quote, media::kCpuEvidence, Standing::kProven));
//   ATOMA_TRY(const auto found, evidence->find(ref.sha256));   // the very bytes, or an error
//
// One file for each, DIR/ab/ab12…, made under another name and renamed: what has its name is whole.
// Bytes are compared with their digest whenever they are read, so nobody who owns the disk can
// change them unseen; he can take them away. Nothing is ever removed here but what a crash left
// half written. What is unproven may fill half of the store and no more.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "atoma/base/limits.h"
#include "atoma/ledger/evidence.h"
#include "atoma/store/file.h"

namespace atoma::registry {

// The longest that a request can bring: an event log.
inline constexpr std::size_t kEvidenceMax = limits::kEventLogMax;
// 50,000 attestations of 20 KiB.
inline constexpr std::uint64_t kEvidenceBytesDefault = 1024ull * 1024 * 1024;
// Less would not hold one attestation.
inline constexpr std::uint64_t kEvidenceBytesMin = 16ull * 1024 * 1024;

struct EvidenceOptions {
  std::uint64_t bytes_max = kEvidenceBytesDefault;  // of all files
};

struct Evidence {
  Bytes bytes;
  // As it was first kept: what an entry says of it may be another.
  std::string media_type;
};

// Safe from any thread. Reading and writing wait for the disk.
class EvidenceStore final : public ledger::EvidenceKeeper {
 public:
  // Makes the folder where there is none. Looks at each file's name and size, not at its contents.
  // Errors: those of store::FileSystem; "store.locked".
  static Result<std::unique_ptr<EvidenceStore>> open(
      const store::Path& directory, EvidenceOptions options,
      store::FileSystem& files = store::posix_file_system());

  // What is there already is read, and written anew where it is damaged. Errors: "evidence.size"
  // (empty, or above kEvidenceMax), "evidence.media_type", "evidence.full", those of
  // store::FileSystem, after which it may be kept or not.
  Result<ledger::EvidenceRef> keep(ByteView bytes, std::string_view media_type,
                                   ledger::Standing standing) override;
  // Errors: "evidence.unknown", "evidence.corrupt" (the file is not what was kept), "store.io".
  Result<Evidence> find(const crypto::Digest256& sha256) const;

  std::uint64_t bytes() const;
  std::size_t count() const;
  const EvidenceOptions& options() const { return options_; }

 private:
  EvidenceStore(store::Path directory, EvidenceOptions options, store::FileSystem& files)
      : directory_(std::move(directory)), options_(options), files_(files) {}

  Status read_folders();
  Status read_folder(const std::string& name);
  store::Path path_of(const crypto::Digest256& sha256) const;
  Result<Evidence> read(const crypto::Digest256& sha256) const;
  void claim(const crypto::Digest256& sha256);
  Status write_claimed(const ledger::EvidenceRef& ref, ByteView bytes, ledger::Standing standing,
                       std::uint64_t& reserved);
  Status reserve(const crypto::Digest256& sha256, std::uint64_t size, ledger::Standing standing);
  void settle(const crypto::Digest256& sha256, std::uint64_t reserved, bool kept);

  const store::Path directory_;
  const EvidenceOptions options_;
  store::FileSystem& files_;
  std::unique_ptr<store::Lock> lock_;
  mutable std::mutex mutex_;  // guards what follows, and is never held over the disk
  std::condition_variable written_;
  std::map<crypto::Digest256, std::uint64_t> sizes_;  // of files that are whole
  std::set<crypto::Digest256> writing_;
  std::uint64_t bytes_ = 0;  // of whole files, and what is reserved
};

}  // namespace atoma::registry
