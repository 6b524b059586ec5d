#include "anchor_log.h"

#include <future>

#include "conformance/files.h"

namespace atoma::app {
namespace {

constexpr std::size_t kKeyFileMax = 4096;

}  // namespace

RemoteResult<AnchorLog> AnchorLog::open_remote(const std::string& server,
                                               const std::string& log_key) {
  AnchorLog out;
  ATOMA_TRY(out.remote_, RemoteLog::open(server, log_key));
  out.key_ = out.remote_->key();
  out.head_ = {out.remote_->size(), out.remote_->root()};
  out.size_ = out.head_.size;
  out.note_ = out.remote_->note();
  return out;
}

RemoteResult<AnchorLog> AnchorLog::open_directory(const std::string& data) {
  AnchorLog out;
  const store::Path directory = store::Path(data) / "registry";
  const auto key_file = directory / registry::kVerifierKeyFile;
  ATOMA_TRY(const auto bytes, conformance::read_file(key_file.string(), kKeyFileMax));
  const auto text = as_text(bytes);
  ATOMA_TRY(out.key_, tlog::VerifierKey::parse(text.substr(0, text.find('\n'))));
  out.clock_ = std::make_unique<SystemClock>();
  out.entropy_ = std::make_unique<crypto::SystemEntropy>();
  ATOMA_TRY(out.data_, server::DataDirectory::open(data, *out.entropy_));
  // It has its first entry: there is a key.
  const auto none = [](const tlog::VerifierKey&) { return Bytes(); };
  ATOMA_TRY(out.registry_, registry::Registry::open(directory, out.origin(), *out.entropy_, none));
  out.show(out.registry_->latest_checkpoint());
  out.size_ = out.head_.size;
  ATOMA_TRY(const auto published, registry::load_published(store::posix_file_system(),
                                                           out.data_->witnesses(), *out.key_));
  if (published) out.show(*published);
  return out;
}

void AnchorLog::show(const tlog::SignedCheckpoint& checkpoint) {
  head_ = {checkpoint.checkpoint.size, checkpoint.checkpoint.root};
  note_ = checkpoint.note;
}

// The path of a tree's last entry leads to its root.
Result<merkle::Hash> AnchorLog::root_at(std::uint64_t size) const {
  ATOMA_TRY(const auto last, registry_->entry(size - 1));
  ATOMA_TRY(const auto path, registry_->prove_inclusion(size - 1, size));
  return merkle::inclusion_root(size - 1, size, merkle::leaf_hash(last), path);
}

RemoteResult<AnchorGrowth> AnchorLog::grown(std::uint64_t from, std::uint64_t to) const {
  AnchorGrowth out;
  if (remote_) {
    ATOMA_TRY(auto grown, remote_->grown(from, to));
    return AnchorGrowth{grown.from.root, grown.to.root, std::move(grown.proof)};
  }
  ATOMA_TRY(out.old_root, root_at(from));
  ATOMA_TRY(out.new_root, root_at(to));
  ATOMA_TRY(out.proof, registry_->prove_consistency(from, to));
  ATOMA_TRY_VOID(merkle::verify_consistency(from, to, out.proof, out.old_root, out.new_root));
  return out;
}

Result<std::optional<std::uint64_t>> AnchorLog::put(ledger::Draft draft) {
  if (!registry_) return std::nullopt;
  ATOMA_TRY(const auto sequencer,
            registry::Sequencer::open(*registry_, {.key = server::issuer_key(data_->sequencer)},
                                      *clock_, *entropy_));
  std::promise<Result<ledger::Written>> promise;
  auto done = promise.get_future();
  sequencer->write(std::move(draft), server::issuer_key(data_->broker),
                   [&](Result<ledger::Written> written) { promise.set_value(std::move(written)); });
  ATOMA_TRY(const auto written, done.get());
  return written.receipt.index;
}

}  // namespace atoma::app
