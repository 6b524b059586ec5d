#include "evidence_fetch.h"

#include <format>

#include "atoma/wire/text.h"
#include "conformance/files.h"
#include "remote.h"

namespace atoma::app {
namespace {

constexpr std::size_t kTokenMax = 4096;
// Of what is wrong, all is counted and the first are told of.
constexpr std::size_t kToldMax = 8;

}  // namespace

void add_evidence_options(CLI::App& command, EvidenceSource& source) {
  command.add_option("--evidence-from", source.server,
                     "URL that has the evidence (default: the log's)");
  command.add_option("--evidence-token", source.token_file,
                     "File with the token that opens it: keys/evidence.token of its server");
}

Result<EvidenceFetcher> EvidenceFetcher::create(const EvidenceSource& source) {
  EvidenceFetcher out;
  out.server_ = source.server;
  if (source.token_file.empty()) return out;
  ATOMA_TRY(const auto bytes, conformance::read_file(source.token_file, kTokenMax));
  out.token_ = as_text(bytes);
  while (!out.token_.empty() && out.token_.back() <= ' ') out.token_.pop_back();
  return out;
}

RemoteResult<Bytes> EvidenceFetcher::fetch(const ledger::EvidenceRef& ref) const {
  const std::string sha256 = wire::hex_encode(ref.sha256);
  ATOMA_TRY(auto bytes,
            call_remote(server_, {.path = "/v1/evidence/" + sha256, .bearer_token = token_}));
  if (bytes.size() != ref.size || crypto::sha256(bytes) != ref.sha256) {
    return std::unexpected(Error{
        Code::kDataLoss, "evidence.changed",
        std::format("{} bytes came, with the digest {}: the log says {} bytes, {}", bytes.size(),
                    wire::hex_encode(crypto::sha256(bytes)), ref.size, sha256)});
  }
  return bytes;
}

Status EvidenceList::add(std::uint64_t index, const ledger::Statement& statement) {
  ATOMA_TRY(auto refs, ledger::read_evidence_refs(statement));
  for (auto& ref : refs) {
    // A size of its own is another claim.
    const std::pair key(ref.sha256, ref.size);
    named_.emplace(key, Named{std::move(ref), index});
  }
  return {};
}

ledger::AuditStep EvidenceList::check(const EvidenceFetcher& fetcher) const {
  ledger::AuditStep out{.id = "evidence", .ok = true, .text = ""};
  std::uint64_t bytes = 0;
  std::size_t wrong = 0;
  for (const auto& [key, named] : named_) {
    const auto found = fetcher.fetch(named.ref);
    if (found) {
      bytes += found->size();
      continue;
    }
    out.ok = false;
    if (++wrong > kToldMax) continue;
    out.text += std::format("{}entry {}: {} {}: {}", wrong == 1 ? "" : "; ", named.index,
                            named.ref.media_type, wire::hex_encode(named.ref.sha256),
                            found.error().message);
  }
  if (!out.ok) out.text = std::format("{} of {} are not there: ", wrong, named_.size()) + out.text;
  if (out.ok) {
    out.text = std::format("all {} that entries name are there, {} bytes", named_.size(), bytes);
  }
  return out;
}

}  // namespace atoma::app
