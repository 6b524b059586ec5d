#include "remote_log.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "log_key.h"
#include "remote.h"

namespace atoma::app {
namespace {

std::unexpected<Error> not_ours(std::string_view what) {
  return fail(Code::kInternal, "remote.failed", "the answer is not " + std::string(what));
}

// What a server can't have sent by mistake.
template <std::size_t N>
std::unexpected<Error> broken(const char (&reason)[N], const Error& why) {
  return fail(Code::kPermissionDenied, reason,
              "what the server sent does not hold: " + why.to_string());
}

Result<merkle::Hash> read_hash(const wire::JsonValue* value) {
  merkle::Hash hash{};
  const auto bytes = wire::base64_decode(value == nullptr ? "" : value->text());
  if (!bytes || bytes->size() != hash.size()) return not_ours("a hash of 32 bytes");
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

Result<merkle::Proof> read_proof(const wire::JsonDocument& answer) {
  const auto* list = answer.root().find("proof");
  // A consistency proof is at most one hash longer than a path.
  if (list == nullptr || !list->is_array() || list->items().size() > limits::kMerkleProofMax + 1) {
    return not_ours("a proof");
  }
  merkle::Proof proof;
  for (const auto& item : list->items()) {
    ATOMA_TRY(proof.emplace_back(), read_hash(&item));
  }
  return proof;
}

RemoteResult<wire::JsonDocument> fetch(const std::string& server, const std::string& path) {
  ATOMA_TRY(const auto body, call_remote(server, {.path = path}));
  auto document = wire::JsonDocument::parse(as_text(body));
  if (!document) return not_ours("JSON: " + document.error().to_string());
  return *std::move(document);
}

}  // namespace

RemoteResult<UncheckedPath> fetch_path(const std::string& server, std::uint64_t index,
                                       std::uint64_t size) {
  ATOMA_TRY(const auto answer,
            fetch(server, std::format("/v1/log/inclusion?index={}&size={}", index, size)));
  UncheckedPath out;
  ATOMA_TRY(out.leaf_hash, read_hash(answer.root().find("leaf_hash")));
  ATOMA_TRY(out.proof, read_proof(answer));
  return out;
}

RemoteResult<Bytes> fetch_entry(const std::string& server, std::uint64_t index) {
  ATOMA_TRY(const auto answer, fetch(server, std::format("/v1/log/entries/{}", index)));
  const auto* text = answer.root().find("entry");
  auto bytes = wire::base64_decode(text == nullptr ? "?" : text->text());
  if (!bytes) return not_ours("an entry");
  return *std::move(bytes);
}

RemoteResult<merkle::Proof> fetch_growth(const std::string& server, std::uint64_t from,
                                         std::uint64_t to) {
  ATOMA_TRY(const auto answer,
            fetch(server, std::format("/v1/log/consistency?old={}&new={}", from, to)));
  return read_proof(answer);
}

RemoteLog::RemoteLog(std::string server, tlog::VerifierKey key, tlog::SignedCheckpoint checkpoint)
    : server_(std::move(server)), key_(std::move(key)), signed_(std::move(checkpoint)) {}

RemoteResult<RemoteLog> RemoteLog::open(std::string server, const std::string& given_key) {
  ATOMA_TRY(auto key, find_log_key(server, given_key));
  ATOMA_TRY(const auto note, call_remote(server, {.path = "/v1/log/checkpoint"}));
  auto checkpoint = tlog::verify_checkpoint(as_text(note), key);
  if (!checkpoint) return broken("proof.checkpoint", checkpoint.error());
  return RemoteLog(std::move(server), std::move(key), *std::move(checkpoint));
}

Status RemoteLog::check_size(std::uint64_t size) const {
  if (size != 0 && size <= this->size()) return {};
  return malformed("log.size", std::format("{}: expected 1 to {}, the size of the log's newest "
                                           "checkpoint",
                                           size, this->size()));
}

RemoteResult<UncheckedPath> RemoteLog::path(std::uint64_t index, std::uint64_t size) const {
  if (index >= size) {
    return malformed("log.index", std::format("{}: expected less than {}", index, size));
  }
  return fetch_path(server_, index, size);
}

RemoteResult<LogEntry> RemoteLog::entry(std::uint64_t index) const {
  ATOMA_TRY(const auto path, this->path(index, size()));
  ATOMA_TRY(auto bytes, fetch_entry(server_, index));
  const auto leaf = merkle::leaf_hash(bytes);
  const auto held =
      merkle::verify_inclusion(index, size(), leaf, path.proof, signed_.checkpoint.root);
  if (!held) return broken("proof.inclusion", held.error());
  return LogEntry{std::move(bytes), leaf};
}

// A size without a signature of its own: the path of its last entry tells the root, and a proof
// from that root to the signed one shows that the server did not make it up.
RemoteResult<LogTree> RemoteLog::tree(std::uint64_t size) const {
  ATOMA_TRY_VOID(check_size(size));
  const LogTree newest{this->size(), signed_.checkpoint.root, {}};
  if (size == newest.size) return newest;
  ATOMA_TRY(const auto path, this->path(size - 1, size));
  const auto root = merkle::inclusion_root(size - 1, size, path.leaf_hash, path.proof);
  if (!root) return broken("proof.inclusion", root.error());
  LogTree out{size, *root, {}};
  ATOMA_TRY(out.to_checkpoint, prove_growth(out, newest));
  return out;
}

RemoteResult<merkle::Proof> RemoteLog::prove_growth(const LogTree& from, const LogTree& to) const {
  ATOMA_TRY(auto proof, fetch_growth(server_, from.size, to.size));
  const auto held = merkle::verify_consistency(from.size, to.size, proof, from.root, to.root);
  if (!held) return broken("proof.consistency", held.error());
  return proof;
}

RemoteResult<LogInclusion> RemoteLog::inclusion(std::uint64_t index, std::uint64_t size) const {
  LogInclusion out{.index = index};
  ATOMA_TRY(out.tree, tree(size));
  ATOMA_TRY(auto path, this->path(index, size));
  const auto held =
      merkle::verify_inclusion(index, size, path.leaf_hash, path.proof, out.tree.root);
  if (!held) return broken("proof.inclusion", held.error());
  out.leaf_hash = path.leaf_hash;
  out.proof = std::move(path.proof);
  return out;
}

RemoteResult<LogGrowth> RemoteLog::grown(std::uint64_t from, std::uint64_t to) const {
  if (from > to) return malformed("log.size", std::format("{} is above {}", from, to));
  LogGrowth out;
  ATOMA_TRY(out.to, tree(to));
  ATOMA_TRY(out.from, tree(from));
  ATOMA_TRY(out.proof, prove_growth(out.from, out.to));
  return out;
}

RemoteResult<LogGrowth> RemoteLog::grown_from(std::string_view kept_note, std::uint64_t to) const {
  const auto kept = tlog::verify_checkpoint(kept_note, key_);
  if (!kept) return std::unexpected(kept.error());
  const auto& [origin, from, root] = kept->checkpoint;
  if (from > size()) {
    return broken("proof.consistency",
                  Error{Code::kDataLoss, "log.shrunk",
                        std::format("{} entries now, {} in the checkpoint kept", size(), from)});
  }
  if (from > to) return malformed("log.size", std::format("{} is above {}", from, to));
  LogGrowth out{.from = {from, root, {}}};
  ATOMA_TRY(out.to, tree(to));
  ATOMA_TRY(out.proof, prove_growth(out.from, out.to));
  return out;
}

}  // namespace atoma::app
