#include "atoma/ledger/entry_json.h"

#include <algorithm>
#include <format>
#include <span>

#include "atoma/wire/cbor.h"
#include "atoma/wire/text.h"

namespace atoma::ledger {
namespace {

using wire::CborItem;
using wire::CborType;
using wire::JsonWriter;

struct BodyNames {
  std::string_view type;
  std::span<const std::string_view> fields;  // 1, 2, …
};

constexpr std::string_view kGenesis[] = {"origin", "log_keys", "issuers", "thresholds"};
constexpr std::string_view kPropose[] = {"change", "value", "observed"};
constexpr std::string_view kVote[] = {"proposal", "leaf"};
constexpr std::string_view kActivate[] = {"proposal"};
constexpr std::string_view kAttestation[] = {"verdict", "evidence", "policy", "collateral",
                                             "key",     "ear",      "tee",    "measurement",
                                             "sample",  "kept"};
constexpr std::string_view kKeyRegister[] = {"algorithm", "key",        "attestation",
                                             "epoch",     "commitment", "wrapped"};
constexpr std::string_view kNodeRegister[] = {"name", "algorithm", "key", "attestation"};
constexpr std::string_view kNodeRetire[] = {"node"};
constexpr std::string_view kOpen[] = {"epoch", "roster", "quorum", "deadline"};
constexpr std::string_view kCommit[] = {"rotation", "algorithm", "key", "signatures"};
constexpr std::string_view kStep[] = {"rotation"};
constexpr std::string_view kMapHead[] = {"size", "root"};
constexpr std::string_view kSecretPut[] = {"name", "version", "rule"};
constexpr std::string_view kRelease[] = {"name", "version", "attestation",
                                         "ear",  "key",     "ciphertext"};
constexpr std::string_view kRefusal[] = {"name", "reason", "ear", "key"};

constexpr BodyNames kBodies[] = {{"genesis", kGenesis},
                                 {"policy.propose", kPropose},
                                 {"policy.vote", kVote},
                                 {"policy.activate", kActivate},
                                 {"attestation", kAttestation},
                                 {"key.register", kKeyRegister},
                                 {"node.register", kNodeRegister},
                                 {"node.retire", kNodeRetire},
                                 {"rotation.open", kOpen},
                                 {"rotation.commit", kCommit},
                                 {"rotation.join", kStep},
                                 {"rotation.activate", kStep},
                                 {"rotation.ack", kStep},
                                 {"rotation.close", kStep},
                                 {"rotation.abort", kStep},
                                 {"map-head", kMapHead},
                                 {"secret.put", kSecretPut},
                                 {"release", kRelease},
                                 {"refusal", kRefusal}};

std::span<const std::string_view> names_of(std::string_view type) {
  const auto* found = std::ranges::find(kBodies, type, &BodyNames::type);
  return found == std::end(kBodies) ? std::span<const std::string_view>() : found->fields;
}

// Each key another name: a text that could be taken for a number or for one of these gets a quote.
std::string name_of(const CborItem& key, std::span<const std::string_view> names) {
  if (const auto text = key.text()) {
    const bool plain = !text->empty() && text->front() >= 'A' && text->front() <= 'z' &&
                       std::ranges::find(names, *text) == names.end();
    return (plain ? "" : "'") + std::string(*text);
  }
  const std::int64_t number = key.integer().value_or(0);
  if (number >= 1 && static_cast<std::uint64_t>(number) <= names.size()) {
    return std::string(names[static_cast<std::size_t>(number) - 1]);
  }
  return std::to_string(number);
}

void write_value(JsonWriter& out, const CborItem& item, std::span<const std::string_view> names) {
  const auto items = item.items();
  switch (item.type()) {
    case CborType::kUnsigned:
      out.value(*item.unsigned_integer());
      break;
    case CborType::kNegative:
      // A body may have numbers that no int64 holds.
      item.integer() ? out.value(*item.integer()) : out.value(wire::hex_encode(item.raw()));
      break;
    case CborType::kBytes:
      out.value(wire::hex_encode(*item.bytes()));
      break;
    case CborType::kText:
      out.value(*item.text());
      break;
    case CborType::kBool:
      out.value(*item.boolean());
      break;
    case CborType::kNull:
      out.null();
      break;
    case CborType::kTag:
      out.value(wire::hex_encode(item.raw()));
      break;
    case CborType::kArray:
      out.begin_array();
      for (const CborItem& element : items) write_value(out, element, {});
      out.end_array();
      break;
    case CborType::kMap:
      out.begin_object();
      for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        out.key(name_of(items[i], names));
        write_value(out, items[i + 1], {});
      }
      out.end_object();
      break;
  }
}

}  // namespace

void write_entry_json(JsonWriter& out, const Entry& entry) {
  const Statement& statement = entry.statement;
  out.begin_object().member("type", statement.type).member("time", format_time(statement.time));
  if (statement.expiry) out.member("expiry", format_time(*statement.expiry));
  out.member("namespace", statement.label.space).member("label", statement.label.label);
  if (statement.previous) out.member("previous", statement.previous->index);
  out.member("issuer", wire::hex_encode(entry.issuer)).key("body");
  const auto body = wire::CborDocument::parse(statement.body);
  if (body) {
    write_value(out, body->root(), names_of(statement.type));
  } else {
    out.null();
  }
  out.end_object();
}

}  // namespace atoma::ledger
