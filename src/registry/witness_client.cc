#include "witness_client.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/tlog/add_checkpoint.h"

namespace atoma::registry {
namespace {

constexpr std::size_t kHeadMax = 16 * 1024;
// The first size may be a guess and the second may be overtaken by another replica of this log.
constexpr int kAttempts = 3;

auto bad_answer(std::string message) {
  return fail(Code::kUnavailable, "publisher.witness_answer", std::move(message));
}

auto forked(std::uint64_t size) {
  return fail(Code::kDataLoss, "publisher.witness_fork",
              std::format("a witness knows another tree at size {}", size));
}

}  // namespace

WitnessPost http_witness_post(std::chrono::milliseconds timeout) {
  const http::Client client({.connect_timeout = timeout,
                             .head_max = kHeadMax,
                             .fields_max = 64,
                             .body_max = limits::kNoteMax,
                             .authorities = {}});
  return [client, timeout](const http::Url& url, std::string_view body) {
    return client.request(url, http::Method::kPost, {}, as_bytes(body), timeout);
  };
}

std::string line_by(const tlog::Note& note, std::string_view name, std::uint32_t key_id) {
  const auto line = std::ranges::find_if(note.signatures, [&](const tlog::NoteSignature& s) {
    return s.name == name && s.key_id == key_id;
  });
  return line == note.signatures.end() ? "" : tlog::encode_signature_line(*line);
}

WitnessClient::WitnessClient(http::Url url, std::vector<tlog::CosignerKey> keys, WitnessPost post,
                             CommittedSize committed)
    : url_(std::move(url)),
      keys_(std::move(keys)),
      post_(std::move(post)),
      committed_(std::move(committed)) {}

Result<WitnessClient> WitnessClient::create(std::string_view prefix,
                                            std::vector<tlog::CosignerKey> keys, WitnessPost post,
                                            CommittedSize committed) {
  ATOMA_TRY(http::Url url, http::parse_url(prefix));
  while (url.target.ends_with('/')) url.target.pop_back();
  url.target += tlog::kAddCheckpointPath;
  return WitnessClient(std::move(url), std::move(keys), std::move(post), std::move(committed));
}

Result<std::vector<std::string>> WitnessClient::cosign(const tlog::SignedCheckpoint& checkpoint,
                                                       const tlog::Ledger& ledger) {
  const std::uint64_t size = checkpoint.checkpoint.size;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (known_ > size) {
      return fail(Code::kUnavailable, "publisher.witness_newer",
                  std::format("it has cosigned {} entries, asked was {}", known_, size));
    }
    tlog::AddCheckpoint request{.old_size = known_, .proof = {}, .checkpoint = checkpoint.note};
    if (known_ != 0 && known_ != size) {
      ATOMA_TRY(request.proof, ledger.prove_consistency(known_, size));
    }
    ATOMA_TRY(const auto answer, post_(url_, tlog::encode_add_checkpoint(request)));
    if (answer.status == 200) {
      ATOMA_TRY(auto lines, read_lines(checkpoint, as_text(answer.body)));
      known_ = size;
      return lines;
    }
    // It named the size itself, and the proof from there is ours. Some answer 422 where another
    // root is known for the same size.
    if (answer.status == 422 && known_ != 0) return forked(known_);
    if (answer.status != 409) return bad_answer(std::format("status {}", answer.status));
    ATOMA_TRY_VOID(learn(answer, size, ledger));
  }
  return bad_answer("409 again and again");
}

Status WitnessClient::learn(const http::ClientResponse& conflict, std::uint64_t size,
                            const tlog::Ledger& ledger) {
  const auto told = tlog::parse_size_answer(as_text(conflict.body));
  if (conflict.header("Content-Type") != tlog::kSizeContentType || !told) {
    return bad_answer("409 without a size");
  }
  std::uint64_t committed = ledger.latest_checkpoint().checkpoint.size;
  // Another replica of this log may just have committed it, and had it cosigned.
  if (*told > committed && committed_) {
    ATOMA_TRY(committed, committed_());
  }
  if (*told > committed) {
    return fail(Code::kDataLoss, "publisher.witness_ahead",
                std::format("a witness has cosigned {} entries of this log, which has only {}: it "
                            "was put back to an earlier state",
                            *told, committed));
  }
  if (*told == known_ && *told == size) return forked(size);
  if (*told == known_) return bad_answer("409 with the size that was sent");
  known_ = *told;
  return {};
}

Result<std::vector<std::string>> WitnessClient::read_lines(const tlog::SignedCheckpoint& checkpoint,
                                                           std::string_view body) const {
  ATOMA_TRY(tlog::Note note, tlog::parse_note(checkpoint.note));
  ATOMA_TRY(note.signatures, tlog::parse_signature_lines(body));
  std::vector<std::string> out;
  for (const tlog::CosignerKey& key : keys_) {
    ATOMA_TRY_VOID(tlog::verify_cosignature(note, key));
    out.push_back(line_by(note, key.name(), key.key_id()));
  }
  return out;
}

}  // namespace atoma::registry
