// Named tables of bytes in one LMDB environment: small, durable, transactional. Values are as
// secret as their writer makes them: this module encrypts nothing.
//
//   ATOMA_TRY(Kv kv, Kv::open(dir / "kv", {.tables = {"secrets"}}));
//   ATOMA_TRY_VOID(kv.put("secrets", "default/key/1", sealed));
//   ATOMA_TRY(const auto value, kv.get("secrets", "default/key/1"));   // nullopt when absent
//
// Safe from any thread; writers queue. One process and one Kv an environment, held by a lock.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/store/file.h"

namespace atoma::store {

// LMDB's bound, from its page size.
inline constexpr std::size_t kKvKeyMax = 511;
inline constexpr std::size_t kKvValueMax = 1024 * 1024;

class Kv {
 public:
  struct Options {
    std::vector<std::string> tables;  // made when absent; no other table can be used
    std::size_t bytes_max = std::size_t{1} << 30;
  };

  // Errors of all calls: "store.kv_key" (empty or above kKvKeyMax), "store.kv_value",
  // "store.kv_full", "store.kv" for what LMDB reports otherwise. An unknown table is our mistake.
  class Transaction {
   public:
    Result<std::optional<Bytes>> get(std::string_view table, std::string_view key) const;
    Status put(std::string_view table, std::string_view key, ByteView value);
    // False when there was no such key.
    Result<bool> erase(std::string_view table, std::string_view key);
    // At most `keys_max` keys that begin with `prefix` and come after `after`, in byte order.
    Result<std::vector<std::string>> list(std::string_view table, std::string_view prefix,
                                          std::size_t keys_max, std::string_view after = "") const;

   private:
    friend class Kv;
    struct State;
    explicit Transaction(State& state) : state_(&state) {}
    State* state_;
  };
  using Body = std::function<Status(Transaction&)>;

  // Errors: also "store.locked", "store.io".
  static Result<Kv> open(const Path& directory, const Options& options);
  Kv(Kv&&) noexcept;
  Kv& operator=(Kv&&) noexcept;
  ~Kv();

  // All of it durable when it returns, or none: `body`'s error is passed on. Not nested.
  Status update(const Body& body);
  // One snapshot.
  Status view(const Body& body) const;

  Result<std::optional<Bytes>> get(std::string_view table, std::string_view key) const;
  Status put(std::string_view table, std::string_view key, ByteView value);
  Result<bool> erase(std::string_view table, std::string_view key);
  Result<std::vector<std::string>> list(std::string_view table, std::string_view prefix,
                                        std::size_t keys_max, std::string_view after = "") const;

 private:
  struct Impl;
  explicit Kv(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::store
