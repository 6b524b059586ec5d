#include "atoma/tlog/bundle.h"

#include <array>
#include <format>

#include "atoma/base/limits.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::tlog {
namespace {

using wire::JsonType;
using wire::JsonValue;

struct Field {
  std::string_view name;
  JsonType type;
  bool required;
};

constexpr std::array kFields{
    Field{"format", JsonType::kString, true},     Field{"entry", JsonType::kString, true},
    Field{"index", JsonType::kNumber, true},      Field{"inclusion_proof", JsonType::kArray, true},
    Field{"checkpoint", JsonType::kString, true}, Field{"log_key", JsonType::kString, true},
    Field{"ear", JsonType::kString, false},       Field{"jwks", JsonType::kObject, false},
    Field{"evidence", JsonType::kString, false},
};

Status check_fields(const JsonValue& root) {
  if (!root.is_object()) return malformed("bundle.field", "a bundle is a JSON object");
  for (const JsonValue& item : root.items()) {
    const auto known = [&](const Field& f) { return f.name == item.name(); };
    const auto* const field = std::ranges::find_if(kFields, known);
    if (field == kFields.end()) {
      return malformed("bundle.field", std::format("unknown member \"{}\"", item.name()));
    }
    if (item.type() != field->type) {
      return malformed("bundle.field", std::format("\"{}\" has the wrong type", item.name()));
    }
  }
  for (const Field& field : kFields) {
    if (field.required && root.find(field.name) == nullptr) {
      return malformed("bundle.field", std::format("\"{}\" is missing", field.name));
    }
  }
  return {};
}

Result<Bytes> bytes_of(const JsonValue& value, std::size_t size_max) {
  auto bytes = wire::base64_decode(value.text());
  if (bytes && bytes->size() <= size_max) return *std::move(bytes);
  return malformed("bundle.base64", std::format("\"{}\" is not the base64 of at most {} bytes",
                                                value.name(), size_max));
}

Result<merkle::Proof> proof_of(const JsonValue& array) {
  merkle::Proof proof;
  for (const JsonValue& item : array.items()) {
    const auto bytes = wire::base64_decode(item.text());
    if (!bytes || bytes->size() != sizeof(Hash) || proof.size() == limits::kMerkleProofMax) {
      return malformed("bundle.proof", std::format("the proof is not at most {} hashes of 32 bytes "
                                                   "in base64",
                                                   limits::kMerkleProofMax));
    }
    std::ranges::copy(*bytes, proof.emplace_back().begin());
  }
  return proof;
}

}  // namespace

std::string digest_hex(ByteView data) { return wire::hex_encode(crypto::sha256(data)); }

Bytes token_bytes(std::string_view text) {
  if (text.contains('.')) return to_bytes(text);
  return wire::base64_decode(text).value_or(to_bytes(text));
}

Hash token_digest(std::string_view text) { return crypto::sha256(token_bytes(text)); }

std::string token_digest_hex(std::string_view text) { return wire::hex_encode(token_digest(text)); }

ProofBundle make_bundle(Bytes entry, const Receipt& receipt, const VerifierKey& log_key) {
  ProofBundle bundle;
  bundle.entry = std::move(entry);
  bundle.index = receipt.index;
  bundle.inclusion = receipt.inclusion;
  bundle.checkpoint = receipt.checkpoint.note;
  bundle.log_key = log_key.to_string();
  return bundle;
}

Result<ProofBundle> make_bundle(const Ledger& ledger, std::uint64_t index) {
  Receipt receipt;
  receipt.index = index;
  receipt.checkpoint = ledger.latest_checkpoint();
  ATOMA_TRY(Bytes entry, ledger.entry(index));
  ATOMA_TRY(receipt.inclusion, ledger.prove_inclusion(index, receipt.checkpoint.checkpoint.size));
  return make_bundle(std::move(entry), receipt, ledger.verifier_key());
}

std::string encode_bundle(const ProofBundle& bundle) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object()
      .member("format", kBundleFormat)
      .member("entry", wire::base64_encode(bundle.entry))
      .member("index", bundle.index)
      .key("inclusion_proof")
      .begin_array();
  for (const Hash& hash : bundle.inclusion) out.value(wire::base64_encode(hash));
  out.end_array().member("checkpoint", bundle.checkpoint).member("log_key", bundle.log_key);
  if (bundle.ear) out.member("ear", *bundle.ear);
  if (bundle.jwks) out.key("jwks").raw(*bundle.jwks);
  if (bundle.evidence) {
    out.member("evidence", wire::base64_encode(*bundle.evidence));
  }
  out.end_object();
  return out.take();
}

Result<ProofBundle> parse_bundle(std::string_view json) {
  if (json.size() > kBundleMax) {
    return malformed("bundle.size", std::format("{} bytes, at most {}", json.size(), kBundleMax));
  }
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  const JsonValue& root = document.root();
  // The format first: of another format, every other complaint would mislead.
  const JsonValue* format = root.find("format");
  if (format == nullptr || format->text() != kBundleFormat) {
    return malformed("bundle.format", std::format("\"format\" is not \"{}\"", kBundleFormat));
  }
  ATOMA_TRY_VOID(check_fields(root));
  ProofBundle bundle;
  ATOMA_TRY(bundle.entry, bytes_of(*root.find("entry"), limits::kLogEntryMax));
  const auto index = root.find("index")->unsigned_integer();
  if (!index) return malformed("bundle.field", "\"index\" is not a whole number");
  bundle.index = *index;
  ATOMA_TRY(bundle.inclusion, proof_of(*root.find("inclusion_proof")));
  bundle.checkpoint = root.find("checkpoint")->text();
  bundle.log_key = root.find("log_key")->text();
  if (const JsonValue* ear = root.find("ear")) bundle.ear = std::string(ear->text());
  if (const JsonValue* jwks = root.find("jwks")) bundle.jwks = std::string(jwks->raw());
  if (const JsonValue* evidence = root.find("evidence")) {
    ATOMA_TRY(bundle.evidence, bytes_of(*evidence, limits::kEvidenceMax));
  }
  return bundle;
}

}  // namespace atoma::tlog
