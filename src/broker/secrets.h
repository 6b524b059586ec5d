// Secrets at rest: sealed with AES-256-GCM under one root key, in one table. Name, version and rule
// are bound into each, so that whoever can write the table can't move a secret under another rule.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/base/entropy.h"
#include "atoma/base/secret.h"
#include "atoma/store/kv.h"

namespace atoma::broker {

struct StoredSecret {
  std::string name;
  std::uint64_t version = 0;
  std::string rule;  // JSON as it was given; believed only once opened
  Bytes nonce, sealed;
};

// Safe from any thread.
class Secrets {
 public:
  Secrets(store::Kv& kv, Secret<32> root_key, Entropy& entropy)
      : kv_(kv), root_key_(std::move(root_key)), entropy_(entropy) {}

  // The next version of a name, never given twice, whatever happens to the secret.
  Result<std::uint64_t> reserve_version(std::string_view name);
  // A version that a later one has overtaken is not written.
  Status put(std::string_view name, std::uint64_t version, std::string_view rule, ByteView value);
  // Errors: also "secret.corrupt".
  Result<std::optional<StoredSecret>> find(std::string_view name) const;
  // At most `size_max` by name, after `after`.
  Result<std::vector<StoredSecret>> list(std::string_view after, std::size_t size_max) const;
  // Errors: "secret.corrupt" when value, name, version or rule are not those that were put.
  Result<SecretBytes> open(const StoredSecret& secret) const;

 private:
  store::Kv& kv_;
  const Secret<32> root_key_;
  Entropy& entropy_;
};

}  // namespace atoma::broker
