#include "used_sets.h"

#include <algorithm>

#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {

template <typename Write>
void UsedSets::keep(const crypto::Digest256& digest, Whose whose, Write write) {
  std::string sha256 = wire::hex_encode(digest);
  if (find(sha256)) return;
  wire::JsonWriter out;
  out.begin_object().member("sha256", sha256);
  write(out);
  std::string answer = out.end_object().take();
  if (answer.size() > bytes_max_) return;
  const std::lock_guard lock(mutex_);
  Shelf& shelf = shelves_[static_cast<std::size_t>(whose)];
  shelf.bytes += answer.size();
  shelf.entries.push_back({std::move(sha256), std::move(answer)});
  while (shelf.bytes > bytes_max_) {
    shelf.bytes -= shelf.entries.front().answer.size();
    shelf.entries.pop_front();
  }
}

void UsedSets::remember(const evidence::intel::Collateral& set, const crypto::Digest256& digest,
                        Whose whose) {
  keep(digest, whose, [&](wire::JsonWriter& out) {
    const auto files = set.files();
    out.key("collateral").begin_object();
    for (const auto& part : evidence::intel::kCollateralParts) {
      const Bytes& bytes = files.*part.bytes;
      if (!bytes.empty()) out.member(part.name, wire::base64_encode(bytes));
    }
    out.end_object();
  });
}

void UsedSets::remember(const evidence::amd::Endorsements& set, Whose whose) {
  keep(set.digest(), whose, [&](wire::JsonWriter& out) {
    out.key("endorsements").begin_array();
    for (const Bytes& file : set.files()) out.value(wire::base64_encode(file));
    out.end_array();
  });
}

void UsedSets::remember(
    const std::vector<std::shared_ptr<const evidence::intel::Collateral>>& collateral,
    const std::vector<std::shared_ptr<const evidence::amd::Endorsements>>& endorsements) {
  for (const auto& set : collateral) {
    if (set != nullptr) remember(*set, set->digest(), Whose::kServer);
  }
  for (const auto& set : endorsements) {
    if (set != nullptr) remember(*set, Whose::kServer);
  }
}

std::optional<std::string> UsedSets::find(std::string_view sha256_hex) const {
  const std::lock_guard lock(mutex_);
  for (const Shelf& shelf : shelves_) {
    const auto found = std::ranges::find(shelf.entries, sha256_hex, &Entry::sha256);
    if (found != shelf.entries.end()) return found->answer;
  }
  return std::nullopt;
}

void UsedSets::mount(http::Router& router) const {
  router.add(http::Method::kGet, "/v1/collateral/{sha256}",
             [this](http::Request request, http::Respond respond) {
               const auto found = find(request.param("sha256"));
               if (found) return respond(http::json(200, *found));
               respond(http::problem(
                   Error{Code::kNotFound, "collateral.unknown",
                         "no set with this digest was used lately; sets are kept for a while"},
                   request.correlation_id));
             });
}

}  // namespace atoma::verifier
