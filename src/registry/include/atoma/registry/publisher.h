// Shows checkpoints only when witnesses enough have cosigned them (c2sp.org/tlog-policy).
//
// Appends never wait for it: one thread for each witness asks for the newest checkpoint, all for
// the same one, until the policy has its quorum or everybody has answered; then for the next
// newest. What is shown is durable first, so that a restart goes on from it.
//
// A witness that knows more entries than were ever committed here, or another tree, shows that this
// log was put back to an earlier state or has two histories: then everything halts, in a file too,
// until a person has looked. A lying witness can therefore stop a log; it can't make it lie.
//
// Each replica of a log has its own publisher, and all ask the same witnesses: what is behind what
// a witness knows is then no roll-back, as long as `committed` says that the log has that much. A
// witness cosigns nothing older than what it has cosigned, so under load one replica, the first to
// have an entry, gets most cosignatures: the others show what it shows (`shown_elsewhere`),
// believing it for its signatures and their own tree alone.
//
//   ATOMA_TRY(auto publisher, Publisher::start(ledger, policy, {.directory = dir, …}, clock));
//   …after each commit: publisher->wake();
//   …publisher->published()…
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atoma/base/clock.h"
#include "atoma/http/client.h"
#include "atoma/runtime/runtime.h"
#include "atoma/store/file.h"
#include "atoma/tlog/ledger.h"
#include "atoma/tlog/tlog_policy.h"

namespace atoma::registry {

// Sends a body to a witness; its answer, of any status. From several threads at once.
using WitnessPost = std::function<Result<http::ClientResponse>(const http::Url&, std::string_view)>;
// How many entries a log has committed by now, asked of whoever decides that.
using CommittedSize = std::function<Result<std::uint64_t>()>;
// The notes that a log's other replicas show now, from those that answer.
using ShownNotes = std::function<std::vector<std::string>()>;

struct PublisherOptions {
  store::Path directory;  // "published", "halted"
  // Added to what is shown, under the log's name.
  std::optional<tlog::Cosigner> ml_dsa;
  // Called once, from a witness's thread or start(), with no lock held: the log must take nothing
  // more.
  std::function<void(const Error&)> on_halt;
  std::chrono::milliseconds timeout{5'000};  // of one request to a witness
  std::chrono::milliseconds backoff_min{100}, backoff_max{30'000};
  // A log at rest is cosigned again, so that its readers see that it lives.
  std::chrono::milliseconds refresh{300'000};
  // Of a replicated log, which may be ahead of `ledger`: asked when a witness knows more than that.
  CommittedSize committed;
  // Asked, on a thread of its own, as long as less is shown than `ledger` has; may be empty.
  ShownNotes shown_elsewhere;
  std::chrono::milliseconds look_around{200};
  WitnessPost post;  // empty: over HTTP
  store::FileSystem* files = &store::posix_file_system();
  runtime::Runtime* runtime = &runtime::system_runtime();
};

struct WitnessReport {
  std::string name;          // in the policy
  std::uint64_t size = 0;    // of the newest checkpoint that it cosigned for us, as far as we know
  std::optional<Time> when;  // it last did; nothing since the start
  std::string error;         // reason of its last failure, "" when the last attempt went well
};

// What a publisher of this directory showed last, whatever its policy was; nothing before the
// first. Errors: those of store::FileSystem and verify_checkpoint.
Result<std::optional<tlog::SignedCheckpoint>> load_published(store::FileSystem& files,
                                                             const store::Path& directory,
                                                             const tlog::VerifierKey& key);

class Publisher {
 public:
  // A halt that was written down is told by on_halt, "publisher.halted", and nobody is asked.
  // Errors: "publisher.log" (the policy names logs, and not this one), "publisher.url" (a witness
  // without one), those of http::parse_url, store::FileSystem and verify_checkpoint.
  static Result<std::unique_ptr<Publisher>> start(const tlog::Ledger& ledger,
                                                  tlog::TlogPolicy policy, PublisherOptions options,
                                                  const Clock& clock);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  ~Publisher();  // stop()

  // Short, from any thread: there is a newer checkpoint.
  void wake();
  // The newest that the policy's quorum cosigned, with all cosignatures. Errors:
  // "publisher.unwitnessed" when there is none yet.
  Result<tlog::SignedCheckpoint> published() const;
  // "" while all is well.
  std::string halted() const;
  std::vector<WitnessReport> reports() const;
  // Waits for requests in flight, at most for their timeout.
  void stop();

 private:
  struct Impl;
  explicit Publisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::registry
