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
#include "listen.h"
#include "registry_files.h"
#include "registry_lookup.h"
#include "registry_submit.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

struct Options {
  std::string key;
  std::string data, origin, genesis;
  std::string listen = "127.0.0.1:8473";
  bool allow_non_loopback = false;
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
  auto genesis = options.genesis.empty() ? registry::Genesis{} : load_genesis(options.genesis);
  if (!genesis) return context.report(genesis.error());
  const std::string sequencer_key = wire::base64_encode(key->public_key().raw());
  const auto first = [&](const tlog::VerifierKey& log_key) -> Result<Bytes> {
    if (options.genesis.empty()) {
      return malformed("registry.genesis", "a new ledger needs issuers: --genesis FILE");
    }
    return registry::sign_genesis(*genesis, log_key, *key, clock.now(), entropy);
  };
  auto log = registry::Registry::open(options.data, options.origin, entropy, first);
  if (!log) return context.report(log.error());
  auto sequencer =
      registry::Sequencer::open(**log,
                                {.key = *std::move(key),
                                 .files = &store::posix_file_system(),
                                 .mark = std::filesystem::path(options.data) / "verified"},
                                clock, entropy);
  if (!sequencer) return context.report(sequencer.error());
  http::Router router;
  registry::mount_log_api(router, **log);
  registry::mount_tile_api(router, **log);
  registry::mount_typed_api(router, **sequencer);
  auto server = http::Server::start(std::move(router), wanted);
  if (!server) return context.report(start_error(server.error()));
  print_ready(context, url_of(wanted, (*server)->port()), (*log)->verifier_key(), sequencer_key,
              (*sequencer)->size());
  signals.wait();
  (*server)->stop();
  sequencer->reset();
  (*log)->close();
  if (!context.json) std::printf("stopped\n");
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
      "  atoma registry propose measurement.remove 9f2c… --key anna.key   then: vote 7, activate "
      "7\n"
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

  add_registry_submit(*command, context);
  add_registry_govern(*command, context);
  add_registry_lookup(*command, context);
  add_registry_trust(*command, context);
}

}  // namespace atoma::app
