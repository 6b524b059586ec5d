#include "data_directory.h"

#include "atoma/wire/text.h"

namespace atoma::server {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kTokenMax = 256;

// The file's contents, made by `make` where there is none yet.
template <typename Make>
Result<SecretBytes> load_or_create(const store::Path& path, std::size_t size_max, Make make) {
  auto& files = store::posix_file_system();
  ATOMA_TRY(const bool exists, files.exists(path));
  if (exists) return read_secret_file(path, size_max);
  SecretBytes made = make();
  ATOMA_TRY_VOID(store::replace_file(files, path, made.expose("a new key file")));
  return made;
}

SecretBytes random_bytes(Entropy& entropy) {
  SecretBytes out(kKeySize);
  entropy.fill(out.expose_mutable("a new key"));
  return out;
}

// A random key of 32 bytes.
Result<SecretBytes> load_key(const store::Path& path, Entropy& entropy) {
  ATOMA_TRY(auto key, load_or_create(path, kKeySize, [&] { return random_bytes(entropy); }));
  if (key.size() == kKeySize) return key;
  return fail(Code::kDataLoss, "data.key", path.string() + " is not a key of 32 bytes");
}

// Text, without the newline that a file has.
Result<SecretBytes> load_token(const store::Path& path, Entropy& entropy) {
  ATOMA_TRY(const auto token, load_or_create(path, kTokenMax, [&] {
              const auto random = random_bytes(entropy);
              const auto text = wire::base64url_encode(random.expose("a new token")) + "\n";
              return SecretBytes::copy_of(as_bytes(text));
            }));
  ByteView text = token.expose("a token, from its file");
  while (!text.empty() && text.back() <= ' ') text = text.first(text.size() - 1);
  if (text.empty()) return fail(Code::kDataLoss, "data.key", path.string() + " is empty");
  return SecretBytes::copy_of(text);
}

Status load_seed(const store::Path& path, Entropy& entropy, Secret<32>& out) {
  ATOMA_TRY(const auto key, load_key(path, entropy));
  out = Secret<32>::copy_of(key.expose("a seed, from its file").first<kKeySize>());
  return {};
}

}  // namespace

cose::SigningKey issuer_key(const Secret<32>& seed) {
  return cose::SigningKey(crypto::Ed25519PrivateKey::from_seed(seed));
}

Result<SecretBytes> read_secret_file(const store::Path& path, std::size_t size_max) {
  using std::filesystem::perms;
  std::error_code error;
  const auto mode = std::filesystem::status(path, error).permissions();
  if (!error && (mode & (perms::group_all | perms::others_all)) != perms::none) {
    return fail(Code::kPermissionDenied, "data.permissions",
                path.string() + " can be used by others; chmod 600 it");
  }
  ATOMA_TRY(auto bytes, store::read_file(store::posix_file_system(), path, size_max));
  return SecretBytes(std::move(bytes));
}

Result<DataDirectory> DataDirectory::open(const store::Path& path, Entropy& entropy) {
  auto& files = store::posix_file_system();
  ATOMA_TRY_VOID(files.make_directory(path / "keys"));
  DataDirectory out;
  out.path = path;
  const store::Path keys = path / "keys";
  ATOMA_TRY_VOID(load_seed(keys / "ear.seed", entropy, out.ear_seed));
  ATOMA_TRY(out.nonce_key, load_key(keys / "nonce.key", entropy));
  ATOMA_TRY_VOID(load_seed(keys / "log_ml_dsa.key", entropy, out.log_ml_dsa));
  ATOMA_TRY_VOID(load_seed(keys / "sequencer.key", entropy, out.sequencer));
  ATOMA_TRY_VOID(load_seed(keys / "verifier.key", entropy, out.verifier));
  ATOMA_TRY_VOID(load_seed(keys / "broker.key", entropy, out.broker));
  ATOMA_TRY_VOID(load_seed(keys / "operator.key", entropy, out.operator_));
  ATOMA_TRY(out.log_id, load_key(path / "log_id", entropy));
  ATOMA_TRY_VOID(load_seed(keys / "root.key", entropy, out.root_key));
  ATOMA_TRY(out.admin_token, load_token(out.token_file(), entropy));
  ATOMA_TRY(out.evidence_token, load_token(out.evidence_token_file(), entropy));
  return out;
}

}  // namespace atoma::server
