// `atoma verify --replay`: a signed result, judged again from the inputs that it names.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "atoma/appraisal/replay.h"
#include "atoma/cose/ear_batch.h"
#include "command.h"

namespace atoma::app {

struct ReplayOptions {
  std::string token;  // ear.jwt, ear.cwt or a proof bundle
  std::string keys;   // the verifier's JWK set

  bool given() const { return !token.empty(); }
};
void add_replay_options(CLI::App& command, ReplayOptions& options);

struct ReplayInputs {
  std::variant<cose::Ear, cose::EarBatch> result;
  std::string kid;
  std::optional<Bytes> evidence;  // a bundle's
  bool own_keys = false;          // only a bundle's own key vouches for the result

  const cose::Ear* one() const { return std::get_if<cose::Ear>(&result); }
  const cose::EarBatch* many() const { return std::get_if<cose::EarBatch>(&result); }
  // When it was appraised; all of a batch at the same time.
  Time verified_at() const;
};

// Errors: "replay.keys" (none given, and no bundle's own), "replay.token" (the signature or the
// claims do not hold: refused), those of read_file, parse_bundle and parse_jwks.
Result<ReplayInputs> load_replay(const ReplayOptions& options);

// The result of a batch that is about the evidence of `again`; of several about the same evidence,
// one by the same policy if there is one. Null: none.
const cose::EarItem* find_item(const cose::EarBatch& batch, const cose::AtomaClaims& again);

// The files of a folder of evidence, by name; at least one. Errors: "usage.evidence".
bool is_folder(const std::string& path);
Result<std::vector<std::string>> files_of(const std::string& folder);

// What the inputs came to now, beside the result. Prints, and sets the exit code: 0 for the same
// verdict, whatever it is; 1 where an input or the outcome differs; 3 where an input is missing.
void print_replay(Context& context, const ReplayInputs& replay, const cose::Ear& again);
// `item` is null where no result of the batch is about this evidence.
void print_replay(Context& context, const ReplayInputs& replay, const cose::EarItem* item,
                  const cose::EarItem& again);

// What a file of a folder came to.
struct ItemReplay {
  std::string file;
  const cose::EarItem* claimed = nullptr;  // null: no result is about it
  cose::AtomaClaims claims;                // of `claimed`, or else what was found
  appraisal::Replay replay;
};
// Where no result of the batch is about this evidence.
appraisal::Replay no_result(const cose::EarBatch& batch, const cose::EarItem& again);
// Results that no file is about are missing inputs. The exit code is that of the worst: 1 before 3.
void print_replays(Context& context, const ReplayInputs& replay,
                   const std::vector<ItemReplay>& items);

}  // namespace atoma::app
