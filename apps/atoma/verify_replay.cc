#include "verify_replay.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <format>

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

// A bundle, or a batch's token; base64 makes neither longer than this.
constexpr std::size_t kTokenFileMax = std::max(tlog::kBundleMax, cose::kEarBatchSizeMax);

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

// What is printed of a comparison.
struct Compared {
  const cose::AtomaClaims& claims;     // of the result
  std::optional<std::uint32_t> place;  // in its batch
  Replay replay;
};

// Members of an object that the caller opens and closes.
void write_compared(wire::JsonWriter& out, const Compared& compared) {
  const auto& claims = compared.claims;
  out.member("replay", outcome_word(compared.replay))
      .member("verdict", cose::verdict_name(claims.verdict))
      .member("tee", claims.tee)
      .member("verified_at", format_time(claims.verified_at));
  if (compared.place) out.member("item", std::uint64_t{*compared.place});
  const auto& [inputs, differences] = compared.replay;
  write_list(out, "inputs", inputs);
  // Of other inputs another outcome says nothing.
  write_list(out, "differences", inputs.empty() ? differences : std::vector<Difference>());
}

void print_json(const ReplayInputs& replay, const Compared& compared) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().member("kid", replay.kid).member("keys_given", !replay.own_keys);
  write_compared(out, compared);
  std::printf("%s\n", out.end_object().str().c_str());
}

void print_text(const Context& context, const ReplayInputs& replay, const Compared& compared) {
  const auto& claims = compared.claims;
  const std::string verdict(cose::verdict_name(claims.verdict));
  std::printf("  %s  signature of %s\n", context.good("pass").c_str(), replay.kid.c_str());
  if (replay.own_keys) {
    std::printf("%s\n", context
                            .warn("WARNING: no verifier keys were given; the bundle's own key "
                                  "shows only that it agrees with itself")
                            .c_str());
  }
  if (compared.place) std::printf("        result %u of the batch\n", *compared.place);
  const auto& [inputs, differences] = compared.replay;
  print_list(context, "input", inputs);
  if (inputs.empty()) print_list(context, "outcome", differences);
  if (compared.replay.same()) {
    std::printf("%s  %s, %s, verified at %s\n", context.good("replayed: same verdict").c_str(),
                verdict.c_str(), claims.tee.c_str(), format_time(claims.verified_at).c_str());
  } else if (inputs.empty()) {
    std::printf("%s\n", context.bad("REPLAYED: ANOTHER OUTCOME").c_str());
  } else {
    std::printf("%s\n",
                context.bad("NOT REPLAYED: these are not the inputs of this result").c_str());
  }
}

void print(Context& context, const ReplayInputs& replay, const Compared& compared) {
  context.exit_code = compared.replay.same() ? kExitOk : kExitRefused;
  if (input_missing(compared.replay)) context.exit_code = kExitUnappraisable;
  if (context.json) {
    print_json(replay, compared);
  } else {
    print_text(context, replay, compared);
  }
}

Compared compared_of(const ItemReplay& item) {
  const bool known = item.claimed != nullptr;
  return {item.claims, known ? std::optional(item.claimed->place) : std::nullopt, item.replay};
}

void print_items_json(const ReplayInputs& replay, const std::vector<ItemReplay>& items,
                      const std::vector<const cose::EarItem*>& unseen) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().member("kid", replay.kid).member("keys_given", !replay.own_keys);
  out.key("items").begin_array();
  for (const auto& item : items) {
    out.begin_object().member("file", item.file);
    write_compared(out, compared_of(item));
    out.end_object();
  }
  out.end_array().key("without_evidence").begin_array();
  for (const auto* claimed : unseen) out.value(std::uint64_t{claimed->place});
  std::printf("%s\n", out.end_array().end_object().str().c_str());
}

void print_items_text(const Context& context, const ReplayInputs& replay,
                      const std::vector<ItemReplay>& items,
                      const std::vector<const cose::EarItem*>& unseen) {
  for (const auto& item : items) {
    std::printf("%s\n", item.file.c_str());
    print_text(context, replay, compared_of(item));
  }
  for (const auto* claimed : unseen) {
    std::printf("  %s  result %u of the batch: no evidence was given, SHA-256 %s\n",
                context.warn("----").c_str(), claimed->place,
                claimed->atoma.evidence_sha256.c_str());
  }
}

// One result or many: a token of many has no claims of its own, and is no result of one.
Status verify_token(const std::string& token, cose::VerificationKeys& keys, ReplayInputs& out) {
  auto one = cose::verify_ear_token(token, keys);
  if (one) {
    out.result = std::move(one->ear);
    out.kid = std::move(one->kid);
    return {};
  }
  auto many = cose::verify_ear_batch_token(token, keys);
  if (!many) return fail(Code::kPermissionDenied, "replay.token", one.error().to_string());
  out.result = std::move(many->batch);
  out.kid = std::move(many->kid);
  return {};
}

}  // namespace

Time ReplayInputs::verified_at() const {
  return one() != nullptr ? one()->atoma.verified_at : many()->items.front().atoma.verified_at;
}

const cose::EarItem* find_item(const cose::EarBatch& batch, const cose::AtomaClaims& again) {
  const cose::EarItem* found = nullptr;
  for (const auto& item : batch.items) {
    if (item.atoma.evidence_sha256 != again.evidence_sha256) continue;
    if (item.atoma.policy_sha256 == again.policy_sha256) return &item;
    if (found == nullptr) found = &item;
  }
  return found;
}

void add_replay_options(CLI::App& command, ReplayOptions& options) {
  const std::string group = "Replay";
  command
      .add_option(
          "--replay", options.token,
          "Signed result (JWT or CWT), of a batch, too, or proof bundle: appraise again as it "
          "says, and "
          "compare")
      ->group(group);
  command.add_option("--replay-keys", options.keys, "JWK set of the verifier that signed it")
      ->group(group);
}

Result<ReplayInputs> load_replay(const ReplayOptions& options) {
  ATOMA_TRY(const auto file, conformance::read_file(options.token, kTokenFileMax));
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
  ATOMA_TRY_VOID(verify_token(token, keys, out));
  return out;
}

void print_replay(Context& context, const ReplayInputs& replay, const cose::Ear& again) {
  const cose::Ear& claimed = *replay.one();
  print(context, replay, {claimed.atoma, std::nullopt, appraisal::compare(claimed, again)});
}

void print_replay(Context& context, const ReplayInputs& replay, const cose::EarItem* item,
                  const cose::EarItem& again) {
  if (item != nullptr) {
    return print(context, replay, {item->atoma, item->place, appraisal::compare(*item, again)});
  }
  print(context, replay, {again.atoma, std::nullopt, no_result(*replay.many(), again)});
}

appraisal::Replay no_result(const cose::EarBatch& batch, const cose::EarItem& again) {
  Difference none{.name = "evidence",
                  .claimed = std::format("{} results, none about it", batch.items.size()),
                  .found = again.atoma.evidence_sha256};
  return {.inputs = {std::move(none)}, .claims = {}};
}

bool is_folder(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_directory(path, none);
}

Result<std::vector<std::string>> files_of(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (out.size() == cose::kEarBatchItemsMax) {
      return malformed("usage.evidence", folder + ": more files than a batch has results");
    }
    if (at->is_regular_file()) out.push_back(at->path().string());
  }
  if (error || out.empty()) return malformed("usage.evidence", folder + ": no files to read");
  std::ranges::sort(out);
  return out;
}

void print_replays(Context& context, const ReplayInputs& replay,
                   const std::vector<ItemReplay>& items) {
  std::vector<const cose::EarItem*> unseen;
  for (const auto& claimed : replay.many()->items) {
    if (!std::ranges::contains(items, &claimed, &ItemReplay::claimed)) unseen.push_back(&claimed);
  }
  const auto worst = [&](const ItemReplay& item) {
    return !item.replay.same() && !input_missing(item.replay);
  };
  const bool bad = std::ranges::any_of(items, worst);
  const bool missing =
      !unseen.empty() || std::ranges::any_of(items, input_missing, &ItemReplay::replay);
  context.exit_code = bad ? kExitRefused : missing ? kExitUnappraisable : kExitOk;
  if (context.json) {
    print_items_json(replay, items, unseen);
  } else {
    print_items_text(context, replay, items, unseen);
  }
}

}  // namespace atoma::app
