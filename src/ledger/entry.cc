#include "atoma/ledger/entry.h"

#include <algorithm>
#include <format>

#include "atoma/base/check.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::ledger {
namespace {

using wire::CborDocument;
using wire::CborItem;

// api/entry.cddl.
enum Field : std::int64_t {
  kVersion = 1,
  kType,
  kSpace,
  kLabel,
  kPrevious,
  kTime,
  kExpiry,
  kNonce,
  kBody,
};
constexpr std::size_t kTypeMax = 32;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool is_type(std::string_view text) {
  return !text.empty() && text.size() <= kTypeMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || c == '.' || c == '-';
  });
}

Result<std::optional<EntryRef>> read_previous(const CborItem& item) {
  if (item.is_null()) return std::optional<EntryRef>();
  const auto parts = item.is_array() ? item.items() : std::vector<CborItem>();
  const auto index = parts.size() == 2 ? parts[0].unsigned_integer() : std::nullopt;
  const auto leaf = parts.size() == 2 ? parts[1].bytes() : std::nullopt;
  EntryRef out;
  if (!index || *index > merkle::kSizeMax || !leaf || leaf->size() != out.leaf.size()) {
    return malformed("entry.previous", "expected null, or the index and the leaf hash of an entry");
  }
  out.index = *index;
  std::ranges::copy(*leaf, out.leaf.begin());
  return std::optional(out);
}

Result<LabelName> read_label(const CborItem& map) {
  const auto space = map.find(kSpace), label = map.find(kLabel);
  LabelName out{std::string(space ? space->text().value_or("") : ""),
                std::string(label ? label->text().value_or("") : "")};
  if (!is_name(out.space) || !is_name(out.label)) {
    return malformed(
        "entry.label",
        std::format("namespace and label have 1 to {} bytes and no control characters", kNameMax));
  }
  return out;
}

Status read_times(const CborItem& map, Statement& out) {
  const auto time = map.find(kTime), expiry = map.find(kExpiry);
  const auto made = time ? time->integer() : std::nullopt;
  const auto ends = expiry ? expiry->integer() : std::nullopt;
  if (!made || *made < 0 || (expiry && (!ends || *ends <= *made))) {
    return malformed("entry.time",
                     "expected a time in seconds since 1970, and an expiry after it "
                     "or none");
  }
  out.time = Time{*made};
  if (ends) out.expiry = Time{*ends};
  return {};
}

Result<Statement> read_statement(const CborItem& map) {
  const auto version = map.find(kVersion);
  if (!version || version->unsigned_integer() != kEntryVersion) {
    return malformed("entry.version", std::format("expected version {}", kEntryVersion));
  }
  Statement out;
  const auto type = map.find(kType);
  out.type = type ? type->text().value_or("") : "";
  if (!is_type(out.type)) {
    return malformed("entry.type", std::format("expected 1 to {} of a-z, '.' and '-'", kTypeMax));
  }
  ATOMA_TRY(out.label, read_label(map));
  const auto previous = map.find(kPrevious);
  if (!previous) return malformed("entry.previous", "there is none");
  ATOMA_TRY(out.previous, read_previous(*previous));
  ATOMA_TRY_VOID(read_times(map, out));
  const auto nonce = map.find(kNonce);
  out.nonce = to_bytes(nonce ? nonce->bytes().value_or(ByteView()) : ByteView());
  if (out.nonce.size() < kNonceMin || out.nonce.size() > kNonceMax) {
    return malformed("entry.nonce", std::format("expected {} to {} bytes", kNonceMin, kNonceMax));
  }
  const auto body = map.find(kBody);
  if (!body || !body->is_map()) return malformed("entry.body", "expected a map");
  out.body = to_bytes(body->raw());
  const std::size_t fields = out.expiry ? 9 : 8;
  if (map.size() != 2 * fields) return malformed("entry.field", "there is a field of no meaning");
  return out;
}

}  // namespace

KeyId key_id(cose::Algorithm algorithm, ByteView raw_public_key) {
  wire::CborWriter out;
  out.begin_array().value(static_cast<std::int64_t>(algorithm)).bytes(raw_public_key).end_array();
  return crypto::sha256(out.take());
}

Hash LabelName::key() const {
  return crypto::sha256({as_bytes(space), ByteArray<1>{0}, as_bytes(label)});
}

Bytes sign_entry(const Statement& statement, const cose::SigningKey& key) {
  wire::CborWriter out;
  out.begin_map().key(kVersion).value(kEntryVersion).key(kType).value(statement.type);
  out.key(kSpace).value(statement.label.space).key(kLabel).value(statement.label.label);
  out.key(kPrevious);
  if (statement.previous) {
    out.begin_array().value(statement.previous->index).bytes(statement.previous->leaf).end_array();
  } else {
    out.null();
  }
  out.key(kTime).value(statement.time.unix_s);
  if (statement.expiry) out.key(kExpiry).value(statement.expiry->unix_s);
  out.key(kNonce).bytes(statement.nonce).key(kBody).raw(statement.body).end_map();
  const KeyId issuer = key_id(key.algorithm(), key.public_key().raw());
  Bytes signed_entry = cose::sign1(key, {.kid = issuer, .type = kEntryMediaType}, out.take());
  ATOMA_CHECK(signed_entry.size() <= kEntryMax);
  return signed_entry;
}

Result<Entry> parse_entry(ByteView bytes) {
  if (bytes.empty() || bytes.size() > kEntryMax) {
    return malformed("entry.size",
                     std::format("{} bytes; an entry has 1 to {}", bytes.size(), kEntryMax));
  }
  ATOMA_TRY(const auto message, cose::parse_sign1(bytes, cose::Sign1Tag::kRequired));
  if (message.type != kEntryMediaType) {
    return malformed("entry.media_type",
                     std::format("the header's type is not {}", kEntryMediaType));
  }
  Entry out;
  if (message.kid.size() != out.issuer.size()) {
    return malformed("entry.issuer", "the header names no issuer by the hash of his key");
  }
  std::ranges::copy(message.kid, out.issuer.begin());
  ATOMA_TRY(const auto document, CborDocument::parse(message.payload));
  if (!document.root().is_map()) return malformed("entry.version", "the payload is no map");
  ATOMA_TRY(out.statement, read_statement(document.root()));
  out.algorithm = message.algorithm;
  out.signed_bytes = cose::sign1_signed_bytes(message);
  out.signature = to_bytes(message.signature);
  out.leaf = merkle::leaf_hash(bytes);
  return out;
}

}  // namespace atoma::ledger
