#include "attestation.h"

#include "atoma/cose/jws.h"
#include "atoma/wire/text.h"
#include "command.h"
#include "server/data_directory.h"

namespace atoma::app {
namespace {

constexpr std::string_view kKeyFile = "key";
constexpr std::string_view kJwtFile = "ear.jwt";
constexpr std::string_view kCwtFile = "ear.cwt";
constexpr std::string_view kBundleFile = "bundle.json";
constexpr std::string_view kJwksFile = "jwks.json";
constexpr std::string_view kLogKeyFile = "log.vkey";
constexpr std::size_t kSeedSize = 32;

Result<std::string> load_text(const store::Path& path, std::size_t size_max) {
  ATOMA_TRY(const auto bytes, store::read_file(store::posix_file_system(), path, size_max));
  return std::string(as_text(bytes));
}

}  // namespace

Status store_attestation(const store::Path& directory, const Attestation& attestation) {
  auto& files = store::posix_file_system();
  ATOMA_TRY_VOID(files.make_directory(directory));
  const auto write = [&](std::string_view name, ByteView contents) {
    return store::replace_file(files, directory / name, contents);
  };
  ATOMA_TRY_VOID(write(kKeyFile, attestation.key.seed("the workload's key file")));
  const bool jwt = cose::ear_format_of(attestation.token) == cose::EarFormat::kJwt;
  ATOMA_TRY_VOID(write(jwt ? kJwtFile : kCwtFile, tlog::token_bytes(attestation.token)));
  // Of an earlier attestation in the other form.
  std::error_code none;
  std::filesystem::remove(directory / (jwt ? kCwtFile : kJwtFile), none);
  ATOMA_TRY_VOID(write(kJwksFile, as_bytes(attestation.jwks)));
  ATOMA_TRY_VOID(write(kLogKeyFile, as_bytes(attestation.log_key + "\n")));
  return write(kBundleFile, as_bytes(attestation.bundle_json));
}

Result<Attestation> load_attestation(const store::Path& directory) {
  ATOMA_TRY(const auto seed, server::read_secret_file(directory / kKeyFile, kSeedSize));
  if (seed.size() != kSeedSize) {
    return malformed("attestation.incomplete", (directory / kKeyFile).string() + " is no key");
  }
  Attestation out{.key = crypto::XwingPrivateKey::from_seed(Secret<kSeedSize>::copy_of(
                      seed.expose("the workload's key").first<kSeedSize>()))};
  ATOMA_TRY(const bool cwt, store::posix_file_system().exists(directory / kCwtFile));
  ATOMA_TRY(out.token, load_text(directory / (cwt ? kCwtFile : kJwtFile), cose::kJwsSizeMax));
  if (cwt) out.token = wire::base64_encode(as_bytes(out.token));
  ATOMA_TRY(out.bundle_json, load_text(directory / kBundleFile, tlog::kBundleMax));
  ATOMA_TRY(out.bundle, tlog::parse_bundle(out.bundle_json));
  ATOMA_TRY(out.jwks, load_text(directory / kJwksFile, cose::kKeySetSizeMax));
  ATOMA_TRY(out.log_key, load_text(directory / kLogKeyFile, tlog::kBundleMax));
  while (out.log_key.ends_with('\n')) out.log_key.pop_back();
  return out;
}

Result<tlog::ProofBundle> check_bundle(std::string_view json, std::string_view log_key) {
  ATOMA_TRY(const auto key, tlog::VerifierKey::parse(log_key));
  ATOMA_TRY(auto bundle, tlog::parse_bundle(json));
  for (const auto& step : ledger::audit_bundle(bundle, &key)) {
    if (!step.ok) {
      return fail(Code::kPermissionDenied, "proof.bundle",
                  "the server's proof does not hold: " + step.id + ": " + step.text);
    }
  }
  return bundle;
}

Result<cose::Ear> check_ear(std::string_view token, std::string_view jwks, std::string_view nonce,
                            ByteView public_key) {
  ATOMA_TRY(auto keys, cose::VerificationKeys::parse_jwks(jwks));
  ATOMA_TRY(auto verified, cose::verify_ear_token(token, keys));
  cose::Ear& ear = verified.ear;
  if (ear.nonce != nonce || ear.atoma.key != tlog::digest_hex(public_key)) {
    return fail(Code::kPermissionDenied, "proof.ear",
                "the result is about another nonce or another key");
  }
  return std::move(ear);
}

int exit_code_of(const Error& error) {
  if (error.reason == "remote.failed" || error.reason.starts_with("http.client.")) {
    return kExitUnappraisable;
  }
  return error.code == Code::kPermissionDenied ? kExitRefused : kExitUsage;
}

}  // namespace atoma::app
