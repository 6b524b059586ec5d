#include <cstdio>

#include "atoma/base/limits.h"
#include "atoma/broker/rule.h"
#include "atoma/broker/service.h"
#include "atoma/ledger/bodies.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "atoma/wire/yaml.h"
#include "attestation.h"
#include "command.h"
#include "conformance/files.h"
#include "remote.h"

namespace atoma::app {
namespace {

using wire::JsonDocument;
using wire::JsonValue;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string name;
  std::string file;
  std::string rule;
  std::string token_file;
  std::string attestation;
  std::string out;
  std::string bundle;
};

constexpr std::size_t kTokenMax = 4096;

Result<std::string> load_token(const Options& options) {
  ATOMA_TRY(const auto bytes, conformance::read_file(options.token_file, kTokenMax));
  std::string token(as_text(bytes));
  while (!token.empty() && token.back() <= ' ') token.pop_back();
  return token;
}

Result<SecretBytes> load_secret(const std::string& file) {
  if (file != "-") {
    ATOMA_TRY(auto bytes, conformance::read_file(file, limits::kSecretMax));
    return SecretBytes(std::move(bytes));
  }
  SecretBytes buffer(limits::kSecretMax + 1);
  const auto room = buffer.expose_mutable("reading standard input");
  const std::size_t size = std::fread(room.data(), 1, room.size(), stdin);
  if (size > limits::kSecretMax) {
    return malformed("file.too_large",
                     "standard input: at most " + std::to_string(limits::kSecretMax) + " bytes");
  }
  return SecretBytes::copy_of(room.first(size));
}

// JSON, or YAML for people. Checked here first, so that a mistake is found with the file's name.
Result<std::string> load_rule(const std::string& file) {
  ATOMA_TRY(const auto bytes, conformance::read_file(file, broker::kRuleSizeMax));
  const auto text = as_text(bytes);
  const auto start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string_view::npos && text[start] == '{';
  auto parsed = json ? JsonDocument::parse(text) : wire::parse_yaml(text);
  ATOMA_TRY(const auto document, std::move(parsed));
  ATOMA_TRY_VOID(broker::parse_rule(document.root()));
  return std::string(document.root().raw());
}

Result<std::string> text_member(const JsonDocument& document, std::string_view name) {
  const JsonValue* value = document.root().find(name);
  if (value == nullptr) {
    return fail(Code::kInternal, "remote.failed",
                "the answer has no member \"" + std::string(name) + "\"");
  }
  return std::string(value->is_string() ? value->text() : value->raw());
}

Result<Bytes> bytes_member(const JsonDocument& document, std::string_view name) {
  ATOMA_TRY(const auto text, text_member(document, name));
  return wire::base64_decode(text);
}

RemoteResult<Bytes> put(const Options& options) {
  ATOMA_TRY(const auto token, load_token(options));
  ATOMA_TRY(const auto rule, load_rule(options.rule));
  ATOMA_TRY(const auto secret, load_secret(options.file));
  wire::JsonWriter out;
  out.begin_object()
      .member("secret", wire::base64_encode(secret.expose("sending it to the broker")))
      .key("rule")
      .raw(rule)
      .end_object();
  return call_remote(options.server, {.method = http::Method::kPut,
                                      .path = "/v1/secrets/" + options.name,
                                      .json_body = out.take(),
                                      .bearer_token = token});
}

void run_put(Context& context, const Options& options) {
  const auto body = put(options);
  if (!body) return context.report(body.error(), exit_code_of(body.error()));
  if (context.json) {
    std::printf("%s\n", std::string(as_text(*body)).c_str());
    return;
  }
  const auto document = JsonDocument::parse(as_text(*body));
  const auto version = document ? text_member(*document, "version").value_or("?") : "?";
  const auto index = document ? text_member(*document, "index").value_or("?") : "?";
  std::printf("%s %s, version %s, entry %s of the log\n", context.good("stored").c_str(),
              options.name.c_str(), version.c_str(), index.c_str());
}

struct Released {
  SecretBytes secret;
  std::string version;
  tlog::ProofBundle bundle;
  std::string bundle_json;
};

// That the ledger's entry is of this release: this ciphertext, to this key, for this result.
Status check_entry(const tlog::ProofBundle& bundle, const Attestation& attestation,
                   ByteView ciphertext) {
  ATOMA_TRY(const auto entry, ledger::parse_entry(bundle.entry));
  if (entry.statement.type != "release") {
    return fail(Code::kPermissionDenied, "proof.entry",
                "the log's entry is no release: " + entry.statement.type);
  }
  ATOMA_TRY(const auto body, ledger::read_release(entry.statement.body));
  const std::pair<std::string_view, bool> same[] = {
      {"ear", body.ear == tlog::token_digest(attestation.token)},
      {"key", body.key == crypto::sha256(attestation.key.public_key())},
      {"ciphertext", body.ciphertext == crypto::sha256(ciphertext)}};
  for (const auto& [name, is] : same) {
    if (!is) {
      return fail(Code::kPermissionDenied, "proof.entry",
                  "the log's entry is not of this release: \"" + std::string(name) + "\"");
    }
  }
  return {};
}

Result<Released> unwrap(const Options& options, const Attestation& attestation,
                        const JsonDocument& answer) {
  Released out;
  ATOMA_TRY(const auto enc, bytes_member(answer, "enc"));
  ATOMA_TRY(const auto ciphertext, bytes_member(answer, "ciphertext"));
  ATOMA_TRY(out.version, text_member(answer, "version"));
  ATOMA_TRY(const auto aad, text_member(answer, "aad"));
  ATOMA_TRY(out.bundle_json, text_member(answer, "bundle"));
  ATOMA_TRY(out.bundle, check_bundle(out.bundle_json, attestation.log_key));
  ATOMA_TRY_VOID(check_entry(out.bundle, attestation, ciphertext));
  const JsonValue* version = answer.root().find("version");
  const std::string expected =
      broker::release_aad(options.name, version->unsigned_integer().value_or(0),
                          tlog::token_digest_hex(attestation.token));
  if (aad != expected) {
    return fail(Code::kPermissionDenied, "proof.aad", "the answer is another secret's: " + aad);
  }
  ATOMA_TRY(out.secret, crypto::hpke_open(attestation.key, enc, as_bytes(broker::kReleaseInfo),
                                          as_bytes(aad), ciphertext));
  return out;
}

RemoteResult<Released> get(const Options& options) {
  ATOMA_TRY(const auto attestation, load_attestation(options.attestation));
  wire::JsonWriter request;
  request.begin_object()
      .member("ear", attestation.token)
      .member("index", attestation.bundle.index)
      .member("key", wire::base64_encode(attestation.key.public_key()))
      .end_object();
  ATOMA_TRY(const auto body,
            call_remote(options.server, {.method = http::Method::kPost,
                                         .path = "/v1/secrets/" + options.name + "/release",
                                         .json_body = request.take()}));
  ATOMA_TRY(const auto answer, JsonDocument::parse(as_text(body)));
  return unwrap(options, attestation, answer);
}

Status keep(const Options& options, const Released& released) {
  auto& files = store::posix_file_system();
  if (!options.bundle.empty()) {
    ATOMA_TRY_VOID(store::replace_file(files, options.bundle, as_bytes(released.bundle_json)));
  }
  if (options.out.empty()) return {};
  return store::replace_file(files, options.out, released.secret.expose("the file asked for"));
}

void print_released(const Context& context, const Options& options, const Released& released) {
  const ByteView secret = released.secret.expose("the command's purpose");
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object()
        .member("name", options.name)
        .key("version")
        .raw(released.version)
        .member("index", released.bundle.index);
    if (options.out.empty()) {
      out.member("secret", wire::base64_encode(secret));
    } else {
      out.member("out", options.out);
    }
    std::printf("%s\n", out.end_object().str().c_str());
    return;
  }
  if (options.out.empty()) {
    std::fwrite(secret.data(), 1, secret.size(), stdout);
    return;
  }
  std::printf("%s %s, version %s, entry %llu of the log; written to %s\n",
              context.good("released").c_str(), options.name.c_str(), released.version.c_str(),
              static_cast<unsigned long long>(released.bundle.index), options.out.c_str());
}

void run_get(Context& context, const Options& options) {
  const auto released = get(options);
  if (!released) return context.report(released.error(), exit_code_of(released.error()));
  if (const auto kept = keep(options, *released); !kept) return context.report(kept.error());
  print_released(context, options, *released);
}

RemoteResult<Bytes> list_page(const Options& options, const std::string& token,
                              const std::string& after) {
  const std::string query = after.empty() ? "" : "?after=" + after;
  return call_remote(options.server, {.path = "/v1/secrets" + query, .bearer_token = token});
}

// On one line, for the table.
std::string one_line(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c != '\n' && !(c == ' ' && out.ends_with(' '))) out += c;
  }
  return out;
}

void run_list(Context& context, const Options& options) {
  const auto token = load_token(options);
  if (!token) return context.report(token.error());
  std::string after;
  do {
    const auto body = list_page(options, *token, after);
    if (!body) return context.report(body.error(), exit_code_of(body.error()));
    if (context.json) std::printf("%s\n", std::string(as_text(*body)).c_str());
    const auto document = JsonDocument::parse(as_text(*body));
    const JsonValue* secrets = document ? document->root().find("secrets") : nullptr;
    if (secrets == nullptr) {
      return context.report({Code::kInternal, "remote.failed", "the answer is no list of secrets"},
                            kExitUnappraisable);
    }
    for (const JsonValue& secret : secrets->items()) {
      const JsonValue* name = secret.find("name");
      const JsonValue* version = secret.find("version");
      const JsonValue* rule = secret.find("rule");
      if (context.json || name == nullptr || version == nullptr || rule == nullptr) continue;
      std::printf("%-32s version %-4s %s\n", std::string(name->text()).c_str(),
                  std::string(version->raw()).c_str(), context.dim(one_line(rule->raw())).c_str());
    }
    after = text_member(*document, "next").value_or("");
  } while (!after.empty());
}

constexpr const char* kRuleHelp =
    "A rule is YAML or JSON, and leaves nothing unsaid:\n"
    "  tee: [tdx]\n"
    "  sample: forbid\n"
    "  measurements: {mrtd: [\"<96 hex digits>\"]}\n"
    "  policy_sha256: {accept_any: \"the verifier's policy is reviewed elsewhere\"}\n"
    "  ear_age_max_s: 300\n"
    "The secret comes from a file or, with -, from standard input; never from the command line.";

}  // namespace

void add_secret(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("secret", "Store secrets, and release them to what attested");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about) {
    auto* sub = command->add_subcommand(name, about);
    sub->add_option("--server", options->server, "URL of a running Atoma")->capture_default_str();
    return sub;
  };
  const auto name_of = [&](CLI::App* sub) {
    sub->add_option("NAME", options->name, "Name of the secret")
        ->required()
        ->check([](const std::string& name) {
          return broker::is_secret_name(name) ? std::string()
                                              : "letters, digits, '.', '_', '-', at most 128";
        });
  };
  auto* put_command = add("put", "Store a secret under a release rule, as its next version");
  name_of(put_command);
  put_command->add_option("--file", options->file, "File with the secret, or -")->required();
  put_command->add_option("--rule", options->rule, "Release rule, YAML or JSON")->required();
  put_command->add_option("--token-file", options->token_file, "File with the admin token")
      ->required();
  put_command->footer(kRuleHelp);
  put_command->callback([&context, options] { run_put(context, *options); });

  auto* get_command = add("get", "Fetch and unwrap a secret with an attestation");
  name_of(get_command);
  get_command->add_option("--attestation", options->attestation, "What atoma attest --out wrote")
      ->required();
  get_command->add_option("--out", options->out, "Write the secret here, not to standard output");
  get_command->add_option("--bundle", options->bundle, "Write the proof of the release here");
  get_command->callback([&context, options] { run_get(context, *options); });

  auto* list_command = add("list", "Names, versions and rules; never values");
  list_command->add_option("--token-file", options->token_file, "File with the admin token")
      ->required();
  list_command->callback([&context, options] { run_list(context, *options); });
  command->footer(
      "Examples:\n"
      "  atoma secret put db-password --file - --rule rule.yaml --token-file "
      "atoma-data/admin.token\n"
      "  atoma secret get db-password --attestation workload --out password.txt --bundle "
      "proof.json\n"
      "  atoma audit proof.json --log-key workload/log.vkey");
}

}  // namespace atoma::app
