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
  out.origin_ = out.remote_->key().name();
  out.head_ = {out.remote_->size(), out.remote_->root()};
  return out;
}

RemoteResult<AnchorLog> AnchorLog::open_directory(const std::string& data) {
  AnchorLog out;
  const store::Path directory = store::Path(data) / "registry";
  const auto key_file = directory / registry::kVerifierKeyFile;
  ATOMA_TRY(const auto bytes, conformance::read_file(key_file.string(), kKeyFileMax));
  const auto text = as_text(bytes);
  ATOMA_TRY(const auto key, tlog::VerifierKey::parse(text.substr(0, text.find('\n'))));
  out.origin_ = key.name();
  out.clock_ = std::make_unique<SystemClock>();
  out.entropy_ = std::make_unique<crypto::SystemEntropy>();
  ATOMA_TRY(out.data_, server::DataDirectory::open(data, *out.entropy_));
  // It has its first entry: there is a key.
  const auto none = [](const tlog::VerifierKey&) { return Bytes(); };
  ATOMA_TRY(out.registry_, registry::Registry::open(directory, out.origin_, *out.entropy_, none));
  const auto checkpoint = out.registry_->latest_checkpoint().checkpoint;
  out.head_ = {checkpoint.size, checkpoint.root};
  return out;
}

RemoteResult<AnchorGrowth> AnchorLog::grown_from(std::uint64_t size) const {
  if (size == head_.size) return AnchorGrowth{head_.root, {}};
  AnchorGrowth out;
  if (remote_) {
    ATOMA_TRY(auto grown, remote_->grown(size, head_.size));
    return AnchorGrowth{grown.from.root, std::move(grown.proof)};
  }
  // The path of a tree's last entry leads to its root.
  ATOMA_TRY(const auto last, registry_->entry(size - 1));
  ATOMA_TRY(const auto path, registry_->prove_inclusion(size - 1, size));
  ATOMA_TRY(out.old_root, merkle::inclusion_root(size - 1, size, merkle::leaf_hash(last), path));
  ATOMA_TRY(out.proof, registry_->prove_consistency(size, head_.size));
  ATOMA_TRY_VOID(merkle::verify_consistency(size, head_.size, out.proof, out.old_root, head_.root));
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
