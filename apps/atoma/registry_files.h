// What people write for a registry: keys, a genesis, bodies of entries.
#pragma once

#include <string>

#include "atoma/registry/sequencer.h"
#include "atoma/wire/json.h"

namespace atoma::app {

// An Ed25519 seed of 32 bytes, mode 0600. Errors: "registry.key_exists", "store.io".
Result<cose::SigningKey> create_issuer_key(const std::string& file, Entropy& entropy);
// Errors: "registry.issuer_key" (not 32 bytes), "store.missing", "store.io".
Result<cose::SigningKey> load_issuer_key(const std::string& file);

// {"name": …, "key": base64, "roles": […], "weight": of members}. Errors: "registry.genesis".
Result<ledger::Issuer> read_issuer(const wire::JsonValue& value);
// YAML: issuers (name, key in base64, roles, weight of members) and thresholds (add, remove,
// delay_seconds). Errors: "registry.genesis", and those of wire::parse_yaml.
Result<registry::Genesis> parse_genesis(std::string_view yaml);
// Errors: also "file.unreadable".
Result<registry::Genesis> load_genesis(const std::string& file);

// JSON as deterministic CBOR: names that are whole numbers become numbers, texts that begin with
// "hex:" or "base64:" bytes. Errors: "registry.body".
Result<Bytes> body_from_json(std::string_view json);

}  // namespace atoma::app
