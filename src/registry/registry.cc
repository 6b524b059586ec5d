#include "atoma/registry/registry.h"

#include <format>
#include <future>

#include "atoma/store/log_directory.h"

namespace atoma::registry {
namespace {

using store::FileSystem;
using store::Path;

constexpr std::size_t kSeedSize = 32;
// The key while the registry is being made.
constexpr std::string_view kPendingKeyFile = "log.key.pending";

Result<crypto::Ed25519PrivateKey> load_key(FileSystem& files, const Path& path) {
  ATOMA_TRY(Bytes bytes, store::read_file(files, path, kSeedSize + 1));
  const SecretBytes secret(std::move(bytes));
  const ByteView seed = secret.expose("log key, to sign checkpoints");
  if (seed.size() != kSeedSize) {
    return fail(Code::kDataLoss, "registry.key",
                std::format("{}: {} bytes, a key has {}", path.string(), seed.size(), kSeedSize));
  }
  return crypto::Ed25519PrivateKey::from_seed(Secret<kSeedSize>::copy_of(seed.first<kSeedSize>()));
}

// A key for a new registry: that of an interrupted making, or a fresh one.
Result<crypto::Ed25519PrivateKey> pending_key(FileSystem& files, const Path& directory,
                                              Entropy& entropy) {
  const Path path = directory / kPendingKeyFile;
  ATOMA_TRY(const bool resumed, files.exists(path));
  if (resumed) return load_key(files, path);
  for (const std::string_view name : {store::kEntriesFile, store::kCheckpointFile}) {
    ATOMA_TRY(const bool log, files.exists(directory / kLogDirectory / name));
    if (!log) continue;
    return fail(Code::kDataLoss, "registry.key_missing",
                std::format("{} has a log but no {}. A new key would begin another log: bring the "
                            "key back",
                            directory.string(), kKeyFile));
  }
  auto key = crypto::Ed25519PrivateKey::generate(entropy);
  ATOMA_TRY_VOID(store::replace_file(files, path, key.seed("log key, to its file")));
  return key;
}

Status check_verifier_key(FileSystem& files, const Path& directory, const tlog::VerifierKey& key) {
  const Path path = directory / kVerifierKeyFile;
  const std::string mine = key.to_string() + "\n";
  ATOMA_TRY(const bool there, files.exists(path));
  if (!there) return store::replace_file(files, path, as_bytes(mine));
  ATOMA_TRY(const Bytes found, store::read_file(files, path, 4096));
  if (as_text(found) == mine) return {};
  return fail(
      Code::kFailedPrecondition, "registry.origin",
      std::format("{} says {}, this origin and key are {}", path.string(), as_text(found), mine));
}

// The mark is made before anything else of a generic log, so that none is without it.
Status check_kind(FileSystem& files, const Path& directory, bool wants_generic) {
  const Path mark = directory / kGenericFile;
  ATOMA_TRY(const bool generic, files.exists(mark));
  if (generic == wants_generic) return {};
  ATOMA_TRY(const bool made, files.exists(directory / kKeyFile));
  ATOMA_TRY(const bool begun, files.exists(directory / kPendingKeyFile));
  if (!generic && !made && !begun) return store::replace_file(files, mark, {});
  return fail(Code::kFailedPrecondition, "registry.kind",
              std::format("{} holds {}", directory.string(),
                          generic ? "a generic log, which takes any bytes"
                                  : "a registry, which takes typed entries alone"));
}

Status append_first(store::SegmentLog& log, Bytes entry) {
  std::promise<Status> done;
  auto outcome = done.get_future();
  log.append(std::move(entry), [&](const Result<tlog::Receipt>& receipt) {
    done.set_value(receipt ? Status{} : Status(std::unexpected(receipt.error())));
  });
  return outcome.get();
}

struct Opening {
  std::unique_ptr<tlog::NoteSigner> signer;
  std::unique_ptr<store::SegmentLog> log;
};

// The log in `directory` under this key, whose name and key are those that the directory has.
Result<Opening> open_log(FileSystem& files, const Path& directory, std::string_view origin,
                         crypto::Ed25519PrivateKey key, bool create,
                         runtime::Runtime& runtime = runtime::system_runtime()) {
  ATOMA_TRY(auto named, tlog::NoteSigner::create(std::string(origin), std::move(key)));
  Opening out{.signer = std::make_unique<tlog::NoteSigner>(std::move(named)), .log = nullptr};
  ATOMA_TRY_VOID(check_verifier_key(files, directory, out.signer->verifier_key()));
  ATOMA_TRY(out.log, store::SegmentLog::open({.directory = directory / kLogDirectory,
                                              .signer = out.signer.get(),
                                              .files = &files,
                                              .runtime = &runtime,
                                              .create = create}));
  return out;
}

}  // namespace

Registry::Registry(std::unique_ptr<store::Lock> lock, std::unique_ptr<tlog::NoteSigner> signer,
                   std::unique_ptr<store::SegmentLog> log)
    : lock_(std::move(lock)), signer_(std::move(signer)), log_(std::move(log)) {}

Registry::~Registry() = default;

Result<std::unique_ptr<Registry>> Registry::open(const Path& directory, std::string_view origin,
                                                 Entropy& entropy, const FirstEntry& first,
                                                 FileSystem& files) {
  ATOMA_TRY_VOID(files.make_directory(directory));
  ATOMA_TRY(auto lock, files.lock(directory / store::kLockFile));
  ATOMA_TRY_VOID(check_kind(files, directory, !first));
  ATOMA_TRY(const bool made, files.exists(directory / kKeyFile));
  ATOMA_TRY(auto key,
            made ? load_key(files, directory / kKeyFile) : pending_key(files, directory, entropy));
  ATOMA_TRY(auto opening, open_log(files, directory, origin, std::move(key), !made));
  if (!made) {
    if (first && opening.log->latest_checkpoint().checkpoint.size == 0) {
      ATOMA_TRY(Bytes entry, first(opening.signer->verifier_key()));
      ATOMA_TRY_VOID(append_first(*opening.log, std::move(entry)));
    }
    ATOMA_TRY_VOID(files.rename(directory / kPendingKeyFile, directory / kKeyFile));
    ATOMA_TRY_VOID(files.sync_directory(directory));
  }
  return std::unique_ptr<Registry>(
      new Registry(std::move(lock), std::move(opening.signer), std::move(opening.log)));
}

Result<std::unique_ptr<Registry>> Registry::open_replica(const Path& directory,
                                                         std::string_view origin, FileSystem& files,
                                                         runtime::Runtime& runtime) {
  ATOMA_TRY_VOID(files.make_directory(directory));
  ATOMA_TRY(auto lock, files.lock(directory / store::kLockFile));
  ATOMA_TRY(const bool brought, files.exists(directory / kKeyFile));
  if (!brought) {
    return fail(Code::kFailedPrecondition, "registry.key_missing",
                std::format("{} has no {}: replicas sign with one key, bring it from the first one",
                            directory.string(), kKeyFile));
  }
  ATOMA_TRY(auto key, load_key(files, directory / kKeyFile));
  ATOMA_TRY(auto opening, open_log(files, directory, origin, std::move(key), true, runtime));
  return std::unique_ptr<Registry>(
      new Registry(std::move(lock), std::move(opening.signer), std::move(opening.log)));
}

void Registry::append_at(tlog::Place place, Bytes entry, Done done) {
  log_->append_at(place.index, std::move(entry), std::move(done));
}
// It has one writer.
std::uint64_t Registry::term() const { return 0; }
void Registry::append(Bytes entry, Done done) { log_->append(std::move(entry), std::move(done)); }
void Registry::append_each(std::vector<Bytes> entries, std::vector<Done> done) {
  log_->append_each(std::move(entries), std::move(done));
}
tlog::SignedCheckpoint Registry::latest_checkpoint() const { return log_->latest_checkpoint(); }
Result<Bytes> Registry::entry(std::uint64_t index) const { return log_->entry(index); }
Result<merkle::Proof> Registry::prove_inclusion(std::uint64_t index, std::uint64_t size) const {
  return log_->prove_inclusion(index, size);
}
Result<merkle::Proof> Registry::prove_consistency(std::uint64_t old_size,
                                                  std::uint64_t new_size) const {
  return log_->prove_consistency(old_size, new_size);
}
void Registry::append_all(std::vector<Bytes> entries, store::SegmentLog::Written done) {
  log_->append_all(std::move(entries), std::move(done));
}
Result<Bytes> Registry::tile(const merkle::Tile& tile) const { return log_->tile(tile); }
const tlog::VerifierKey& Registry::verifier_key() const { return signer_->verifier_key(); }
const store::SegmentLog::Opened& Registry::opened() const { return log_->opened(); }
void Registry::close() { log_->close(); }

}  // namespace atoma::registry
