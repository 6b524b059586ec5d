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

Status check_key(const SecretBytes& key, const store::Path& path) {
  if (key.size() == kKeySize) return {};
  return fail(Code::kDataLoss, "data.key", path.string() + " is not a key of 32 bytes");
}

}  // namespace

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
  const auto ear_file = path / "keys" / "ear.seed";
  ATOMA_TRY(const auto seed,
            load_or_create(ear_file, kKeySize, [&] { return random_bytes(entropy); }));
  ATOMA_TRY_VOID(check_key(seed, ear_file));
  out.ear_seed = Secret<32>::copy_of(seed.expose("the seed of EAR keys").first<kKeySize>());
  const auto nonce_file = path / "keys" / "nonce.key";
  ATOMA_TRY(out.nonce_key,
            load_or_create(nonce_file, kKeySize, [&] { return random_bytes(entropy); }));
  ATOMA_TRY_VOID(check_key(out.nonce_key, nonce_file));
  const auto log_key_file = path / "keys" / "log_ml_dsa.key";
  ATOMA_TRY(const auto log_key,
            load_or_create(log_key_file, kKeySize, [&] { return random_bytes(entropy); }));
  ATOMA_TRY_VOID(check_key(log_key, log_key_file));
  out.log_ml_dsa = Secret<32>::copy_of(log_key.expose("the log's ML-DSA-44 key").first<kKeySize>());
  const auto log_file = path / "log_id";
  ATOMA_TRY(out.log_id, load_or_create(log_file, kKeySize, [&] { return random_bytes(entropy); }));
  ATOMA_TRY_VOID(check_key(out.log_id, log_file));
  const auto root_file = path / "keys" / "root.key";
  ATOMA_TRY(const auto root,
            load_or_create(root_file, kKeySize, [&] { return random_bytes(entropy); }));
  ATOMA_TRY_VOID(check_key(root, root_file));
  out.root_key = Secret<32>::copy_of(root.expose("the root key").first<kKeySize>());
  ATOMA_TRY(const auto token, load_or_create(out.token_file(), kTokenMax, [&] {
              const auto random = random_bytes(entropy);
              const auto text = wire::base64url_encode(random.expose("the admin token")) + "\n";
              return SecretBytes::copy_of(as_bytes(text));
            }));
  ByteView text = token.expose("the admin token");
  while (!text.empty() && text.back() <= ' ') text = text.first(text.size() - 1);
  if (text.empty())
    return fail(Code::kDataLoss, "data.key", out.token_file().string() + " is empty");
  out.admin_token = SecretBytes::copy_of(text);
  return out;
}

}  // namespace atoma::server
