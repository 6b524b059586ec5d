#include "secrets.h"

#include "atoma/broker/service.h"
#include "atoma/crypto/aead.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/reader.h"

namespace atoma::broker {
namespace {

constexpr std::string_view kLabel = "atoma-secret/1";
constexpr std::size_t kVersionSize = 8;
constexpr std::size_t kRuleLengthSize = 4;

Bytes bound_data(std::string_view name, std::uint64_t version, std::string_view rule) {
  Bytes out = to_bytes(kLabel);
  wire::append_be(out, name.size(), kRuleLengthSize);
  append(out, name);
  wire::append_be(out, version, kVersionSize);
  append(out, crypto::sha256(as_bytes(rule)));
  return out;
}

std::unexpected<Error> corrupt(std::string_view name) {
  return fail(Code::kDataLoss, "secret.corrupt",
              "the stored secret \"" + std::string(name) + "\" is not what was put");
}

// version | rule size | rule | nonce | sealed
Bytes encode(const StoredSecret& secret) {
  Bytes out;
  wire::append_be(out, secret.version, kVersionSize);
  wire::append_be(out, secret.rule.size(), kRuleLengthSize);
  append(out, secret.rule);
  append(out, secret.nonce);
  append(out, secret.sealed);
  return out;
}

Result<StoredSecret> decode(std::string_view name, ByteView bytes) {
  wire::Reader in(bytes);
  StoredSecret out;
  out.name = name;
  out.version = in.u64_be();
  out.rule = as_text(in.take(in.u32_be()));
  out.nonce = to_bytes(in.take(crypto::kAeadNonceSize));
  out.sealed = to_bytes(in.rest());
  if (!in.finish()) return corrupt(name);
  return out;
}

std::uint64_t version_of(const std::optional<Bytes>& bytes) {
  return bytes && bytes->size() >= kVersionSize
             ? wire::load_be(ByteView(*bytes).first(kVersionSize))
             : 0;
}

}  // namespace

Result<std::uint64_t> Secrets::reserve_version(std::string_view name) {
  std::uint64_t version = 0;
  ATOMA_TRY_VOID(kv_.update([&](store::Kv::Transaction& transaction) -> Status {
    ATOMA_TRY(const auto last, transaction.get(kVersionsTable, name));
    version = version_of(last) + 1;
    Bytes next;
    wire::append_be(next, version, kVersionSize);
    return transaction.put(kVersionsTable, name, next);
  }));
  return version;
}

Status Secrets::put(std::string_view name, std::uint64_t version, std::string_view rule,
                    ByteView value) {
  StoredSecret secret{.name = std::string(name), .version = version, .rule = std::string(rule)};
  secret.nonce.resize(crypto::kAeadNonceSize);
  entropy_.fill(secret.nonce);
  secret.sealed =
      crypto::aead_seal(root_key_, secret.nonce, bound_data(name, version, rule), value);
  return kv_.update([&](store::Kv::Transaction& transaction) -> Status {
    ATOMA_TRY(const auto there, transaction.get(kSecretsTable, name));
    if (version_of(there) > version) return {};
    return transaction.put(kSecretsTable, name, encode(secret));
  });
}

Result<std::optional<StoredSecret>> Secrets::find(std::string_view name) const {
  ATOMA_TRY(const auto bytes, kv_.get(kSecretsTable, name));
  if (!bytes) return std::nullopt;
  ATOMA_TRY(auto secret, decode(name, *bytes));
  return std::optional(std::move(secret));
}

Result<std::vector<StoredSecret>> Secrets::list(std::string_view after,
                                                std::size_t size_max) const {
  std::vector<StoredSecret> out;
  ATOMA_TRY_VOID(kv_.view([&](store::Kv::Transaction& transaction) -> Status {
    ATOMA_TRY(const auto names, transaction.list(kSecretsTable, "", size_max, after));
    for (const std::string& name : names) {
      ATOMA_TRY(const auto bytes, transaction.get(kSecretsTable, name));
      if (!bytes) continue;
      ATOMA_TRY(auto secret, decode(name, *bytes));
      out.push_back(std::move(secret));
    }
    return {};
  }));
  return out;
}

Result<SecretBytes> Secrets::open(const StoredSecret& secret) const {
  auto value = crypto::aead_open(
      root_key_, secret.nonce, bound_data(secret.name, secret.version, secret.rule), secret.sealed);
  if (!value) return corrupt(secret.name);
  return *std::move(value);
}

}  // namespace atoma::broker
