#include "atoma/collateral/store.h"

#include <algorithm>
#include <format>

#include "atoma/base/check.h"

namespace atoma::collateral {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".json";
constexpr char kSeparator = '+';  // in no item's name

}  // namespace

std::string file_name(const Item& item) {
  std::string out = item.name();
  std::ranges::replace(out, '/', kSeparator);
  return out += kSuffix;
}

std::optional<Item> item_of_file(std::string_view name) {
  if (!name.ends_with(kSuffix) || name.contains('/')) return std::nullopt;
  std::string text(name.substr(0, name.size() - kSuffix.size()));
  std::ranges::replace(text, kSeparator, '/');
  auto item = Item::parse(text);
  return item ? std::optional(*std::move(item)) : std::nullopt;
}

Result<std::unique_ptr<Store>> Store::open(atoma::store::FileSystem& files,
                                           const atoma::store::Path& directory, Access access) {
  std::unique_ptr<atoma::store::Lock> lock;
  if (access == Access::kWrite) {
    ATOMA_TRY_VOID(files.make_directory(directory));
    ATOMA_TRY(lock, files.lock(directory / "lock"));
  } else {
    ATOMA_TRY(const bool there, files.exists(directory));
    if (!there) return fail(Code::kNotFound, "store.missing", directory.string() + " is not there");
  }
  return std::unique_ptr<Store>(new Store(files, directory, std::move(lock)));
}

atoma::store::Path Store::path_of(const Item& item) const { return directory_ / file_name(item); }

Result<Record> Store::load(const Item& item) const {
  ATOMA_TRY(const Bytes bytes, atoma::store::read_file(files_, path_of(item), kRecordMax));
  ATOMA_TRY(auto record, parse_record(as_text(bytes)));
  if (record.item != item) {
    return malformed("collateral.record",
                     path_of(item).string() + " holds " + record.item.name() + " instead");
  }
  return record;
}

Result<AuthenticRecord> Store::load_verified(const Item& item,
                                             const evidence::TrustAnchors& anchors) const {
  ATOMA_TRY(auto record, load(item));
  return verify_record(std::move(record), anchors);
}

Status Store::save(const AuthenticRecord& record) {
  ATOMA_CHECK(lock_ != nullptr);
  const auto path = path_of(record.item());
  ATOMA_TRY(const bool there, files_.exists(path));
  if (!there) {
    ATOMA_TRY(const auto items, list());
    if (items.size() >= kRecordsMax) {
      return fail(Code::kResourceExhausted, "collateral.full",
                  "the store has " + std::to_string(items.size()) + " records");
    }
  }
  return atoma::store::replace_file(files_, path, as_bytes(encode_record(record.record())));
}

Result<AuthenticRecord> Store::admit(Record record, const evidence::TrustAnchors& anchors,
                                     Time now) {
  if (record.content.size() > kContentMax || record.issuer_chain.size() > kIssuerChainMax) {
    return malformed("collateral.too_large",
                     std::format("{}: {} bytes with a chain of {}", record.item.name(),
                                 record.content.size(), record.issuer_chain.size()));
  }
  ATOMA_TRY(auto authentic, verify_record(std::move(record), anchors));
  const ValidityWindow window = authentic.window();
  if (!window.contains(now)) {
    return fail(Code::kFailedPrecondition, "collateral.validity",
                std::format("{} is good from {} to {}, not at {}", authentic.item().name(),
                            format_time(window.not_before), format_time(window.not_after),
                            format_time(now)));
  }
  const auto known = load_verified(authentic.item(), anchors);
  if (known && known->window().contains(now) && authentic.issued_at() < known->issued_at()) {
    return fail(
        Code::kFailedPrecondition, "collateral.rollback",
        std::format("{} of {} is older than that of {}, which is kept", authentic.item().name(),
                    format_time(authentic.issued_at()), format_time(known->issued_at())));
  }
  ATOMA_TRY_VOID(save(authentic));
  return authentic;
}

Result<std::vector<Item>> Store::list() const {
  std::vector<Item> out;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    if (auto item = item_of_file(it->path().filename().string())) out.push_back(*std::move(item));
  }
  if (error) {
    return fail(Code::kUnavailable, "store.io", directory_.string() + ": " + error.message());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace atoma::collateral
