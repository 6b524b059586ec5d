// The members' part of a ledger: proposals to change what is trusted, votes, activation.
#include <charconv>
#include <cstdio>
#include <format>

#include "atoma/ledger/bodies.h"
#include "atoma/ledger/entry_json.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "registry_files.h"
#include "registry_submit.h"
#include "remote_log.h"

namespace atoma::app {
namespace {

// One label for all of it: proposals and votes are one history.
const ledger::LabelName kTrust{"atoma", "trust"};

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string log_key, key, change, value;
  std::uint64_t index = 0;

  Submission submission(std::string type, Bytes body) const {
    return {.server = server,
            .key = key,
            .type = std::move(type),
            .label = kTrust,
            .body = std::move(body)};
  }
};

std::unexpected<Error> bad_value(std::string_view expected) {
  return malformed("usage.propose", "the value: expected " + std::string(expected));
}

// "2,1,3600".
Result<ledger::Thresholds> parse_thresholds(std::string_view text) {
  std::uint64_t parts[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t& part : parts) {
    const auto [next, error] = std::from_chars(at, end, part);
    const bool last = &part == &parts[2];
    if (error != std::errc() || (last ? next != end : next == end || *next != ',')) {
      return bad_value("ADD,REMOVE,DELAY: weights, and seconds before an addition counts");
    }
    at = next + 1;
  }
  return ledger::Thresholds{parts[0], parts[1], Duration{static_cast<std::int64_t>(parts[2])}};
}

// The change's value as the ledger's rules read it.
Result<Bytes> encode_value(std::string_view change, std::string_view text) {
  if (change == "thresholds") {
    ATOMA_TRY(const auto thresholds, parse_thresholds(text));
    return ledger::encode_thresholds(thresholds);
  }
  if (change == "issuer.add") {
    ATOMA_TRY(const auto document, wire::JsonDocument::parse(text));
    ATOMA_TRY(const auto issuer, read_issuer(document.root()));
    return ledger::encode_issuer(issuer);
  }
  const auto digest = wire::hex_decode(text);
  if (!digest) return bad_value("a digest or a key id in hex");
  return wire::CborWriter().bytes(*digest).take();
}

RemoteResult<Bytes> propose(const Options& options) {
  ATOMA_TRY(const Bytes value, encode_value(options.change, options.value));
  // A proposal names the ledger that its author has seen.
  ATOMA_TRY(const auto log, RemoteLog::open(options.server, options.log_key));
  wire::CborWriter body;
  body.begin_map().key(1).value(options.change).key(2).raw(value);
  body.key(3).begin_array().value(log.size()).bytes(log.root()).end_array().end_map();
  return submit_statement(options.submission("policy.propose", body.take()));
}

// Whoever votes sees for what: the entry under the log's own checkpoint.
RemoteResult<Bytes> vote(const Context& context, const Options& options) {
  ATOMA_TRY(const auto log, RemoteLog::open(options.server, options.log_key));
  ATOMA_TRY(const auto proposal, log.entry(options.index));
  const auto entry = ledger::parse_entry(proposal.bytes);
  if (!entry || entry->statement.type != "policy.propose") {
    return std::unexpected(
        RemoteError(Error{Code::kInvalidArgument, "usage.vote",
                          std::format("entry {} is no proposal", options.index)}));
  }
  if (!context.json) {
    wire::JsonWriter shown;
    ledger::write_entry_json(shown, *entry);
    std::printf("votes for %s\n", shown.str().c_str());
  }
  wire::CborWriter body;
  body.begin_map().key(1).value(options.index).key(2).bytes(proposal.leaf_hash).end_map();
  return submit_statement(options.submission("policy.vote", body.take()));
}

RemoteResult<Bytes> activate(const Options& options) {
  wire::CborWriter body;
  body.begin_map().key(1).value(options.index).end_map();
  return submit_statement(options.submission("policy.activate", body.take()));
}

CLI::App* add_command(CLI::App& registry, const char* name, const char* about,
                      const std::shared_ptr<Options>& options) {
  auto* command = registry.add_subcommand(name, about);
  command->add_option("--server", options->server, "URL of a ledger")->capture_default_str();
  command->add_option("--key", options->key, "The issuer's key")->required();
  return command;
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma registry propose policy.add 3f…                  a policy's digest (SHA-256)\n"
    "  atoma registry propose measurement.remove 9f2c…        nothing more goes to this image\n"
    "  atoma registry propose issuer.add '{\"name\": \"ben\", \"key\": \"PUAX…\", \"roles\": "
    "[\"member\"], \"weight\": 1}'\n"
    "  atoma registry propose issuer.remove KEY-ID\n"
    "  atoma registry propose thresholds 2,1,86400            weight to add, to remove, delay\n"
    "each with --key FILE. Then members vote for the entry's number, and anybody activates it.";

}  // namespace

void add_registry_govern(CLI::App& registry, Context& context) {
  auto options = std::make_shared<Options>();
  auto* proposing =
      add_command(registry, "propose", "Propose a change of what is trusted", options);
  proposing->add_option("CHANGE", options->change, "policy.add, measurement.remove, …")->required();
  proposing->add_option("VALUE", options->value, "What it is about")->required();
  proposing->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it");
  proposing->footer(kFooter);
  proposing->callback([&context, options] { report_submission(context, propose(*options)); });

  auto* voting = add_command(registry, "vote", "Vote for a proposal", options);
  voting->add_option("INDEX", options->index, "The proposal's entry")->required();
  voting->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it");
  voting->callback([&context, options] { report_submission(context, vote(context, *options)); });

  auto* activating =
      add_command(registry, "activate", "Have a proposal with enough votes count", options);
  activating->add_option("INDEX", options->index, "The proposal's entry")->required();
  activating->callback([&context, options] { report_submission(context, activate(*options)); });
}

}  // namespace atoma::app
