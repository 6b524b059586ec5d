#include <algorithm>
#include <charconv>
#include <limits>

#include "atoma/cose/ear_batch.h"
#include "atoma/cose/ear_cwt.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/text.h"
#include "ear_cwt_names.h"
#include "ear_names.h"

namespace atoma::cose {
namespace {

using wire::CborItem;

constexpr std::int64_t kTimeMax = 253402300799;  // the end of the year 9999
// RFC 9711 §4.1 for CBOR.
constexpr std::size_t kNonceMin = 8;
constexpr std::size_t kNonceMax = 64;
constexpr std::size_t kDigestSize = 32;
constexpr std::int64_t kChecksMax = 1'000'000;

std::string name_of(std::int64_t key) { return std::to_string(key); }
std::string name_of(std::string_view key) { return std::string(key); }

// Reads required claims by key. The first failure sticks; later reads give empty values.
class Claims {
 public:
  // With `terse`, texts, lists and flags may be absent and are empty then; not digests and words.
  Claims(const CborItem& map, std::optional<Error>& error, bool terse = false)
      : map_(map), error_(error), terse_(terse) {}

  template <typename Key>
  bool absent(Key key) const {
    return terse_ && !map_.find(key);
  }

  template <typename Key>
  std::optional<CborItem> claim(Key key) {
    const auto value = map_.find(key);
    if (!value) refuse(malformed("ear.missing", "claim " + name_of(key) + " is missing"));
    return value;
  }

  template <typename Key>
  std::string text(Key key) {
    if (absent(key)) return {};
    return typed<std::string>(key, [](const CborItem& v) { return v.text(); });
  }

  template <typename Key>
  Bytes bytes(Key key, std::size_t min = 0,
              std::size_t max = std::numeric_limits<std::size_t>::max()) {
    const auto value = claim(key);
    const auto bytes = value ? value->bytes() : std::nullopt;
    if (value && !bytes) bad_type(key);
    if (bytes && (bytes->size() < min || bytes->size() > max)) bad_value(key);
    return to_bytes(bytes.value_or(ByteView()));
  }

  template <typename Key>
  std::string bytes_as_text(Key key, std::size_t min = 0,
                            std::size_t max = std::numeric_limits<std::size_t>::max()) {
    const Bytes value = bytes(key, min, max);
    // What JSON would carry as it stands.
    const bool printable =
        std::ranges::all_of(value, [](std::uint8_t b) { return b >= 0x20 && b <= 0x7E; });
    if (!printable) bad_value(key);
    return std::string(as_text(value));
  }

  // In hex.
  template <typename Key>
  std::string hex(Key key) {
    return absent(key) ? std::string() : wire::hex_encode(bytes(key));
  }

  template <typename Key>
  std::string digest(Key key) {
    return wire::hex_encode(bytes(key, kDigestSize, kDigestSize));
  }

  template <typename Key>
  std::int64_t integer(Key key, std::int64_t min, std::int64_t max) {
    const auto number = typed<std::int64_t>(key, [](const CborItem& v) { return v.integer(); });
    if (number < min || number > max) bad_value(key);
    return number;
  }

  template <typename Key>
  Time numeric_date(Key key) {
    return {integer(key, 0, kTimeMax)};
  }

  template <typename Key>
  bool boolean(Key key) {
    if (absent(key)) return false;
    return typed<bool>(key, [](const CborItem& v) { return v.boolean(); });
  }

  template <typename Key>
  std::vector<CborItem> array(Key key) {
    if (absent(key)) return {};
    const auto value = claim(key);
    if (value && !value->is_array()) bad_type(key);
    return value ? value->items() : std::vector<CborItem>();
  }

  // Null where it is no map, after saying so.
  template <typename Key>
  std::optional<CborItem> map(Key key) {
    auto value = claim(key);
    if (!value || value->is_map()) return value;
    bad_type(key);
    return std::nullopt;
  }

  template <typename Key>
  void bad_type(Key key) {
    refuse(malformed("ear.type", "claim " + name_of(key) + " has another type"));
  }
  template <typename Key>
  void bad_value(Key key) {
    refuse(malformed("ear.value", "claim " + name_of(key) + " is out of its range"));
  }

 private:
  template <typename T, typename Key, typename Read>
  T typed(Key key, Read read) {
    const auto value = claim(key);
    if (!value) return T{};
    const auto got = read(*value);
    if (!got) bad_type(key);
    return got ? T(*got) : T{};
  }

  void refuse(std::unexpected<Error> error) {
    if (!error_) error_ = std::move(error).error();
  }

  const CborItem& map_;
  std::optional<Error>& error_;
  const bool terse_;
};

TrustVector parse_trust(const CborItem& map, std::optional<Error>& error) {
  TrustVector trust;
  Claims claims(map, error);
  for (std::size_t i = 0; i < kTrustClaims.size(); ++i) {
    const auto key = static_cast<std::int64_t>(i);
    // Every claim is optional, and an absent one claims nothing (AR4SI §2.3.1).
    if (!map.find(key)) continue;
    trust.*kTrustClaims[i].field = static_cast<std::int8_t>(claims.integer(key, -128, 127));
  }
  return trust;
}

EarStatus parse_status(Claims& claims) {
  const std::int64_t status = claims.integer(std::int64_t{kCwtStatus}, 0, 127);
  const auto found = std::ranges::find(kStatuses, status,
                                       [](EarStatus s) { return static_cast<std::int64_t>(s); });
  if (found != kStatuses.end()) return *found;
  claims.bad_value(std::int64_t{kCwtStatus});
  return EarStatus::kNone;
}

EarSubmod parse_submod(std::string_view name, const CborItem& map, std::optional<Error>& error) {
  Claims claims(map, error);
  EarSubmod out;
  out.name = name;
  out.status = parse_status(claims);
  if (const auto trust = claims.map(std::int64_t{kCwtTrustVector})) {
    out.trust = parse_trust(*trust, error);
  }
  out.appraisal_policy_id = claims.text(std::int64_t{kCwtPolicyId});
  return out;
}

EarFinding parse_finding(const CborItem& map, std::optional<Error>& error) {
  Claims claims(map, error);
  EarFinding out;
  out.id = claims.text("id");
  out.severity = claims.text("severity");
  out.outcome = claims.text("outcome");
  out.clause = claims.text("clause");
  out.expected = claims.text("expected");
  out.actual = claims.text("actual");
  return out;
}

void parse_measurements(Claims& claims, AtomaClaims& out) {
  for (const auto& item : claims.array("measurements")) {
    const auto pair = item.items();
    const auto name = pair.size() == 2 ? pair[0].text() : std::nullopt;
    const auto value = pair.size() == 2 ? pair[1].bytes() : std::nullopt;
    if (!item.is_array() || !name || !value) return claims.bad_type("measurements");
    if (std::ranges::contains(out.measurements, *name,
                              &std::pair<std::string, std::string>::first)) {
      return claims.bad_value("measurements");
    }
    out.measurements.emplace_back(*name, wire::hex_encode(*value));
  }
}

EarVerdict parse_verdict(Claims& claims) {
  claims.claim("verdict");
  const std::string word = claims.text("verdict");
  const auto found = std::ranges::find(kVerdicts, std::string_view(word), verdict_name);
  if (found != kVerdicts.end()) return *found;
  claims.bad_value("verdict");
  return EarVerdict::kUnappraisable;
}

AtomaClaims parse_atoma(const CborItem& map, std::optional<Error>& error, bool terse = false) {
  Claims claims(map, error, terse);
  AtomaClaims out;
  out.verdict = parse_verdict(claims);
  out.tee = claims.text("tee");
  out.tcb_status = claims.text("tcb_status");
  out.tcb_date = claims.text("tcb_date");
  if (!out.tcb_date.empty() && !parse_time(out.tcb_date)) claims.bad_value("tcb_date");
  out.evidence_sha256 = claims.digest("evidence_sha256");
  out.policy_sha256 = claims.digest("policy_sha256");
  for (const auto& item : claims.array("collateral_sha256")) {
    const auto digest = item.bytes();
    if (!digest || digest->size() != kDigestSize) claims.bad_value("collateral_sha256");
    out.collateral_sha256.push_back(wire::hex_encode(digest.value_or(ByteView())));
  }
  if (map.find("reference_values_sha256")) {
    out.reference_values_sha256 = claims.digest("reference_values_sha256");
  }
  if (map.find("gpu_binding")) out.gpu_binding = claims.text("gpu_binding");
  out.key = claims.hex("key");
  if (!out.key.empty() && out.key.size() != 2 * kDigestSize) claims.bad_value("key");
  out.report_data = claims.hex("report_data");
  parse_measurements(claims, out);
  for (const auto& item : claims.array("advisories")) {
    if (!item.text()) claims.bad_type("advisories");
    out.advisories.emplace_back(item.text().value_or(""));
  }
  out.checks = static_cast<std::uint64_t>(claims.integer("checks", 0, kChecksMax));
  for (const auto& item : claims.array("findings")) {
    out.findings.push_back(parse_finding(item, error));
  }
  out.verified_at = claims.numeric_date("verified_at");
  out.sample = claims.boolean("sample");
  return out;
}

// Calls `parse` with the name and map of each submodule.
template <typename Parse>
void each_submod(Claims& claims, Parse parse) {
  const auto map = claims.map(std::int64_t{kCwtSubmods});
  const auto items = map ? map->items() : std::vector<CborItem>();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const auto name = items[i].text();
    if (!name || !items[i + 1].is_map()) return claims.bad_type(std::int64_t{kCwtSubmods});
    parse(*name, items[i + 1]);
  }
}

// One spelling of each number.
std::optional<std::uint32_t> parse_place(std::string_view name) {
  std::uint32_t place = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), place);
  if (parsed.ec != std::errc() || std::to_string(place) != name) return std::nullopt;
  return place;
}

EarItem parse_item(const CborItem& map, std::optional<Error>& error) {
  Claims claims(map, error);
  EarItem item;
  item.status = parse_status(claims);
  if (map.find(std::int64_t{kCwtTrustVector})) {
    const auto trust = claims.map(std::int64_t{kCwtTrustVector});
    if (trust) item.trust = parse_trust(*trust, error);
  }
  if (const auto atoma = claims.map("atoma")) item.atoma = parse_atoma(*atoma, error, true);
  if (!item.atoma.key.empty()) claims.bad_value("key");
  return item;
}

// What one result and many have in common. False for another profile.
template <typename Token>
bool parse_header(Claims& claims, std::optional<Error>& error, Token& ear) {
  if (claims.text(std::int64_t{kCwtProfile}) != kEarProfile && !error) return false;
  ear.issuer = claims.text(std::int64_t{kCwtIss});
  ear.id = claims.bytes_as_text(std::int64_t{kCwtId});
  ear.issued_at = claims.numeric_date(std::int64_t{kCwtIat});
  ear.expires_at = claims.numeric_date(std::int64_t{kCwtExp});
  if (ear.expires_at <= ear.issued_at) claims.bad_value(std::int64_t{kCwtExp});
  ear.nonce = wire::base64_encode(claims.bytes(std::int64_t{kCwtNonce}, kNonceMin, kNonceMax));
  if (const auto verifier = claims.map(std::int64_t{kCwtVerifierId})) {
    Claims inner(*verifier, error);
    ear.developer = inner.text(kCwtDeveloper);
    ear.build = inner.text(kCwtBuild);
  }
  return true;
}

std::unexpected<Error> other_profile() {
  return malformed("ear.profile", "eat_profile must be " + std::string(kEarProfile));
}

}  // namespace

Result<Ear> parse_ear_cwt(ByteView bytes) {
  ATOMA_TRY(const auto document, wire::CborDocument::parse(bytes));
  std::optional<Error> error;
  const CborItem root = document.root();
  Claims claims(root, error);
  Ear ear;
  if (!parse_header(claims, error, ear)) return other_profile();
  if (root.find(kCwtNbf)) ear.not_before = claims.numeric_date(std::int64_t{kCwtNbf});
  each_submod(claims, [&](std::string_view name, const CborItem& map) {
    ear.submods.push_back(parse_submod(name, map, error));
  });
  if (ear.submods.empty()) claims.bad_value(std::int64_t{kCwtSubmods});
  if (const auto atoma = claims.map("atoma")) ear.atoma = parse_atoma(*atoma, error);
  if (error) return std::unexpected(*std::move(error));
  return ear;
}

Result<EarBatch> parse_ear_batch_cwt(ByteView bytes) {
  ATOMA_TRY(const auto document,
            wire::CborDocument::parse(
                bytes, {.size_max = kEarBatchSizeMax, .items_max = kEarBatchNodesMax}));
  std::optional<Error> error;
  const CborItem root = document.root();
  Claims claims(root, error);
  EarBatch batch;
  if (!parse_header(claims, error, batch)) return other_profile();
  each_submod(claims, [&](std::string_view name, const CborItem& map) {
    const auto place = parse_place(name);
    const bool ascends = place && (batch.items.empty() || batch.items.back().place < *place);
    if (!ascends || batch.items.size() == kEarBatchItemsMax) {
      claims.bad_value(std::int64_t{kCwtSubmods});
    }
    if (error) return;
    batch.items.push_back(parse_item(map, error));
    batch.items.back().place = *place;
  });
  if (batch.items.empty()) claims.bad_value(std::int64_t{kCwtSubmods});
  if (error) return std::unexpected(*std::move(error));
  return batch;
}

}  // namespace atoma::cose
