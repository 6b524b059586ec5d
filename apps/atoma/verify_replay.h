// `atoma verify --replay`: a signed result, judged again from the inputs that it names.
#pragma once

#include <optional>

#include "atoma/cose/ear.h"
#include "command.h"

namespace atoma::app {

struct ReplayOptions {
  std::string token;  // ear.jwt, ear.cwt or a proof bundle
  std::string keys;   // the verifier's JWK set

  bool given() const { return !token.empty(); }
};
void add_replay_options(CLI::App& command, ReplayOptions& options);

struct ReplayInputs {
  cose::Ear ear;
  std::string kid;
  std::optional<Bytes> evidence;  // a bundle's
  bool own_keys = false;          // only a bundle's own key vouches for the result
};

// Errors: "replay.keys" (none given, and no bundle's own), "replay.token" (the signature or the
// claims do not hold: refused), those of read_file, parse_bundle and parse_jwks.
Result<ReplayInputs> load_replay(const ReplayOptions& options);

// What the inputs came to now, beside the result. Prints, and sets the exit code: 0 for the same
// verdict, whatever it is; 1 where an input or the outcome differs; 3 where an input is missing.
void print_replay(Context& context, const ReplayInputs& replay, const cose::Ear& again);

}  // namespace atoma::app
