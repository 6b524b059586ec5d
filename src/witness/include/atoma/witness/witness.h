// A witness of other people's logs (c2sp.org/tlog-witness): cosigns a checkpoint when it continues
// the tree that this witness cosigned before, by Ed25519 and by ML-DSA-44.
//
//   <directory>/ed25519.key, ml_dsa_44.key   seeds, 32 bytes, mode 0600: WHO READS THEM IS THIS
//   WITNESS <directory>/state/                       the tree known of each origin
//   (atoma/store/kv.h)
//
// The record of a tree is durable before its cosignature leaves, and a size never goes back. One
// process holds a directory. What is not noticed: a directory put back to an earlier state. Never
// restore one from a backup; begin another witness.
//
//   ATOMA_TRY(auto witness, Witness::open(dir, {.name = "witness.example/w1", .logs = keys}, …));
//   witness->mount(router);        // POST /add-checkpoint
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/http/router.h"
#include "atoma/store/file.h"
#include "atoma/tlog/cosignature.h"
#include "atoma/tlog/witness.h"

namespace atoma::witness {

inline constexpr std::size_t kLogsMax = 1024;

struct Config {
  std::string name;
  std::vector<tlog::LogKey> logs;  // several of one name: any of them speaks for it
};

// The tree that a witness knows of each origin.
class Memory {
 public:
  // What is to be known from now on, or why not.
  using Decide = std::function<Result<tlog::KnownTree>(const tlog::KnownTree&)>;

  virtual ~Memory() = default;
  virtual Result<tlog::KnownTree> known(std::string_view origin) const = 0;
  // Reads, decides and records, durably, with no other update between. Errors: those of `decide`
  // too, and then nothing was recorded; after any other one nobody knows.
  virtual Status update(std::string_view origin, const Decide& decide) = 0;
};

class Witness {
 public:
  // Opens the directory, or makes it with new keys. `clock` outlives the witness. Errors:
  // "witness.name" (the directory is another witness's), "witness.state_missing" (keys without
  // their state: it may have cosigned what it no longer knows), "witness.key_missing",
  // "witness.key" (not 32 bytes), "witness.logs_max", those of tlog::Cosigner::create, store::Kv
  // and store::FileSystem.
  static Result<std::unique_ptr<Witness>> open(const store::Path& directory, Config config,
                                               const Clock& clock, Entropy& entropy);
  // One with these keys, wherever it remembers. Errors: "witness.logs_max".
  static Result<std::unique_ptr<Witness>> create(Config config,
                                                 std::vector<tlog::Cosigner> cosigners,
                                                 std::unique_ptr<Memory> memory,
                                                 const Clock& clock);
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness();

  // Verifier keys to give to logs and their readers: Ed25519, then ML-DSA-44.
  const std::vector<tlog::CosignerKey>& keys() const;

  // The cosignature lines for the body of a request. Safe from any thread: of two requests from one
  // old size one is accepted. Errors: those of tlog::parse_add_checkpoint, authenticate_checkpoint,
  // check_growth and store::Kv; "witness.state" (a record that is not ours).
  Result<std::string> add_checkpoint(std::string_view body);
  // As the specification has it over HTTP.
  http::Response answer(const http::Request& request);
  // What is known of an origin.
  Result<tlog::KnownTree> known(std::string_view origin) const;

  // The witness outlives the router.
  void mount(http::Router& router);

 private:
  struct Impl;
  explicit Witness(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::witness
