// The log of a running Atoma as its client sees it: whatever comes out of here was checked against
// the newest signed checkpoint, which is fetched once and stays the same.
//
//   ATOMA_TRY(const auto log, RemoteLog::open(url, "log.vkey"));
//   ATOMA_TRY(const auto entry, log.entry(7));
//   ATOMA_TRY(const auto grown, log.grown(3, log.size()));
//
// Errors of every call: those of call_remote; "remote.failed" when an answer is not of our form;
// "log.index" and "log.size" for what the checkpoint does not reach, before anything is asked.
#pragma once

#include <string>

#include "atoma/merkle/proof.h"
#include "atoma/tlog/checkpoint.h"
#include "remote_error.h"

namespace atoma::app {

struct LogEntry {
  Bytes bytes;
  merkle::Hash leaf_hash{};
};

// A tree of the log's first entries. `to_checkpoint` proves that the checkpoint's tree grew from
// it; empty where it is the checkpoint's tree.
struct LogTree {
  std::uint64_t size = 0;
  merkle::Hash root{};
  merkle::Proof to_checkpoint;
};

struct LogInclusion {
  std::uint64_t index = 0;
  merkle::Hash leaf_hash{};
  merkle::Proof proof;
  LogTree tree;
};

struct LogGrowth {
  LogTree from;
  LogTree to;
  merkle::Proof proof;
};

// What a server says, not yet checked against anything. Errors: those of call_remote, and
// "remote.failed".
struct UncheckedPath {
  merkle::Hash leaf_hash{};
  merkle::Proof proof;
};
RemoteResult<UncheckedPath> fetch_path(const std::string& server, std::uint64_t index,
                                       std::uint64_t size);
RemoteResult<Bytes> fetch_entry(const std::string& server, std::uint64_t index);
RemoteResult<merkle::Proof> fetch_growth(const std::string& server, std::uint64_t from,
                                         std::uint64_t to);

class RemoteLog {
 public:
  // Errors: those of find_log_key, "proof.checkpoint" when the signature is not the key's.
  static RemoteResult<RemoteLog> open(std::string server, const std::string& given_key);

  const tlog::VerifierKey& key() const { return key_; }
  const std::string& note() const { return signed_.note; }
  std::uint64_t size() const { return signed_.checkpoint.size; }
  const merkle::Hash& root() const { return signed_.checkpoint.root; }

  // Errors: "proof.inclusion".
  RemoteResult<LogEntry> entry(std::uint64_t index) const;
  // In the tree of the first `size` entries. Errors: "proof.inclusion", "proof.consistency".
  RemoteResult<LogInclusion> inclusion(std::uint64_t index, std::uint64_t size) const;
  // That the tree of `to` entries grew from that of `from`. Errors: as above.
  RemoteResult<LogGrowth> grown(std::uint64_t from, std::uint64_t to) const;
  // The same from a checkpoint that the caller kept: a note, signed by the same key. A log that was
  // shown to others with other entries fails here. Errors: as above, and those of
  // tlog::verify_checkpoint.
  RemoteResult<LogGrowth> grown_from(std::string_view kept_note, std::uint64_t to) const;

 private:
  RemoteLog(std::string server, tlog::VerifierKey key, tlog::SignedCheckpoint checkpoint);

  Status check_size(std::uint64_t size) const;
  RemoteResult<UncheckedPath> path(std::uint64_t index, std::uint64_t size) const;
  RemoteResult<LogTree> tree(std::uint64_t size) const;
  RemoteResult<merkle::Proof> prove_growth(const LogTree& from, const LogTree& to) const;

  std::string server_;
  tlog::VerifierKey key_;
  tlog::SignedCheckpoint signed_;
};

}  // namespace atoma::app
