// A small client of etcd (API v3) over its JSON gateway: what a commit queue needs and no more.
// Several endpoints of one cluster; the one that answered last is asked first.
//
//   ATOMA_TRY(const Client etcd, Client::create({"http://10.0.0.1:2379", "http://10.0.0.2:2379"}));
//   const Outcome done = etcd.commit({.compares = {…}, .puts = {…}});
//
// A transaction ends in one of three ways, and none of them is guessed: what was sent and not
// answered is kUnknown, whatever the reason, and is not sent again. Reads are linearizable unless
// said otherwise and are asked of every endpoint in turn.
// Safe from any thread; each call has its deadline.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/etcd/answer.h"
#include "atoma/http/client.h"

namespace atoma::etcd {

inline constexpr std::size_t kEndpointsMax = 16;
// etcd refuses requests above 1.5 MiB (--max-request-bytes); keys and framing need some of it.
inline constexpr std::size_t kValuesMax = 1400 * 1024;

// Holds when the key's revision is this one; a key that is not there has create_revision 0.
struct Compare {
  enum class Of : std::uint8_t { kCreateRevision, kModRevision };
  std::string key;
  Of of = Of::kModRevision;
  std::uint64_t revision = 0;
};

struct Put {
  std::string key;
  Bytes value;
  std::uint64_t lease = 0;  // 0: none
};

// Keys from `begin` up to and without `end`.
struct Span {
  std::string begin;
  std::string end;
};

struct Transaction {
  std::vector<Compare> compares;
  std::vector<Put> puts;
  std::vector<Span> deletes;
};

// kRefused: a compare did not hold, nothing was written. kUnsent: no endpoint took the connection.
enum class Ended : std::uint8_t { kUnknown, kRefused, kUnsent, kDone };

struct Outcome {
  Ended ended = Ended::kUnknown;
  std::uint64_t revision = 0;  // kDone and kRefused
  std::string why;             // kUnknown and kUnsent
};

struct RangeOptions {
  std::size_t keys_max = 1;
  bool last_first = false;  // by key, descending
  bool keys_only = false;
};

// An etcd, whoever speaks to it. Safe from any thread.
class Store {
 public:
  virtual ~Store() = default;

  // Errors of all but commit(): "etcd.unavailable" when no endpoint answered, with the reason of
  // the last; "etcd.refused" when one answered with an error; "etcd.answer".
  virtual Result<Range> range(const Span& keys, RangeOptions options) const = 0;
  virtual Outcome commit(const Transaction& transaction) const = 0;

  virtual Result<Lease> grant(std::chrono::seconds ttl) const = 0;
  virtual Result<Lease> keep_alive(std::uint64_t lease) const = 0;
  virtual Status revoke(std::uint64_t lease) const = 0;
  // Forgets what keys were before this revision.
  virtual Status compact(std::uint64_t revision) const = 0;
};

class Client final : public Store {
 public:
  struct Options {
    std::chrono::milliseconds deadline{1'500};  // of one request at one endpoint
    std::chrono::milliseconds connect_timeout{500};
    std::string authorities;                      // for https, PEM; empty: those of the system
    std::optional<crypto::TlsIdentity> identity;  // for an etcd with --client-cert-auth
  };

  // Errors: "etcd.endpoints" (none, or more than kEndpointsMax), "http.client.url".
  static Result<Client> create(std::span<const std::string> urls, Options options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client() override;

  Result<Range> range(const Span& keys, RangeOptions options) const override;
  Outcome commit(const Transaction& transaction) const override;
  Result<Lease> grant(std::chrono::seconds ttl) const override;
  Result<Lease> keep_alive(std::uint64_t lease) const override;
  Status revoke(std::uint64_t lease) const override;
  Status compact(std::uint64_t revision) const override;
  // Of the endpoint at `index`, for tests and people.
  Result<Member> member(std::size_t index) const;

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The key after all keys that begin with `prefix`.
std::string after_prefix(std::string prefix);

}  // namespace atoma::etcd
