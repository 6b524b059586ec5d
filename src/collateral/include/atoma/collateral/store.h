// Records on disk, one file each, in a directory of their own. Each is replaced at once: whoever
// reads sees the old one or the new one. Nothing is believed for being here (verify.h).
//
//   ATOMA_TRY(auto store, Store::open(store::posix_file_system(), dir, Store::Access::kWrite));
//   ATOMA_TRY_VOID(store.save(authentic));
//   ATOMA_TRY(const auto record, store.load(item));
//
// One process writes; any may read meanwhile. Calls from several threads must not save one item at
// the same time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "atoma/collateral/verify.h"
#include "atoma/store/file.h"

namespace atoma::collateral {

// A fleet of thousands of chips has a VCEK each; 4,096 records are 100 MiB at the very worst of
// what is served today.
inline constexpr std::size_t kRecordsMax = 4096;

class Store {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };

  // kWrite makes the directory and holds its lock. `files` outlives the store.
  // Errors: "store.locked", "store.missing" (kRead alone), "store.io".
  static Result<std::unique_ptr<Store>> open(atoma::store::FileSystem& files,
                                             const atoma::store::Path& directory, Access access);

  // Errors: "store.missing", those of parse_record, "collateral.record" (a file of another item).
  Result<Record> load(const Item& item) const;
  // load and verify_record.
  Result<AuthenticRecord> load_verified(const Item& item,
                                        const evidence::TrustAnchors& anchors) const;
  // Durable when it returns. Errors: "collateral.full", those of the file system.
  Status save(const AuthenticRecord& record);
  // What every record passes before it replaces another: verify_record, then save.
  // Errors: those of both, "collateral.too_large", "collateral.validity" (not good at this time),
  // "collateral.rollback" (made before the one that is stored, which is still good).
  Result<AuthenticRecord> admit(Record record, const evidence::TrustAnchors& anchors, Time now);
  // By name of file; those that are no items are not listed. Errors: "store.io".
  Result<std::vector<Item>> list() const;

 private:
  Store(atoma::store::FileSystem& files, atoma::store::Path directory,
        std::unique_ptr<atoma::store::Lock> lock)
      : files_(files), directory_(std::move(directory)), lock_(std::move(lock)) {}
  atoma::store::Path path_of(const Item& item) const;

  atoma::store::FileSystem& files_;
  const atoma::store::Path directory_;
  const std::unique_ptr<atoma::store::Lock> lock_;  // null: for reading
};

// The name of an item's file, and back; nothing where a name is no item's.
std::string file_name(const Item& item);
std::optional<Item> item_of_file(std::string_view name);

}  // namespace atoma::collateral
