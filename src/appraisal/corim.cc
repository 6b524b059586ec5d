#include "corim.h"

#include <format>
#include <initializer_list>

#include "atoma/cose/sign1.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

using evidence::Tee;
using wire::CborDocument;
using wire::CborItem;

// draft-ietf-rats-corim §4.1, §4.2, §5.1; tags by its IANA section.
constexpr std::uint64_t kCorimTag = 501;
constexpr std::uint64_t kComidTag = 506;
constexpr std::uint64_t kEpochTag = 1;
constexpr std::uint64_t kUuidTag = 37;
constexpr std::int64_t kSha256 = 1, kSha384 = 7;  // IANA Named Information

std::unexpected<Error> bad_shape(std::string_view what) {
  return malformed("corim.shape", "expected " + std::string(what));
}

std::unexpected<Error> unsupported(std::string_view what) {
  return malformed("corim.unsupported", std::string(what) + " would change what the values mean");
}

// A map with the keys that are understood and no other.
Status check_map(const CborItem& item, std::initializer_list<std::int64_t> known,
                 std::string_view what) {
  if (!item.is_map()) return bad_shape(std::format("a map: {}", what));
  const auto items = item.items();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const auto key = items[i].integer();
    if (!key || !std::ranges::contains(known, *key)) {
      return unsupported(std::format("a key of {} that is not understood", what));
    }
  }
  return {};
}

Result<std::vector<CborItem>> list(const std::optional<CborItem>& item, std::string_view what) {
  if (!item || !item->is_array() || item->size() == 0) {
    return bad_shape(std::format("a list that is not empty: {}", what));
  }
  return item->items();
}

Result<Time> read_time(const CborItem& item) {
  const auto tagged = item.tagged(kEpochTag);
  const auto seconds = tagged ? tagged->integer() : std::nullopt;
  if (!seconds) return bad_shape("whole seconds under tag 1");
  return Time{*seconds};
}

// validity-map: not-before may be absent, not-after may not.
Result<ValidityWindow> read_window(const CborItem& item) {
  ATOMA_TRY_VOID(check_map(item, {0, 1}, "validity"));
  ValidityWindow out = kAlways;
  const auto not_after = item.find(1);
  if (!not_after) return bad_shape("not-after");
  ATOMA_TRY(out.not_after, read_time(*not_after));
  if (const auto not_before = item.find(0)) {
    ATOMA_TRY(out.not_before, read_time(*not_before));
  }
  return out;
}

// corim-id and tag-id: a text or a UUID.
std::string id_text(const std::optional<CborItem>& item) {
  if (!item) return "";
  if (const auto text = item->text()) return std::string(*text);
  const auto tagged = item->tagged(kUuidTag);
  const auto bytes = tagged ? tagged->bytes() : item->bytes();
  return bytes && bytes->size() == 16 ? wire::hex_encode(*bytes) : "";
}

// The class by vendor and model alone; instances, groups and layers are not matched.
Result<Tee> read_environment(const CborItem& item) {
  ATOMA_TRY_VOID(check_map(item, {0}, "environment"));
  const auto of_class = item.find(0);
  if (!of_class) return bad_shape("a class");
  ATOMA_TRY_VOID(check_map(*of_class, {1, 2}, "class"));
  const auto vendor = of_class->find(1);
  const auto model = of_class->find(2);
  const auto is = [&](std::string_view v, std::string_view m) {
    return vendor && model && vendor->text() == v && model->text() == m;
  };
  if (is("Intel", "TDX")) return Tee::kTdx;
  if (is("Intel", "SGX")) return Tee::kSgx;
  if (is("AMD", "SEV-SNP")) return Tee::kSnp;
  return malformed("corim.environment", "expected Intel TDX, Intel SGX or AMD SEV-SNP");
}

// One digest of the register's own algorithm: more would be the same thing hashed otherwise.
Status read_digests(const CborItem& item, std::string_view name, ReferenceRow& row) {
  ATOMA_TRY(const auto digests, list(item, "digests"));
  const auto parts = digests.front().items();
  if (!digests.front().is_array() || parts.size() != 2) return bad_shape("algorithm and value");
  const std::size_t size = reference_size(row.tee, name);
  const auto value = parts[1].bytes();
  const bool sha256 = parts[0].integer() == kSha256 || parts[0].text() == "sha-256";
  const bool sha384 = parts[0].integer() == kSha384 || parts[0].text() == "sha-384";
  const bool fits = (sha256 && size == 32) || (sha384 && size == 48);
  if (digests.size() != 1 || !fits || !value || value->size() != size) {
    return malformed("corim.digest", std::format("{}: one digest of its algorithm and size", name));
  }
  const bool twice =
      std::ranges::any_of(row.values, [&](const auto& v) { return v.first == name; });
  if (twice) return malformed("corim.duplicate", std::string(name) + " stands twice in a triple");
  row.values.emplace_back(name, to_bytes(*value));
  return {};
}

// integrity-registers of a TD: RTMRs by number.
Status read_registers(const CborItem& item, ReferenceRow& row) {
  if (!item.is_map() || item.size() == 0) return bad_shape("integrity registers");
  const auto items = item.items();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const auto number = items[i].unsigned_integer();
    if (!number || *number > 3 || row.tee != Tee::kTdx) {
      return unsupported("an integrity register other than RTMR 0 to 3");
    }
    ATOMA_TRY_VOID(read_digests(items[i + 1], std::format("rtmr{}", *number), row));
  }
  return {};
}

Status read_measurement(const CborItem& item, ReferenceRow& row) {
  ATOMA_TRY_VOID(check_map(item, {0, 1}, "measurement"));
  const auto key = item.find(0);
  const auto values = item.find(1);
  if (!values) return bad_shape("measurement values");
  ATOMA_TRY_VOID(check_map(*values, {2, 14}, "measurement values"));
  const auto digests = values->find(2);
  const auto registers = values->find(14);
  if (digests && !registers && key && key->text()) return read_digests(*digests, *key->text(), row);
  if (registers && !digests && !key) return read_registers(*registers, row);
  return unsupported("a measurement that is neither digests with a name nor integrity registers");
}

Status read_triple(const CborItem& item, const std::string& label, ReferenceValues& out) {
  const auto parts = item.items();
  if (!item.is_array() || parts.size() != 2) return bad_shape("environment and measurements");
  ReferenceRow row;
  ATOMA_TRY(row.tee, read_environment(parts[0]));
  row.label = label;
  ATOMA_TRY(const auto measurements, list(parts[1], "measurements"));
  for (const auto& measurement : measurements) {
    ATOMA_TRY_VOID(read_measurement(measurement, row));
  }
  out.rows.push_back(std::move(row));
  return {};
}

// concise-mid-tag: language and entities say nothing about values; linked tags would.
Status read_comid(ByteView bytes, ReferenceValues& out) {
  ATOMA_TRY(const auto document, CborDocument::parse(bytes));
  const CborItem comid = document.root();
  ATOMA_TRY_VOID(check_map(comid, {0, 1, 2, 4}, "CoMID"));
  const auto identity = comid.find(1);
  const auto triples = comid.find(4);
  if (!identity || !triples) return bad_shape("a CoMID with identity and triples");
  ATOMA_TRY_VOID(check_map(*identity, {0, 1}, "tag identity"));
  ATOMA_TRY_VOID(check_map(*triples, {0}, "triples"));
  ATOMA_TRY(const auto references, list(triples->find(0), "reference triples"));
  for (const auto& triple : references) {
    if (out.rows.size() == kReferenceRowsMax) return bad_shape("at most 1024 reference triples");
    ATOMA_TRY_VOID(read_triple(triple, id_text(identity->find(0)), out));
  }
  return {};
}

// Algorithm, content type, kid and corim-meta; whatever else is there might matter.
Result<ValidityWindow> read_header(ByteView bytes) {
  ATOMA_TRY(const auto document, CborDocument::parse(bytes));
  const CborItem header = document.root();
  const auto bad_header = [](const char* what) { return malformed("corim.header", what); };
  if (!check_map(header, {1, 3, 4, 8}, "protected header")) {
    return bad_header("expected alg, content type, kid and corim-meta alone");
  }
  const auto type = header.find(3);
  if (!type || type->text() != "application/rim+cbor") {
    return bad_header("expected the content type application/rim+cbor");
  }
  const auto meta_bytes = header.find(8) ? header.find(8)->bytes() : std::nullopt;
  if (!meta_bytes) return bad_header("expected corim-meta as a byte string");
  ATOMA_TRY(const auto meta, CborDocument::parse(*meta_bytes));
  const CborItem root = meta.root();
  if (!check_map(root, {0, 1}, "corim-meta") || !root.find(0)) {
    return bad_header("expected a signer in corim-meta");
  }
  const auto window = root.find(1);
  return window ? read_window(*window) : Result<ValidityWindow>(kAlways);
}

}  // namespace

bool looks_like_corim(ByteView file) {
  return !file.empty() && file.front() == (0xC0 | cose::kSign1Tag);
}

Result<ReferenceValues> parse_corim(ByteView payload) {
  ATOMA_TRY(const auto document, CborDocument::parse(payload));
  const auto corim = document.root().tagged(kCorimTag);
  if (!corim) return malformed("corim.tag", "expected the tag 501 of an unsigned CoRIM");
  ATOMA_TRY_VOID(check_map(*corim, {0, 1, 4, 5}, "CoRIM"));
  ReferenceValues out{.name = id_text(corim->find(0)), .window = kAlways, .rows = {}};
  if (out.name.empty()) return bad_shape("an id: a text or a UUID");
  if (const auto window = corim->find(4)) {
    ATOMA_TRY(out.window, read_window(*window));
  }
  ATOMA_TRY(const auto tags, list(corim->find(1), "tags"));
  for (const auto& tag : tags) {
    const auto comid = tag.tagged(kComidTag);
    const auto bytes = comid ? comid->bytes() : std::nullopt;
    if (!bytes) return unsupported("a tag other than a CoMID");
    ATOMA_TRY_VOID(read_comid(*bytes, out));
  }
  return out;
}

Result<SignedCorim> verify_corim(ByteView file, cose::VerificationKeys& keys) {
  ATOMA_TRY(const auto message, cose::parse_sign1(file, cose::Sign1Tag::kRequired));
  ATOMA_TRY(const auto window, read_header(message.protected_header));
  SignedCorim out;
  out.kid = as_text(message.kid);
  cose::PublicKey* key = keys.find(out.kid);
  if (key == nullptr) {
    return fail(Code::kUnauthenticated, "corim.kid", "the CoRIM names no key of the set");
  }
  if (!cose::verify_sign1(message, *key)) {
    return fail(Code::kUnauthenticated, "corim.signature", "the signature does not verify");
  }
  ATOMA_TRY(out.values, parse_corim(message.payload));
  out.values.window = out.values.window.intersect(window);
  return out;
}

}  // namespace atoma::appraisal
