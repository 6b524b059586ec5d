#include <cstdio>

#include "atoma/appraisal/reference_values.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/store/file.h"
#include "atoma/wire/json_writer.h"
#include "command.h"
#include "conformance/files.h"
#include "server/data_directory.h"

namespace atoma::app {
namespace {

constexpr std::size_t kScalarSize = 32;

struct Options {
  std::string file, key;
};

// The key of the file, made where there is none.
Result<cose::SigningKey> open_key(const store::Path& path) {
  auto& files = store::posix_file_system();
  ATOMA_TRY(const bool exists, files.exists(path));
  if (!exists) {
    crypto::SystemEntropy entropy;
    const auto made = crypto::EcPrivateKey::generate(crypto::Curve::kP256, entropy).scalar();
    ATOMA_TRY_VOID(store::replace_file(files, path, made.expose("a new key file")));
  }
  ATOMA_TRY(const auto scalar, server::read_secret_file(path, kScalarSize));
  ATOMA_TRY(auto key, crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256,
                                                        scalar.expose("sign reference values")));
  return cose::SigningKey(std::move(key));
}

void print_key(const Context& context, const cose::SigningKey& key, const std::string& signature) {
  cose::VerificationKeys keys;
  const std::string kid = keys.add(key.public_key());
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("kid", kid).member("signature", signature).end_object();
    std::printf("%s\n", out.str().c_str());
  } else if (signature.empty()) {
    std::printf("%s\n", keys.to_jwks().c_str());
  } else {
    std::printf("%s  signed by %s\n", signature.c_str(), kid.c_str());
  }
}

void show_key(Context& context, const Options& options) {
  const auto key = open_key(options.key);
  if (!key) return context.report(key.error());
  print_key(context, *key, "");
}

Status sign_file(const Options& options, const cose::SigningKey& key, const std::string& path) {
  ATOMA_TRY(const auto file, conformance::read_file(options.file, appraisal::kReferenceSetMax));
  ATOMA_TRY_VOID(appraisal::parse_reference_values(as_text(file)));
  const std::string signature = appraisal::sign_reference_set(as_text(file), key) + "\n";
  return store::replace_file(store::posix_file_system(), path, as_bytes(signature));
}

void sign(Context& context, const Options& options) {
  const auto key = open_key(options.key);
  if (!key) return context.report(key.error());
  const std::string path = options.file + ".jws";
  if (auto status = sign_file(options, *key, path); !status) return context.report(status.error());
  print_key(context, *key, path);
}

}  // namespace

void add_reference(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("reference", "Sign sets of reference values");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto key_option = [&](CLI::App* sub) {
    sub->add_option("--key", options->key, "File of the signing key; made when it is not there")
        ->required();
  };
  auto* key = command->add_subcommand("key",
                                      "Print the public key as a JWK set; its kid is what "
                                      "policies name");
  key_option(key);
  key->callback([&context, options] { show_key(context, *options); });
  auto* sub = command->add_subcommand("sign", "Check a set and write its signature to FILE.jws");
  sub->add_option("FILE", options->file, "Set of reference values, YAML")->required();
  key_option(sub);
  sub->callback([&context, options] { sign(context, *options); });
  command->footer(
      "Examples:\n"
      "  atoma reference key --key builder.key > builders.jwks\n"
      "  atoma reference sign images.yaml --key builder.key\n"
      "  atoma verify quote.bin --collateral collateral/ --policy policy.yaml \\\n"
      "    --reference-values images.yaml --reference-keys builders.jwks");
}

}  // namespace atoma::app
