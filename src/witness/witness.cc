#include "atoma/witness/witness.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/store/kv.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::witness {
namespace {

using store::Path;
using tlog::KnownTree;

constexpr std::size_t kSeedSize = 32;
constexpr std::string_view kEd25519File = "ed25519.key";
constexpr std::string_view kMlDsaFile = "ml_dsa_44.key";
constexpr std::string_view kTable = "witness";
// Its value is the witness's name: written before the keys, so that keys without it have lost it.
constexpr std::string_view kNameKey = "name";
constexpr std::string_view kTreePrefix = "tree/";

// A digest, because LMDB's keys are shorter than origins may be.
std::string tree_key(std::string_view origin) {
  return std::string(kTreePrefix) + wire::hex_encode(crypto::sha256(as_bytes(origin)));
}

Bytes encode_tree(const KnownTree& tree) {
  Bytes out;
  wire::append_be(out, tree.size, 8);
  append(out, tree.root);
  return out;
}

Result<KnownTree> decode_tree(const std::optional<Bytes>& bytes) {
  KnownTree out;
  if (!bytes) return out;
  if (bytes->size() != 8 + out.root.size()) {
    return fail(Code::kDataLoss, "witness.state", "the record of a log has another length");
  }
  out.size = wire::load_be(ByteView(*bytes).first(8));
  std::ranges::copy(ByteView(*bytes).subspan(8), out.root.begin());
  return out;
}

Result<Secret<kSeedSize>> load_seed(const Path& path, bool make, Entropy& entropy) {
  auto& files = store::posix_file_system();
  ATOMA_TRY(const bool there, files.exists(path));
  if (!there) {
    if (!make) {
      return fail(Code::kDataLoss, "witness.key_missing",
                  path.string() +
                      " is gone, and this witness has cosigned: bring it back, or "
                      "begin another witness in another directory");
    }
    Secret<kSeedSize> seed;
    entropy.fill(seed.expose_mutable("a new witness key"));
    ATOMA_TRY_VOID(store::replace_file(files, path, seed.expose("witness key, to its file")));
  }
  ATOMA_TRY(Bytes bytes, store::read_file(files, path, kSeedSize + 1));
  const SecretBytes secret(std::move(bytes));
  const ByteView seed = secret.expose("witness key, to cosign");
  if (seed.size() == kSeedSize) return Secret<kSeedSize>::copy_of(seed.first<kSeedSize>());
  return fail(Code::kDataLoss, "witness.key",
              std::format("{}: {} bytes, a key has {}", path.string(), seed.size(), kSeedSize));
}

// True when the state has known a log.
Result<bool> claim_state(store::Kv& kv, const Path& directory, std::string_view name) {
  ATOMA_TRY(const auto mine, kv.get(kTable, kNameKey));
  if (!mine) {
    for (const std::string_view file : {kEd25519File, kMlDsaFile}) {
      ATOMA_TRY(const bool keyed, store::posix_file_system().exists(directory / file));
      if (!keyed) continue;
      return fail(Code::kDataLoss, "witness.state_missing",
                  std::format("{} has {} and no state: a witness that has forgotten what it "
                              "cosigned must not go on",
                              directory.string(), file));
    }
    ATOMA_TRY_VOID(kv.put(kTable, kNameKey, as_bytes(name)));
  } else if (as_text(*mine) != name) {
    return fail(Code::kFailedPrecondition, "witness.name",
                std::format("{} is the directory of \"{}\"", directory.string(), as_text(*mine)));
  }
  ATOMA_TRY(const auto trees, kv.list(kTable, kTreePrefix, 1));
  return !trees.empty();
}

Status check_logs(const Config& config) {
  if (config.logs.size() <= kLogsMax) return {};
  return malformed("witness.logs_max", std::format("more than {} logs", kLogsMax));
}

class KvMemory final : public Memory {
 public:
  explicit KvMemory(store::Kv kv) : kv_(std::move(kv)) {}

  Result<KnownTree> known(std::string_view origin) const override {
    ATOMA_TRY(const auto bytes, kv_.get(kTable, tree_key(origin)));
    return decode_tree(bytes);
  }
  // One transaction: writers queue.
  Status update(std::string_view origin, const Decide& decide) override {
    const std::string key = tree_key(origin);
    return kv_.update([&](store::Kv::Transaction& state) -> Status {
      ATOMA_TRY(const auto bytes, state.get(kTable, key));
      ATOMA_TRY(const KnownTree known, decode_tree(bytes));
      ATOMA_TRY(const KnownTree next, decide(known));
      return next == known ? Status() : state.put(kTable, key, encode_tree(next));
    });
  }

 private:
  mutable store::Kv kv_;
};

}  // namespace

struct Witness::Impl {
  Config config;
  const Clock& clock;
  std::unique_ptr<Memory> memory;
  std::vector<tlog::Cosigner> cosigners;
  std::vector<tlog::CosignerKey> keys;
};

Witness::Witness(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Witness::~Witness() = default;

Result<std::unique_ptr<Witness>> Witness::create(Config config,
                                                 std::vector<tlog::Cosigner> cosigners,
                                                 std::unique_ptr<Memory> memory,
                                                 const Clock& clock) {
  ATOMA_TRY_VOID(check_logs(config));
  auto impl = std::make_unique<Impl>(std::move(config), clock, std::move(memory));
  for (const tlog::Cosigner& cosigner : cosigners) impl->keys.push_back(cosigner.key());
  impl->cosigners = std::move(cosigners);
  return std::unique_ptr<Witness>(new Witness(std::move(impl)));
}

Result<std::unique_ptr<Witness>> Witness::open(const Path& directory, Config config,
                                               const Clock& clock, Entropy& entropy) {
  ATOMA_TRY_VOID(check_logs(config));
  ATOMA_TRY_VOID(store::posix_file_system().make_directory(directory));
  ATOMA_TRY(store::Kv kv, store::Kv::open(directory / "state", {.tables = {std::string(kTable)}}));
  ATOMA_TRY(const bool used, claim_state(kv, directory, config.name));
  ATOMA_TRY(const auto ed25519, load_seed(directory / kEd25519File, !used, entropy));
  ATOMA_TRY(const auto ml_dsa, load_seed(directory / kMlDsaFile, !used, entropy));
  std::vector<tlog::Cosigner> cosigners;
  ATOMA_TRY(tlog::Cosigner first,
            tlog::Cosigner::create(config.name, crypto::Ed25519PrivateKey::from_seed(ed25519)));
  ATOMA_TRY(tlog::Cosigner second,
            tlog::Cosigner::create(config.name, crypto::MlDsa44PrivateKey::from_seed(ml_dsa)));
  cosigners.push_back(std::move(first));
  cosigners.push_back(std::move(second));
  return create(std::move(config), std::move(cosigners), std::make_unique<KvMemory>(std::move(kv)),
                clock);
}

const std::vector<tlog::CosignerKey>& Witness::keys() const { return impl_->keys; }

Result<KnownTree> Witness::known(std::string_view origin) const {
  return impl_->memory->known(origin);
}

Result<std::string> Witness::add_checkpoint(std::string_view body) {
  ATOMA_TRY(const tlog::AddCheckpoint request, tlog::parse_add_checkpoint(body));
  ATOMA_TRY(const tlog::Checkpoint next,
            tlog::authenticate_checkpoint(impl_->config.logs, request.checkpoint));
  Time now;
  // The time is taken inside, because a cosignature says that there was no larger tree then.
  const auto grow = [&](const KnownTree& known) -> Result<KnownTree> {
    ATOMA_TRY_VOID(tlog::check_growth(known, request, next));
    ATOMA_CHECK(next.size >= known.size);
    now = impl_->clock.now();
    return KnownTree{next.size, next.root};
  };
  ATOMA_TRY_VOID(impl_->memory->update(next.origin, grow));
  ATOMA_TRY(const tlog::Note note, tlog::parse_note(request.checkpoint));
  std::string lines;
  for (const tlog::Cosigner& cosigner : impl_->cosigners) {
    // An origin too long for ML-DSA-44 gets the other one alone.
    const auto line = cosigner.sign(note.text, static_cast<std::uint64_t>(now.unix_s));
    if (line) lines += *line;
  }
  return lines;
}

http::Response Witness::answer(const http::Request& request) {
  const auto text = [](int status, std::string_view type, std::string_view body) {
    return http::Response{
        .status = status, .content_type = std::string(type), .body = to_bytes(body), .headers = {}};
  };
  const auto lines = add_checkpoint(as_text(request.body));
  if (lines) return text(200, "text/plain; charset=utf-8", *lines);
  const Error& refusal = lines.error();
  if (refusal.reason.starts_with("store.") || refusal.reason == "witness.state") {
    return http::problem(refusal, request.correlation_id);
  }
  const int status = tlog::witness_status(refusal);
  if (status != 409) return http::problem(status, refusal, request.correlation_id);
  const auto sent = tlog::parse_add_checkpoint(as_text(request.body));
  const auto next = tlog::authenticate_checkpoint(impl_->config.logs, sent->checkpoint);
  const auto tree = known(next->origin);
  if (!tree) return http::problem(tree.error(), request.correlation_id);
  return text(409, tlog::kSizeContentType, tlog::encode_size_answer(tree->size));
}

void Witness::mount(http::Router& router) {
  router.add(
      http::Method::kPost, tlog::kAddCheckpointPath,
      [this](const http::Request& request, http::Respond respond) { respond(answer(request)); },
      {.content_types = {std::string(http::kAnyContentType)}, .body_max = tlog::kAddCheckpointMax});
}

}  // namespace atoma::witness
