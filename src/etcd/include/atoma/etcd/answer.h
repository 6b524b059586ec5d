// Answers of etcd's JSON gateway (v3), as parsed values. A server is not trusted to be well-formed:
// sizes, numbers and base64 are checked, 64-bit numbers come as strings, what is absent is zero.
// Members that are not named here are ignored: newer servers add some.
//
// Error of every parse_: "etcd.answer", and those of wire::JsonDocument::parse.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::etcd {

// Batches of a commit queue are below 1.5 MiB, four of them and base64 fit in 10 MiB.
inline constexpr std::size_t kAnswerMax = 10 * 1024 * 1024;
inline constexpr std::size_t kKeyMax = 1024;
inline constexpr std::size_t kKeysMax = 1024;

struct KeyValue {
  std::string key;
  Bytes value;
  std::uint64_t create_revision = 0;
  std::uint64_t mod_revision = 0;
};

struct Range {
  std::uint64_t revision = 0;
  std::vector<KeyValue> kvs;
  bool more = false;  // there are keys beyond the limit that was asked for
};

struct Txn {
  std::uint64_t revision = 0;  // of the store after it; that of the puts when it succeeded
  bool succeeded = false;      // all compares held
};

struct Lease {
  std::uint64_t id = 0;
  std::uint64_t ttl_s = 0;  // 0: the lease is gone
};

struct Member {
  std::uint64_t id = 0;
  std::uint64_t leader = 0;  // 0: none is known
  std::uint64_t raft_term = 0;
};

Result<Range> parse_range(ByteView json);
Result<Txn> parse_txn(ByteView json);
Result<Lease> parse_lease(ByteView json);
// Of a keep-alive, which the gateway wraps as the first element of a stream.
Result<Lease> parse_keep_alive(ByteView json);
Result<Member> parse_member(ByteView json);
// What an error answer says, at most 256 printable bytes of it; "" when it says nothing.
std::string parse_complaint(ByteView json);

}  // namespace atoma::etcd
