#include "verify_replay.h"

#include <algorithm>
#include <cstdio>

#include "atoma/appraisal/replay.h"
#include "atoma/cose/ear_token.h"
#include "atoma/cose/jws.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "conformance/files.h"

namespace atoma::app {
namespace {

using appraisal::Difference;
using appraisal::Replay;

// A file's token as text: a CWT begins with tag 18, which no text does.
std::string token_text(ByteView file) {
  constexpr std::uint8_t kTag18 = 0xD2;
  if (!file.empty() && file[0] == kTag18) return wire::base64_encode(file);
  std::string text(as_text(file));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// What the result names and nobody gave is another matter than what differs.
bool input_missing(const Replay& replay) {
  return std::ranges::any_of(replay.inputs, [](const Difference& d) { return d.found.empty(); });
}

const char* outcome_word(const Replay& replay) {
  if (replay.same()) return "same";
  if (replay.inputs.empty()) return "other_outcome";
  return input_missing(replay) ? "missing_input" : "other_input";
}

void write_list(wire::JsonWriter& out, std::string_view name, const std::vector<Difference>& list) {
  out.key(name).begin_array();
  for (const auto& difference : list) {
    out.begin_object()
        .member("name", difference.name)
        .member("claimed", difference.claimed)
        .member("found", difference.found)
        .end_object();
  }
  out.end_array();
}

void print_list(const Context& context, const char* kind, const std::vector<Difference>& list) {
  for (const auto& difference : list) {
    std::printf("  %s  %-8s %s\n        the result says %s\n        found           %s\n",
                context.bad("FAIL").c_str(), kind, difference.name.c_str(),
                difference.claimed.empty() ? "nothing" : difference.claimed.c_str(),
                difference.found.empty() ? "nothing" : context.bold(difference.found).c_str());
  }
}

void print_json(const ReplayInputs& replay, const Replay& compared) {
  const auto& claims = replay.ear.atoma;
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object()
      .member("replay", outcome_word(compared))
      .member("verdict", verdict_word(claims.verdict))
      .member("tee", claims.tee)
      .member("verified_at", format_time(claims.verified_at))
      .member("kid", replay.kid)
      .member("keys_given", !replay.own_keys);
  write_list(out, "inputs", compared.inputs);
  // Of other inputs another outcome says nothing.
  write_list(out, "differences",
             compared.inputs.empty() ? compared.claims : std::vector<Difference>());
  std::printf("%s\n", out.end_object().str().c_str());
}

void print_text(const Context& context, const ReplayInputs& replay, const Replay& compared) {
  const auto& claims = replay.ear.atoma;
  const std::string verdict(verdict_word(claims.verdict));
  std::printf("  %s  signature of %s\n", context.good("pass").c_str(), replay.kid.c_str());
  if (replay.own_keys) {
    std::printf("%s\n", context
                            .warn("WARNING: no verifier keys were given; the bundle's own key "
                                  "shows only that it agrees with itself")
                            .c_str());
  }
  print_list(context, "input", compared.inputs);
  if (compared.inputs.empty()) print_list(context, "outcome", compared.claims);
  if (compared.same()) {
    std::printf("%s  %s, %s, verified at %s\n", context.good("replayed: same verdict").c_str(),
                verdict.c_str(), claims.tee.c_str(), format_time(claims.verified_at).c_str());
  } else if (compared.inputs.empty()) {
    std::printf("%s\n", context.bad("REPLAYED: ANOTHER OUTCOME").c_str());
  } else {
    std::printf("%s\n",
                context.bad("NOT REPLAYED: these are not the inputs of this result").c_str());
  }
}

}  // namespace

void add_replay_options(CLI::App& command, ReplayOptions& options) {
  const std::string group = "Replay";
  command
      .add_option("--replay", options.token,
                  "Signed result (JWT or CWT) or proof bundle: appraise again as it says, and "
                  "compare")
      ->group(group);
  command.add_option("--replay-keys", options.keys, "JWK set of the verifier that signed it")
      ->group(group);
}

Result<ReplayInputs> load_replay(const ReplayOptions& options) {
  ATOMA_TRY(const auto file, conformance::read_file(options.token, tlog::kBundleMax));
  ReplayInputs out;
  std::string token;
  std::optional<std::string> jwks;
  if (!file.empty() && file[0] == '{') {
    ATOMA_TRY(auto bundle, tlog::parse_bundle(as_text(file)));
    if (!bundle.ear) return malformed("replay.token", "the bundle holds no result");
    token = *std::move(bundle.ear);
    jwks = std::move(bundle.jwks);
    out.evidence = std::move(bundle.evidence);
  } else {
    token = token_text(file);
  }
  if (!options.keys.empty()) {
    ATOMA_TRY(const auto json, conformance::read_file(options.keys, cose::kKeySetSizeMax));
    jwks = as_text(json);
  } else if (!jwks) {
    return malformed("replay.keys", "name the verifier's JWK set with --replay-keys");
  }
  out.own_keys = options.keys.empty();
  ATOMA_TRY(auto keys, cose::VerificationKeys::parse_jwks(*jwks));
  auto verified = cose::verify_ear_token(token, keys);
  if (!verified) {
    return fail(Code::kPermissionDenied, "replay.token", verified.error().to_string());
  }
  out.ear = std::move(verified->ear);
  out.kid = std::move(verified->kid);
  return out;
}

void print_replay(Context& context, const ReplayInputs& replay, const cose::Ear& again) {
  const Replay compared = appraisal::compare(replay.ear, again);
  context.exit_code = compared.same() ? kExitOk : kExitRefused;
  if (input_missing(compared)) context.exit_code = kExitUnappraisable;
  if (context.json) {
    print_json(replay, compared);
  } else {
    print_text(context, replay, compared);
  }
}

}  // namespace atoma::app
