#include "atoma/tlog/tlog_proof.h"

#include <format>

#include "atoma/wire/text.h"
#include "note_parts.h"

namespace atoma::tlog {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

auto bad_format(const char* why) { return malformed("tlog_proof.format", why); }

}  // namespace

std::string encode_tlog_proof(const TlogProof& proof) {
  std::string out = std::format("{}\n", kHeader);
  if (proof.extra) out += std::format("{}{}\n", kExtra, wire::base64_encode(*proof.extra));
  out += std::format("{}{}\n", kIndex, proof.index);
  for (const Hash& hash : proof.inclusion) out += wire::base64_encode(hash) + "\n";
  return out + "\n" + proof.checkpoint;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  if (text.size() > kTlogProofMax) {
    return malformed("tlog_proof.size",
                     std::format("{} bytes, at most {}", text.size(), kTlogProofMax));
  }
  if (take_line(text) != kHeader) return bad_format("the first line is not that of a tlog-proof");
  TlogProof out;
  auto line = take_line(text);
  if (line && line->starts_with(kExtra)) {
    auto extra = wire::base64_decode(line->substr(kExtra.size()));
    if (!extra) return malformed("tlog_proof.extra", "the extra data is not base64");
    out.extra = *std::move(extra);
    line = take_line(text);
  }
  if (!line || !line->starts_with(kIndex)) return bad_format("a line with the index is missing");
  const auto index = decimal_of(line->substr(kIndex.size()));
  if (!index) return malformed("tlog_proof.index", "the index is not a plain decimal number");
  out.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    if (out.inclusion.size() == limits::kMerkleProofMax) {
      return malformed("tlog_proof.hashes_max",
                       std::format("more than {} hashes", limits::kMerkleProofMax));
    }
    const auto hash = hash_of(*line);
    if (!hash) return malformed("tlog_proof.hash", "a hash is not the base64 of 32 bytes");
    out.inclusion.push_back(*hash);
  }
  if (!line || text.empty()) return bad_format("no empty line followed by a checkpoint");
  out.checkpoint = text;
  return out;
}

Result<Witnessed> verify_tlog_proof(const TlogProof& proof, const Hash& leaf,
                                    const TlogPolicy& policy) {
  ATOMA_TRY(Witnessed seen, policy.verify(proof.checkpoint));
  const Checkpoint& tree = seen.checkpoint.checkpoint;
  ATOMA_TRY_VOID(
      merkle::verify_inclusion(proof.index, tree.size, leaf, proof.inclusion, tree.root));
  return seen;
}

}  // namespace atoma::tlog
