#include "atoma/witness/witness.h"

#include <cstdio>

#include "atoma/crypto/system_entropy.h"
#include "atoma/wire/json_writer.h"
#include "command.h"
#include "listen.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

struct Options {
  std::string data;
  std::string name;
  std::vector<std::string> logs;
  std::string listen = "127.0.0.1:8471";
  bool allow_non_loopback = false;
};

void print_ready(const Context& context, const std::string& url, const witness::Witness& running) {
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("ready", true).member("url", url).key("keys").begin_array();
    for (const auto& key : running.keys()) out.value(key.to_string());
    out.end_array().end_object();
    std::printf("%s\n", out.str().c_str());
  } else {
    std::printf("%s\n", context.warn("Keys lie in files: for development only.").c_str());
    std::printf("listens on   %s\n", context.bold(url).c_str());
    for (const auto& key : running.keys()) {
      std::printf("witness key  %s\n", key.to_string().c_str());
    }
    std::printf("%s\n", context.good("ready").c_str());
  }
  std::fflush(stdout);
}

void run(Context& context, const Options& options) {
  http::ServerOptions edge;
  if (const auto good = parse_listen(options.listen, options.allow_non_loopback, edge); !good) {
    return context.report(good.error());
  }
  witness::Config config{.name = options.name, .logs = {}};
  for (const auto& text : options.logs) {
    auto key = tlog::parse_log_key(text);
    if (!key) return context.report(key.error());
    config.logs.push_back(*std::move(key));
  }
  const StopSignals stop_signals;
  const SystemClock clock;
  crypto::SystemEntropy entropy;
  auto opened = witness::Witness::open(options.data, std::move(config), clock, entropy);
  if (!opened) return context.report(opened.error());
  http::Router router;
  (*opened)->mount(router);
  auto server = http::Server::start(std::move(router), edge);
  if (!server) return context.report(start_error(server.error()));
  print_ready(context, url_of(edge, (*server)->port()), **opened);
  stop_signals.wait();
  (*server)->stop();
  if (!context.json) std::printf("stopped\n");
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma witness --data ./w1 --name witness.example/w1 --log \"$(cat log.vkey)\"\n"
    "  atoma witness --data ./w1 --name witness.example/w1 --listen 127.0.0.1:0 \\\n"
    "    --log example.org/log+530d903a+Aek… --log example.org/log+98d1d4c4+Bhv…\n"
    "Logs send to URL/add-checkpoint (c2sp.org/tlog-witness). Give the two printed keys, Ed25519\n"
    "and ML-DSA-44, to logs and their readers for their policies (c2sp.org/tlog-policy).\n"
    "A witness is of use where the log's operator can't reach it: run it for others' logs, and\n"
    "never restore its directory from a backup, because it must not forget what it cosigned.";

}  // namespace

void add_witness(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("witness", "Cosign the checkpoints of logs that only grow");
  auto options = std::make_shared<Options>();
  command->add_option("--data", options->data, "Data directory, made when it is not there")
      ->required();
  command->add_option("--name", options->name, "The witness's name, like witness.example/w1")
      ->required();
  command
      ->add_option("--log", options->logs,
                   "Verifier key of a log, Ed25519 or ML-DSA-44; again for more logs or keys")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command->add_flag("--allow-non-loopback", options->allow_non_loopback,
                    "Listen on other than loopback addresses. There is no TLS yet");
  command->footer(kFooter);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
