#include "used_sets.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {

namespace {

using evidence::amd::Endorsements;
using evidence::intel::Collateral;
using evidence::intel::CollateralFiles;
using wire::JsonValue;

constexpr std::size_t kEntriesMax = 100'000;

std::string shelf_prefix(UsedSets::Whose whose) {
  return whose == UsedSets::Whose::kServer ? "server/" : "request/";
}

// The digest of what an answer of ours holds; nothing when it is none, or damaged.
std::optional<std::string> digest_of(const JsonValue& answer) {
  if (const auto* parts = answer.find("collateral")) {
    CollateralFiles files;
    for (const auto& part : evidence::intel::kCollateralParts) {
      const auto* text = parts->find(part.name);
      if (text == nullptr) continue;
      auto bytes = wire::base64_decode(text->text());
      if (!bytes) return std::nullopt;
      files.*part.bytes = *std::move(bytes);
    }
    const auto set = Collateral::parse(files);
    if (!set) return std::nullopt;
    return wire::hex_encode((*set)->digest());
  }
  const auto* list = answer.find("endorsements");
  if (list == nullptr) return std::nullopt;
  std::vector<Bytes> files;
  for (const auto& item : list->items()) {
    auto bytes = wire::base64_decode(item.text());
    if (!bytes) return std::nullopt;
    files.push_back(*std::move(bytes));
  }
  const auto set = Endorsements::parse(std::vector<ByteView>(files.begin(), files.end()));
  if (!set) return std::nullopt;
  return wire::hex_encode(set->digest());
}

// What a store gave back, where it is what it says.
std::optional<std::string> sha256_of(std::string_view answer) {
  const auto document = wire::JsonDocument::parse(answer);
  if (!document) return std::nullopt;
  const auto* said = document->root().find("sha256");
  const auto found = digest_of(document->root());
  return said != nullptr && found && *found == said->text() ? found : std::nullopt;
}

}  // namespace

UsedSets::UsedSets(store::Kv* kv, std::size_t bytes_max) : kv_(kv), bytes_max_(bytes_max) {
  if (kv_ == nullptr) return;
  load(Whose::kRequest);
  load(Whose::kServer);
}

// An entry that can't be read can't be served, and nothing else stands on it.
void UsedSets::load(Whose whose) {
  const auto keys = kv_->list(kUsedSetsTable, shelf_prefix(whose), kEntriesMax);
  if (!keys) return;
  Shelf& shelf = shelves_[static_cast<std::size_t>(whose)];
  std::vector<std::string> gone;
  for (const auto& key : *keys) {
    const std::string_view number = std::string_view(key).substr(shelf_prefix(whose).size());
    std::from_chars(number.data(), number.data() + number.size(), shelf.next);
    ++shelf.next;
    const auto value = kv_->get(kUsedSetsTable, key);
    const auto sha256 = value && *value ? sha256_of(as_text(**value)) : std::nullopt;
    if (!sha256) {
      gone.push_back(key);
      continue;
    }
    for (auto& old : add(shelf, {*sha256, std::string(as_text(**value)), key})) {
      gone.push_back(std::move(old));
    }
  }
  for (const auto& key : gone) static_cast<void>(kv_->erase(kUsedSetsTable, key));
}

// Gives the keys of those that had to go.
std::vector<std::string> UsedSets::add(Shelf& shelf, Entry entry) const {
  std::vector<std::string> gone;
  shelf.bytes += entry.answer.size();
  shelf.entries.push_back(std::move(entry));
  while (shelf.bytes > bytes_max_) {
    shelf.bytes -= shelf.entries.front().answer.size();
    gone.push_back(std::move(shelf.entries.front().key));
    shelf.entries.pop_front();
  }
  return gone;
}

template <typename Write>
void UsedSets::keep(const crypto::Digest256& digest, Whose whose, Write write) {
  const std::string sha256 = wire::hex_encode(digest);
  if (find(sha256)) return;
  wire::JsonWriter out;
  out.begin_object().member("sha256", sha256);
  write(out);
  const std::string answer = out.end_object().take();
  if (answer.size() > bytes_max_) return;
  std::string key;
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    Shelf& shelf = shelves_[static_cast<std::size_t>(whose)];
    // As many digits as sort like the numbers.
    key = std::format("{}{:020}", shelf_prefix(whose), shelf.next++);
    gone = add(shelf, {sha256, answer, key});
  }
  if (kv_ == nullptr) return;
  // The verdict stands whether or not this is kept.
  static_cast<void>(kv_->update([&](store::Kv::Transaction& transaction) -> Status {
    ATOMA_TRY_VOID(transaction.put(kUsedSetsTable, key, as_bytes(answer)));
    for (const auto& old : gone) {
      ATOMA_TRY([[maybe_unused]] const bool erased, transaction.erase(kUsedSetsTable, old));
    }
    return {};
  }));
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
