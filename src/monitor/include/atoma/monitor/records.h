// What a monitor must still know after a restart, in a directory of its own:
//
//   <directory>/checkpoint            the newest note that extends all before it
//   <directory>/shown                 the newest note that was replayed whole, with our
//   cosignatures <directory>/alarm                 there once the log was found to equivocate; to
//   go on, a person
//                                     removes it
//   <directory>/evidence/<what>-<digest>.{smaller,larger}.note, .growth.json
//   <directory>/lock
//
// Each file is replaced at once and durable before the call returns. One process holds a directory.
#pragma once

#include <memory>
#include <optional>

#include "atoma/monitor/follower.h"
#include "atoma/store/file.h"

namespace atoma::monitor {

class Records {
 public:
  // Makes the directory when it is not there. Errors: "monitor.state" (the checkpoint or
  // the note there is not the log's), "store.locked" and others of store::FileSystem.
  static Result<Records> open(store::FileSystem& files, store::Path directory,
                              const tlog::LogKey& log);

  const std::optional<tlog::SignedCheckpoint>& kept() const { return kept_; }
  // What was found, for people; "" as long as the log has not equivocated.
  const std::string& alarm() const { return alarm_; }

  // "" before the first one.
  const std::string& shown() const { return shown_; }
  Status keep_shown(std::string note);

  // No smaller one than kept(). Nothing is written when it is the same note.
  Status keep(const tlog::SignedCheckpoint& checkpoint);
  // Writes a finding's notes and names the files in it; of an equivocation also the alarm. A
  // finding without notes is left as it is, and from kContradictionsMax on nothing more is written.
  Status keep_evidence(Finding& finding);

 private:
  Records(store::FileSystem& files, store::Path directory)
      : files_(&files), directory_(std::move(directory)) {}

  store::FileSystem* files_;
  store::Path directory_;
  std::unique_ptr<store::Lock> lock_;
  std::optional<tlog::SignedCheckpoint> kept_;
  std::string alarm_, shown_;
  std::size_t written_ = 0;  // sets of evidence, by this process
};

}  // namespace atoma::monitor
