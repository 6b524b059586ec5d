// The ordered queue through which replicas agree on one log, and the one interface to whoever
// keeps it. It holds a head (size and root of the log), the batches that led there and are not yet
// trimmed, and who leads. What it must give:
//
//   - commit() takes effect at most once, and only when the head is still the one that it names and
//     the caller still leads the term that it names. That is the fence: a leader that slept through
//     its lease can't commit, whatever it believes.
//   - view() is linearizable: it sees all that took effect before it was asked.
//
// Nothing here is trusted for content: a replica computes each root itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"

namespace atoma::replica {

using merkle::Hash;

// etcd refuses requests above 1.5 MiB; a batch also crosses as base64 of at most 1.4 MiB.
inline constexpr std::size_t kBatchBytesMax = 1024 * 1024;
inline constexpr std::size_t kBatchEntriesMax = 4096;
// What one view brings at most.
inline constexpr std::size_t kViewBatchesMax = 4;
inline constexpr std::size_t kNodeNameMax = 64;
inline constexpr std::size_t kUrlMax = 256;

// Entries in order, and the root of the log that ends with them.
struct Batch {
  std::uint64_t first_index = 0;
  std::uint64_t term = 0;  // of the leader that committed it
  Hash root{};
  std::vector<Bytes> entries;

  std::uint64_t end() const { return first_index + entries.size(); }
  friend bool operator==(const Batch&, const Batch&) = default;
};

struct Head {
  std::uint64_t size = 0;
  Hash root{};
  std::uint64_t revision = 0;  // the queue's name for this state of the head
};

struct Leader {
  std::string node;
  std::string url;         // of its HTTP edge
  std::uint64_t term = 0;  // never given twice
};

// One moment of the queue.
struct View {
  std::optional<Head> head;
  std::optional<Leader> leader;
  // In order, without gaps, the first one holds the entry that was asked for. Empty when there is
  // none beyond it, or when it was trimmed: head->size tells which.
  std::vector<Batch> batches;
};

// kRefused: not committed, and it was the fence or the head that said so.
// kUnknown: it may take effect, even later: look, and never assume.
enum class CommitEnded : std::uint8_t { kUnknown, kRefused, kDone };

struct Committed {
  CommitEnded ended = CommitEnded::kUnknown;
  std::uint64_t revision = 0;  // of the head, when done
  std::string why;
};

struct Trimmed {
  std::uint64_t kept_from = 0;  // a quorum has durably applied everything below
  std::size_t batches = 0;      // still held
};

// Errors of all: "queue.unavailable"; what was asked for may have happened.
// Also "queue.corrupt" of view(): what is stored there is not ours.
class CommitQueue {
 public:
  virtual ~CommitQueue() = default;

  // Batches from the one with entry `from` on, at most kViewBatchesMax.
  virtual Result<View> view(std::uint64_t from) = 0;
  // The first head of a log. False when there is one already.
  virtual Result<bool> found(const Head& head) = 0;
  // Takes the lead when nobody has it: its term, or nothing.
  virtual Result<std::optional<std::uint64_t>> campaign(std::string_view node,
                                                        std::string_view url) = 0;
  // Keeps the lead; false when it is lost.
  virtual Result<bool> renew() = 0;
  // Gives the lead back at once, if it was ours. Best effort: it also ends by itself.
  virtual void resign() = 0;
  // One attempt; never repeats itself. `batch.term` must lead, `head_revision` be the head.
  virtual Committed commit(const Batch& batch, std::uint64_t head_revision) = 0;
  // This node has everything below `size` on its own disk.
  virtual Status report_applied(std::string_view node, std::uint64_t size) = 0;
  // Deletes batches that more than half of `nodes` have applied.
  virtual Result<Trimmed> trim(std::size_t nodes) = 0;
};

// What is stored; big-endian, exact, hostile when read.
//   batch   8 "ATOMABQ1" | 8 first index | 8 term | 32 root | 4 entries | entries × (2 size |
//   bytes) head    8 "ATOMAHD1" | 8 size | 32 root leader  8 "ATOMALD1" | 2 size | node | 2 size |
//   url
Bytes encode_batch(const Batch& batch);
Bytes encode_head(const Head& head);
Bytes encode_leader(std::string_view node, std::string_view url);
// Errors: "queue.corrupt".
Result<Batch> parse_batch(ByteView bytes);
Result<Head> parse_head(ByteView bytes);
Result<Leader> parse_leader(ByteView bytes);

}  // namespace atoma::replica
