#include "atoma/store/kv.h"

#include <lmdb.h>

#include <algorithm>
#include <format>
#include <map>

#include "atoma/base/check.h"

namespace atoma::store {
namespace {

std::unexpected<Error> kv_error(const char* operation, int code) {
  if (code == MDB_MAP_FULL || code == MDB_TXN_FULL) {
    return fail(Code::kResourceExhausted, "store.kv_full",
                std::format("{}: {}", operation, mdb_strerror(code)));
  }
  return fail(Code::kUnavailable, "store.kv", std::format("{}: {}", operation, mdb_strerror(code)));
}

Status check_key(std::string_view key) {
  if (!key.empty() && key.size() <= kKvKeyMax) return {};
  return malformed("store.kv_key",
                   std::format("a key of {} bytes, from 1 to {}", key.size(), kKvKeyMax));
}

// LMDB's calls take their input through pointers that are not const; it does not write there.
MDB_val to_val(ByteView bytes) { return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())}; }

ByteView from_val(const MDB_val& val) {
  return {static_cast<const std::uint8_t*>(val.mv_data), val.mv_size};
}

struct CloseEnvironment {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
struct Abort {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using TxnPtr = std::unique_ptr<MDB_txn, Abort>;

}  // namespace

struct Kv::Impl {
  std::unique_ptr<Lock> lock;  // released after the environment is closed
  std::unique_ptr<MDB_env, CloseEnvironment> env;
  std::map<std::string, MDB_dbi, std::less<>> tables;

  Result<TxnPtr> begin(unsigned flags) const {
    MDB_txn* txn = nullptr;
    if (const int code = mdb_txn_begin(env.get(), nullptr, flags, &txn); code != 0) {
      return kv_error("begin", code);
    }
    return TxnPtr(txn);
  }

  Status open_tables(const std::vector<std::string>& names) {
    ATOMA_TRY(TxnPtr txn, begin(0));
    for (const std::string& name : names) {
      MDB_dbi handle = 0;
      if (const int code = mdb_dbi_open(txn.get(), name.c_str(), MDB_CREATE, &handle); code != 0) {
        return kv_error("open table", code);
      }
      tables.emplace(name, handle);
    }
    if (const int code = mdb_txn_commit(txn.release()); code != 0) return kv_error("commit", code);
    return {};
  }
};

struct Kv::Transaction::State {
  const Impl& impl;
  TxnPtr txn;

  MDB_dbi table(std::string_view name) const {
    const auto found = impl.tables.find(name);
    ATOMA_CHECK(found != impl.tables.end());
    return found->second;
  }
};

Result<std::optional<Bytes>> Kv::Transaction::get(std::string_view table,
                                                  std::string_view key) const {
  ATOMA_TRY_VOID(check_key(key));
  MDB_val name = to_val(as_bytes(key));
  MDB_val value{};
  const int code = mdb_get(state_->txn.get(), state_->table(table), &name, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return kv_error("get", code);
  return to_bytes(from_val(value));
}

Status Kv::Transaction::put(std::string_view table, std::string_view key, ByteView value) {
  ATOMA_TRY_VOID(check_key(key));
  if (value.size() > kKvValueMax) {
    return malformed("store.kv_value",
                     std::format("a value of {} bytes, at most {}", value.size(), kKvValueMax));
  }
  MDB_val name = to_val(as_bytes(key));
  MDB_val data = to_val(value);
  const int code = mdb_put(state_->txn.get(), state_->table(table), &name, &data, 0);
  if (code != 0) return kv_error("put", code);
  return {};
}

Result<bool> Kv::Transaction::erase(std::string_view table, std::string_view key) {
  ATOMA_TRY_VOID(check_key(key));
  MDB_val name = to_val(as_bytes(key));
  const int code = mdb_del(state_->txn.get(), state_->table(table), &name, nullptr);
  if (code == MDB_NOTFOUND) return false;
  if (code != 0) return kv_error("delete", code);
  return true;
}

Result<std::vector<std::string>> Kv::Transaction::list(std::string_view table,
                                                       std::string_view prefix,
                                                       std::size_t keys_max,
                                                       std::string_view after) const {
  const std::string_view start = std::max(prefix, after);
  if (!start.empty()) ATOMA_TRY_VOID(check_key(start));
  MDB_cursor* raw = nullptr;
  if (const int code = mdb_cursor_open(state_->txn.get(), state_->table(table), &raw); code != 0) {
    return kv_error("cursor", code);
  }
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(raw);
  MDB_val name = to_val(as_bytes(start));
  MDB_val value{};
  // An empty start key is not a valid one for LMDB: begin at the first.
  int code = mdb_cursor_get(raw, &name, &value, start.empty() ? MDB_FIRST : MDB_SET_RANGE);
  std::vector<std::string> out;
  while (code == 0 && out.size() < keys_max) {
    const std::string_view key = as_text(from_val(name));
    if (!key.starts_with(prefix) && key > prefix) break;
    if (key.starts_with(prefix) && (after.empty() || key > after)) out.emplace_back(key);
    code = mdb_cursor_get(raw, &name, &value, MDB_NEXT);
  }
  if (code != 0 && code != MDB_NOTFOUND) return kv_error("list", code);
  return out;
}

Kv::Kv(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Kv::Kv(Kv&&) noexcept = default;
Kv& Kv::operator=(Kv&&) noexcept = default;
Kv::~Kv() = default;

Result<Kv> Kv::open(const Path& directory, const Options& options) {
  FileSystem& files = posix_file_system();
  ATOMA_TRY_VOID(files.make_directory(directory));
  auto impl = std::make_unique<Impl>();
  ATOMA_TRY(impl->lock, files.lock(directory / "lock"));
  MDB_env* env = nullptr;
  if (const int code = mdb_env_create(&env); code != 0) return kv_error("create", code);
  impl->env.reset(env);
  if (const int code = mdb_env_set_mapsize(env, options.bytes_max); code != 0) {
    return kv_error("map size", code);
  }
  const auto tables_max = static_cast<MDB_dbi>(options.tables.size());
  if (const int code = mdb_env_set_maxdbs(env, tables_max); code != 0) {
    return kv_error("table count", code);
  }
  // MDB_NOTLS ties a snapshot to its transaction, not to the thread, so that pools may read.
  if (const int code = mdb_env_open(env, directory.c_str(), MDB_NOTLS, 0600); code != 0) {
    return kv_error("open", code);
  }
  ATOMA_TRY_VOID(impl->open_tables(options.tables));
  ATOMA_TRY_VOID(files.sync_directory(directory));  // LMDB syncs its file, not the name of it
  return Kv(std::move(impl));
}

Status Kv::update(const Body& body) {
  ATOMA_TRY(TxnPtr txn, impl_->begin(0));
  Transaction::State state{*impl_, std::move(txn)};
  Transaction transaction(state);
  ATOMA_TRY_VOID(body(transaction));
  if (const int code = mdb_txn_commit(state.txn.release()); code != 0) {
    return kv_error("commit", code);
  }
  return {};
}

Status Kv::view(const Body& body) const {
  ATOMA_TRY(TxnPtr txn, impl_->begin(MDB_RDONLY));
  Transaction::State state{*impl_, std::move(txn)};
  Transaction transaction(state);
  return body(transaction);
}

Result<std::optional<Bytes>> Kv::get(std::string_view table, std::string_view key) const {
  std::optional<Bytes> out;
  ATOMA_TRY_VOID(view([&](Transaction& t) -> Status {
    ATOMA_TRY(out, t.get(table, key));
    return {};
  }));
  return out;
}

Status Kv::put(std::string_view table, std::string_view key, ByteView value) {
  return update([&](Transaction& t) { return t.put(table, key, value); });
}

Result<bool> Kv::erase(std::string_view table, std::string_view key) {
  bool out = false;
  ATOMA_TRY_VOID(update([&](Transaction& t) -> Status {
    ATOMA_TRY(out, t.erase(table, key));
    return {};
  }));
  return out;
}

Result<std::vector<std::string>> Kv::list(std::string_view table, std::string_view prefix,
                                          std::size_t keys_max, std::string_view after) const {
  std::vector<std::string> out;
  ATOMA_TRY_VOID(view([&](Transaction& t) -> Status {
    ATOMA_TRY(out, t.list(table, prefix, keys_max, after));
    return {};
  }));
  return out;
}

}  // namespace atoma::store
