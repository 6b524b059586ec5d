// A ledger of typed entries: run one, write to it, look things up.
#include <cstdio>
#include <format>

#include "atoma/crypto/system_entropy.h"
#include "atoma/registry/api.h"
#include "atoma/registry/tile_api.h"
#include "atoma/registry/typed_api.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "command.h"
#include "conformance/files.h"
#include "listen.h"
#include "registry_files.h"
#include "registry_lookup.h"
#include "remote.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

constexpr std::size_t kGenesisMax = 1024 * 1024;

struct Options {
  std::string server = "http://127.0.0.1:8473";
  std::string key;
  // serve
  std::string data, origin, genesis;
  std::string listen = "127.0.0.1:8473";
  bool allow_non_loopback = false;
  // submit
  std::string type, space, label, body = "{}";
  std::int64_t expires_in = 0;
};

std::string key_id_of(const cose::SigningKey& key) {
  return wire::hex_encode(ledger::key_id(key.algorithm(), key.public_key().raw()));
}

void keygen(Context& context, const Options& options) {
  crypto::SystemEntropy entropy;
  const auto key = create_issuer_key(options.key, entropy);
  if (!key) return context.report(key.error());
  const std::string raw = wire::base64_encode(key->public_key().raw());
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("key", raw).member("key_id", key_id_of(*key)).end_object();
    std::printf("%s\n", out.str().c_str());
    return;
  }
  std::printf("key     %s\nkey id  %s\n", raw.c_str(), key_id_of(*key).c_str());
}

void print_ready(const Context& context, const std::string& url, const tlog::VerifierKey& log_key,
                 const std::string& sequencer, std::uint64_t size) {
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("ready", true).member("url", url);
    out.member("log_key", log_key.to_string()).member("sequencer", sequencer);
    out.member("log_size", size).end_object();
    std::printf("%s\n", out.str().c_str());
  } else {
    std::printf("%s\n", context.warn("Keys lie in files: for development only.").c_str());
    std::printf("listens on   %s\nlog key      %s\nsequencer    %s\nlog entries  %llu\n%s\n",
                context.bold(url).c_str(), log_key.to_string().c_str(), sequencer.c_str(),
                static_cast<unsigned long long>(size), context.good("ready").c_str());
  }
  std::fflush(stdout);
}

Result<registry::Genesis> read_genesis(const std::string& file) {
  if (file.empty()) return registry::Genesis{};
  ATOMA_TRY(const Bytes yaml, conformance::read_file(file, kGenesisMax));
  return parse_genesis(as_text(yaml));
}

void serve(Context& context, const Options& options) {
  http::ServerOptions wanted;
  if (const auto good = parse_listen(options.listen, options.allow_non_loopback, wanted); !good) {
    return context.report(good.error());
  }
  const StopSignals signals;
  const SystemClock clock;
  crypto::SystemEntropy entropy;
  auto key = load_issuer_key(options.key);
  if (!key) return context.report(key.error());
  auto genesis = read_genesis(options.genesis);
  if (!genesis) return context.report(genesis.error());
  const std::string sequencer_key = wire::base64_encode(key->public_key().raw());
  auto log = registry::Registry::open(options.data, options.origin, clock, entropy,
                                      store::posix_file_system(), registry::Origin::kGeneric);
  if (!log) return context.report(log.error());
  auto sequencer = registry::Sequencer::open(
      **log, {.key = *std::move(key), .genesis = *std::move(genesis)}, clock, entropy);
  if (!sequencer) return context.report(sequencer.error());
  http::Router router;
  registry::mount_log_api(router, **log);
  registry::mount_tile_api(router, **log);
  registry::mount_typed_api(router, **sequencer);
  auto server = http::Server::start(std::move(router), wanted);
  if (!server) return context.report(server.error());
  print_ready(context, url_of(wanted, (*server)->port()), (*log)->verifier_key(), sequencer_key,
              (*sequencer)->size());
  signals.wait();
  (*server)->stop();
  sequencer->reset();
  (*log)->close();
  if (!context.json) std::printf("stopped\n");
}

RemoteResult<std::optional<ledger::EntryRef>> fetch_head(const Options& options) {
  ATOMA_TRY(const auto body,
            call_remote(options.server,
                        {.path = "/v1/registry/head" + label_query(options.space, options.label)}));
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

RemoteResult<Bytes> submit_statement(const Options& options) {
  ATOMA_TRY(const auto key, load_issuer_key(options.key));
  ATOMA_TRY(Bytes body, body_from_json(options.body));
  if (body.size() > ledger::kEntryMax / 2) {
    return std::unexpected(
        RemoteError(Error{Code::kInvalidArgument, "registry.body", "the body is too large"}));
  }
  ATOMA_TRY(const auto previous, fetch_head(options));
  Bytes nonce(16);
  crypto::SystemEntropy().fill(nonce);
  ledger::Statement statement{.type = options.type,
                              .label = {options.space, options.label},
                              .previous = previous,
                              .time = SystemClock().now(),
                              .expiry = std::nullopt,
                              .nonce = std::move(nonce),
                              .body = std::move(body)};
  if (options.expires_in > 0) statement.expiry = statement.time + Duration{options.expires_in};
  wire::JsonWriter out;
  out.begin_object().member("entry", wire::base64_encode(ledger::sign_entry(statement, key)));
  return call_remote(options.server, {.method = http::Method::kPost,
                                      .path = "/v1/registry/entries",
                                      .json_body = out.end_object().take()});
}

void submit(Context& context, const Options& options) {
  const auto answer = submit_statement(options);
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

void add_label(CLI::App& command, Options& options) {
  command.add_option("--server", options.server, "URL of a registry")->capture_default_str();
  command.add_option("--namespace", options.space, "The label's namespace")->required();
  command.add_option("--label", options.label, "The label")->required();
}

}  // namespace

void add_registry(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("registry", "A ledger of typed entries under rules");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  atoma registry keygen sequencer.key && atoma registry keygen broker.key\n"
      "  atoma registry serve --data ./registry --origin example.org/registry \\\n"
      "      --key sequencer.key --genesis genesis.yaml\n"
      "  atoma registry submit --key broker.key --type deployment --namespace web --label shop\n"
      "  atoma registry lookup --namespace web --label shop --log-key VKEY --sequencer KEY\n"
      "  atoma registry history --namespace web --label shop --log-key VKEY --sequencer KEY \\\n"
      "      --map-cosigner VKEY --monitor http://127.0.0.1:8474\n"
      "api/entry.cddl says what entries are, examples/genesis.yaml how a ledger begins.");
  auto options = std::make_shared<Options>();

  auto* make = command->add_subcommand("keygen", "Make the key of an issuer");
  make->add_option("FILE", options->key, "Where its seed goes")->required();
  make->callback([&context, options] { keygen(context, *options); });

  auto* run = command->add_subcommand("serve", "Run a ledger of typed entries");
  run->add_option("--data", options->data, "Data directory")->required();
  run->add_option("--origin", options->origin, "The log's name, like example.org/log")->required();
  run->add_option("--key", options->key, "The sequencer's key")->required();
  run->add_option("--genesis", options->genesis, "Issuers and thresholds, to begin with (YAML)");
  run->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  run->add_flag("--allow-non-loopback", options->allow_non_loopback,
                "Listen on other than loopback addresses. There is no TLS yet");
  run->callback([&context, options] { serve(context, *options); });

  auto* write = command->add_subcommand("submit", "Sign an entry and have it appended");
  add_label(*write, *options);
  write->add_option("--key", options->key, "The issuer's key")->required();
  write->add_option("--type", options->type, "The entry's type")->required();
  write
      ->add_option("--body", options->body,
                   R"(The body as JSON: {"1": "text", "2": "hex:00ff", "3": 7})")
      ->capture_default_str();
  write->add_option("--expires-in", options->expires_in, "Seconds; 0: never")
      ->check(CLI::NonNegativeNumber);
  write->callback([&context, options] { submit(context, *options); });

  add_registry_lookup(*command, context);
  add_registry_trust(*command, context);
}

}  // namespace atoma::app
