#include "log_serve.h"

#include <cstdio>

#include "atoma/crypto/system_entropy.h"
#include "atoma/registry/api.h"
#include "atoma/registry/tile_api.h"
#include "atoma/wire/json_writer.h"
#include "listen.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

struct Options {
  std::string data;
  std::string origin;
  std::string listen = "127.0.0.1:8472";
  bool allow_non_loopback = false;
};

void print_ready(const Context& context, const registry::Registry& log, const std::string& url) {
  const auto size = log.latest_checkpoint().checkpoint.size;
  const std::string key = log.verifier_key().to_string();
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("ready", true).member("url", url).member("log_key", key);
    out.member("log_size", size).end_object();
    std::printf("%s\n", out.str().c_str());
  } else {
    std::printf("%s\n", context
                            .warn("The key lies in a file: for development only. Anybody who "
                                  "reaches this server can append.")
                            .c_str());
    std::printf("listens on   %s\n", context.bold(url).c_str());
    std::printf("log key      %s\n", key.c_str());
    std::printf("log entries  %llu\n", static_cast<unsigned long long>(size));
    std::printf("%s\n", context.good("ready").c_str());
  }
  std::fflush(stdout);
}

void run(Context& context, const Options& options) {
  http::ServerOptions wanted;
  // Writers wait for the disk, many in one batch, and hold no thread meanwhile.
  wanted.connections_max = 2048;
  wanted.in_flight_max = 2048;
  if (const auto good = parse_listen(options.listen, options.allow_non_loopback, wanted); !good) {
    return context.report(good.error());
  }
  const StopSignals signals;
  crypto::SystemEntropy entropy;
  auto log = registry::Registry::open(options.data, options.origin, entropy, nullptr);
  if (!log) return context.report(log.error());
  http::Router router;
  registry::mount_log_api(router, **log);
  registry::mount_tile_api(router, **log);
  registry::mount_add_api(router, **log);
  auto server = http::Server::start(std::move(router), wanted);
  if (!server) return context.report(start_error(server.error()));
  print_ready(context, **log, url_of(wanted, (*server)->port()));
  signals.wait();
  (*server)->stop();
  (*log)->close();
  if (!context.json) std::printf("stopped\n");
}

}  // namespace

void add_log_serve(CLI::App& log, Context& context) {
  auto* command = log.add_subcommand(
      "serve", "Run a log of its own that takes any bytes, for clients of C2SP tlog-tiles");
  auto options = std::make_shared<Options>();
  command->add_option("--data", options->data, "Data directory")->required();
  command->add_option("--origin", options->origin, "The log's name, like example.org/log")
      ->required();
  command->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command->add_flag("--allow-non-loopback", options->allow_non_loopback,
                    "Listen on other than loopback addresses. There is no TLS yet");
  command->footer(
      "Examples:\n"
      "  atoma log serve --data ./log --origin example.org/log\n"
      "  curl --data-binary @entry http://127.0.0.1:8472/add\n"
      "  curl http://127.0.0.1:8472/checkpoint\n"
      "It also answers /tile/…, /log/verifier-key and the reading routes under /v1/log.");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
