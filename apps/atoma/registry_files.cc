#include "registry_files.h"

#include <charconv>
#include <format>

#include "atoma/store/file.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"
#include "atoma/wire/yaml.h"
#include "conformance/files.h"

namespace atoma::app {
namespace {

using wire::JsonValue;

constexpr std::size_t kSeedSize = 32;
constexpr std::size_t kGenesisMax = 1024 * 1024;

cose::SigningKey from_seed(ByteView seed) {
  return cose::SigningKey(
      crypto::Ed25519PrivateKey::from_seed(Secret<kSeedSize>::copy_of(seed.first<kSeedSize>())));
}

template <typename... Args>
std::unexpected<Error> bad_genesis(std::format_string<Args...> what, Args&&... args) {
  return malformed("registry.genesis", std::format(what, std::forward<Args>(args)...));
}

Result<std::uint64_t> number_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  const auto number = value != nullptr ? value->unsigned_integer() : std::nullopt;
  if (!number) return bad_genesis("\"{}\": expected a whole number", name);
  return *number;
}

Status write_value(wire::CborWriter& out, const JsonValue& value);

std::optional<std::int64_t> as_number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return out;
}

Status write_text(wire::CborWriter& out, std::string_view text) {
  for (const std::string_view prefix : {"hex:", "base64:"}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    const auto bytes = prefix == "hex:" ? wire::hex_decode(text) : wire::base64_decode(text);
    if (!bytes) return malformed("registry.body", std::format("'{}' is not {}", text, prefix));
    out.bytes(*bytes);
    return {};
  }
  out.value(text);
  return {};
}

Status write_map(wire::CborWriter& out, const JsonValue& value) {
  out.begin_map();
  for (const auto& member : value.items()) {
    if (const auto number = as_number(member.name())) {
      // "1" and "01" would be one key.
      if (std::to_string(*number) != member.name()) {
        return malformed("registry.body", std::format("the name '{}'", member.name()));
      }
      out.key(*number);
    } else {
      out.key(member.name());
    }
    ATOMA_TRY_VOID(write_value(out, member));
  }
  out.end_map();
  return {};
}

Status write_value(wire::CborWriter& out, const JsonValue& value) {
  if (value.is_string()) return write_text(out, value.text());
  if (value.is_object()) return write_map(out, value);
  if (value.is_array()) {
    out.begin_array();
    for (const auto& item : value.items()) ATOMA_TRY_VOID(write_value(out, item));
    out.end_array();
    return {};
  }
  if (const auto yes = value.boolean()) {
    out.value(*yes);
  } else if (const auto number = value.integer()) {
    out.value(*number);
  } else if (value.raw() == "null") {
    out.null();
  } else {
    return malformed("registry.body", std::format("{} is no whole number", value.raw()));
  }
  return {};
}

}  // namespace

Result<cose::SigningKey> create_issuer_key(const std::string& file, Entropy& entropy) {
  auto& files = store::posix_file_system();
  ATOMA_TRY(const bool there, files.exists(file));
  if (there) {
    return fail(Code::kAlreadyExists, "registry.key_exists",
                std::format("{} is there: a key is not overwritten", file));
  }
  Secret<kSeedSize> seed;
  entropy.fill(seed.expose_mutable("a new issuer's key"));
  const ByteView bytes = seed.expose("an issuer's key, to its file");
  ATOMA_TRY_VOID(store::replace_file(files, file, bytes));
  return from_seed(bytes);
}

Result<cose::SigningKey> load_issuer_key(const std::string& file) {
  ATOMA_TRY(Bytes bytes, store::read_file(store::posix_file_system(), file, 4096));
  const SecretBytes secret(std::move(bytes));
  const ByteView seed = secret.expose("an issuer's key, to sign");
  if (seed.size() != kSeedSize) {
    return malformed("registry.issuer_key", std::format("{}: {} bytes, an Ed25519 seed has {}",
                                                        file, seed.size(), kSeedSize));
  }
  return from_seed(seed);
}

Result<ledger::Issuer> read_issuer(const JsonValue& value) {
  const auto text = [&](std::string_view name) {
    const JsonValue* member = value.find(name);
    return std::string(member != nullptr ? member->text() : "");
  };
  ledger::Issuer out;
  out.name = text("name");
  if (out.name.empty()) return bad_genesis("an issuer needs a \"name\"");
  auto key = wire::base64_decode(text("key"));
  if (!key || key->size() != kSeedSize) {
    return bad_genesis("{}: \"key\" is an Ed25519 public key, 32 bytes in base64", out.name);
  }
  out.public_key = std::move(*key);
  out.algorithm = cose::Algorithm::kEdDsa;
  if (value.find("weight") != nullptr) {
    ATOMA_TRY(out.weight, number_of(value, "weight"));
  }
  const JsonValue* roles = value.find("roles");
  for (const auto& item : roles != nullptr ? roles->items() : std::vector<JsonValue>()) {
    const auto role = ledger::role_from_name(item.text());
    if (!role) return bad_genesis("{}: nobody knows the role '{}'", out.name, item.text());
    out.roles.insert(*role);
  }
  const std::size_t known = value.find("weight") != nullptr ? 4 : 3;
  if (out.roles.empty() || value.items().size() != known) {
    return bad_genesis("{}: expected name, key, roles and, of members, weight", out.name);
  }
  return out;
}

Result<registry::Genesis> parse_genesis(std::string_view yaml) {
  ATOMA_TRY(const auto document, wire::parse_yaml(yaml));
  const JsonValue& root = document.root();
  const JsonValue* issuers = root.find("issuers");
  const JsonValue* thresholds = root.find("thresholds");
  if (issuers == nullptr || thresholds == nullptr || root.items().size() != 2) {
    return bad_genesis("expected \"issuers\" and \"thresholds\"");
  }
  registry::Genesis out;
  for (const auto& item : issuers->items()) {
    ATOMA_TRY(out.issuers.emplace_back(), read_issuer(item));
  }
  ATOMA_TRY(out.thresholds.add, number_of(*thresholds, "add"));
  ATOMA_TRY(out.thresholds.remove, number_of(*thresholds, "remove"));
  ATOMA_TRY(const std::uint64_t delay, number_of(*thresholds, "delay_seconds"));
  out.thresholds.delay = Duration{static_cast<std::int64_t>(delay)};
  if (thresholds->items().size() != 3) {
    return bad_genesis("\"thresholds\": expected add, remove and delay_seconds");
  }
  return out;
}

Result<registry::Genesis> load_genesis(const std::string& file) {
  ATOMA_TRY(const Bytes yaml, conformance::read_file(file, kGenesisMax));
  return parse_genesis(as_text(yaml));
}

Result<Bytes> body_from_json(std::string_view json) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  if (!document.root().is_object()) return malformed("registry.body", "expected an object");
  wire::CborWriter out;
  ATOMA_TRY_VOID(write_value(out, document.root()));
  return out.take();
}

}  // namespace atoma::app
