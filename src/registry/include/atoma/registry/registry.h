// The ledger of one node: a data directory with the log's key and the log.
//
//   <directory>/log.key    Ed25519 seed, 32 bytes, mode 0600: WHO READS THIS FILE CAN FORGE THE LOG
//   <directory>/log.vkey   the verifier key to give to auditors
//   <directory>/log/       entries and checkpoint (atoma/store/log_directory.h)
//   <directory>/lock       held while open
//
// A key in a file is for development. A deployment that must hold against its own operator keeps
// the key in a TEE or an HSM and has witnesses; neither is here yet.
//
//   ATOMA_TRY(auto registry, Registry::open(dir, "example.org/log", entropy, first_entry));
//   registry->append(std::move(entry), …);
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "atoma/base/entropy.h"
#include "atoma/store/segment_log.h"
#include "atoma/tlog/ledger.h"

namespace atoma::registry {

inline constexpr std::string_view kKeyFile = "log.key";
inline constexpr std::string_view kVerifierKeyFile = "log.vkey";
inline constexpr std::string_view kLogDirectory = "log";
// Stands in the directory of a log whose origin takes any bytes.
inline constexpr std::string_view kGenericFile = "log.generic";

// Makes entry 0 of a new log, its genesis, over the log's verifier key; where it fails, no log is
// made. Null: a generic log, which takes any bytes from anybody from index 0 on. Which of both a
// log is, is decided when it is made.
using FirstEntry = std::function<Result<Bytes>(const tlog::VerifierKey&)>;

class Registry final : public tlog::Ledger {
 public:
  // Opens the registry, or makes one in an empty directory: a new key, and the first entry. Making
  // can be interrupted and is then resumed; nothing can have been told of it before its last step,
  // the appearance of log.key.
  // Errors: "registry.key_missing" (a log without its key), "registry.key" (not 32 bytes),
  // "registry.origin" (another log's directory), "registry.kind" (made with a first entry and
  // opened without, or the reverse), "note.key_name" (origin), and those of `first` and of
  // store::SegmentLog::open.
  static Result<std::unique_ptr<Registry>> open(
      const store::Path& directory, std::string_view origin, Entropy& entropy,
      const FirstEntry& first, store::FileSystem& files = store::posix_file_system());
  // The log of a replica (atoma/replica/ledger.h): its key was brought here from the first replica,
  // and its entries come from the replicated log, the genesis entry too; so it may begin empty.
  // Errors: those of open.
  static Result<std::unique_ptr<Registry>> open_replica(
      const store::Path& directory, std::string_view origin,
      store::FileSystem& files = store::posix_file_system(),
      runtime::Runtime& runtime = runtime::system_runtime());
  ~Registry() override;

  void append(Bytes entry, Done done) override;
  void append_at(tlog::Place place, Bytes entry, Done done) override;
  std::uint64_t term() const override;
  void append_each(std::vector<Bytes> entries, std::vector<Done> done) override;
  tlog::SignedCheckpoint latest_checkpoint() const override;
  Result<Bytes> entry(std::uint64_t index) const override;
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const override;
  Result<merkle::Proof> prove_consistency(std::uint64_t old_size,
                                          std::uint64_t new_size) const override;
  const tlog::VerifierKey& verifier_key() const override;

  // As store::SegmentLog says of them.
  void append_all(std::vector<Bytes> entries, store::SegmentLog::Written done);
  Result<Bytes> tile(const merkle::Tile& tile) const;

  // What opening found and repaired.
  const store::SegmentLog::Opened& opened() const;
  // Commits and answers what is queued; later appends get "ledger.stopped".
  void close();

 private:
  Registry(std::unique_ptr<store::Lock> lock, std::unique_ptr<tlog::NoteSigner> signer,
           std::unique_ptr<store::SegmentLog> log);

  // Destroyed from the last to the first: the log before its signer, the lock at the end.
  std::unique_ptr<store::Lock> lock_;
  std::unique_ptr<tlog::NoteSigner> signer_;
  std::unique_ptr<store::SegmentLog> log_;
};

}  // namespace atoma::registry
