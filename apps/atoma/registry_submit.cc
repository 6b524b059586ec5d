#include "registry_submit.h"

#include <cstdio>

#include "atoma/crypto/system_entropy.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "registry_files.h"
#include "registry_lookup.h"
#include "remote.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

RemoteResult<std::optional<ledger::EntryRef>> fetch_head(const Submission& submission) {
  ATOMA_TRY(const auto body,
            call_remote(submission.server,
                        {.path = "/v1/registry/head" +
                                 label_query(submission.label.space, submission.label.label)}));
  const auto document = wire::JsonDocument::parse(as_text(body));
  const auto* previous = document ? document->root().find("previous") : nullptr;
  if (previous == nullptr) return std::unexpected(bad_answer());
  if (!previous->is_object()) return std::optional<ledger::EntryRef>();
  const auto* index = previous->find("index");
  const auto* leaf = previous->find("leaf_hash");
  const auto number = index != nullptr ? index->unsigned_integer() : std::nullopt;
  const auto hash = leaf != nullptr ? wire::base64_decode(leaf->text()) : Result<Bytes>(Bytes());
  ledger::EntryRef out;
  if (!number || !hash || hash->size() != out.leaf.size()) return std::unexpected(bad_answer());
  out.index = *number;
  std::ranges::copy(*hash, out.leaf.begin());
  return std::optional(out);
}

struct Options {
  Submission submission;
  std::string body = "{}";
};

void submit(Context& context, Options& options) {
  auto body = body_from_json(options.body);
  if (!body) return context.report(body.error());
  options.submission.body = *std::move(body);
  report_submission(context, submit_statement(options.submission));
}

}  // namespace

RemoteResult<Bytes> submit_statement(const Submission& submission) {
  ATOMA_TRY(const auto key, load_issuer_key(submission.key));
  if (submission.body.size() > ledger::kEntryMax / 2) {
    return std::unexpected(
        RemoteError(Error{Code::kInvalidArgument, "registry.body", "the body is too large"}));
  }
  ATOMA_TRY(const auto previous, fetch_head(submission));
  Bytes nonce(16);
  crypto::SystemEntropy().fill(nonce);
  ledger::Statement statement{.type = submission.type,
                              .label = submission.label,
                              .previous = previous,
                              .time = SystemClock().now(),
                              .expiry = std::nullopt,
                              .nonce = std::move(nonce),
                              .body = submission.body};
  if (submission.expires_in > 0)
    statement.expiry = statement.time + Duration{submission.expires_in};
  wire::JsonWriter out;
  out.begin_object().member("entry", wire::base64_encode(ledger::sign_entry(statement, key)));
  return call_remote(submission.server, {.method = http::Method::kPost,
                                         .path = "/v1/registry/entries",
                                         .json_body = out.end_object().take()});
}

void report_submission(Context& context, const RemoteResult<Bytes>& answer) {
  if (!answer) return context.report(answer.error(), exit_code_of(answer.error()));
  if (context.json) {
    std::printf("%s\n", std::string(as_text(*answer)).c_str());
    return;
  }
  const auto document = wire::JsonDocument::parse(as_text(*answer));
  const auto* index = document ? document->root().find("index") : nullptr;
  if (index == nullptr) return context.report(bad_answer(), kExitUnappraisable);
  std::printf("entry %s\n", std::string(index->raw()).c_str());
}

void add_registry_submit(CLI::App& registry, Context& context) {
  auto* command = registry.add_subcommand("submit", "Sign an entry and have it appended");
  auto options = std::make_shared<Options>();
  Submission& submission = options->submission;
  command->add_option("--server", submission.server, "URL of a ledger")->capture_default_str();
  command->add_option("--namespace", submission.label.space, "The label's namespace")->required();
  command->add_option("--label", submission.label.label, "The label")->required();
  command->add_option("--key", submission.key, "The issuer's key")->required();
  command->add_option("--type", submission.type, "The entry's type")->required();
  command
      ->add_option("--body", options->body,
                   R"(The body as JSON: {"1": "text", "2": "hex:00ff", "3": 7})")
      ->capture_default_str();
  command->add_option("--expires-in", submission.expires_in, "Seconds; 0: never")
      ->check(CLI::NonNegativeNumber);
  command->callback([&context, options] { submit(context, *options); });
}

}  // namespace atoma::app
