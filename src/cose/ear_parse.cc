#include <algorithm>
#include <charconv>
#include <limits>

#include "atoma/cose/ear_batch.h"
#include "atoma/wire/json.h"
#include "ear_names.h"

namespace atoma::cose {
namespace {

using wire::JsonType;
using wire::JsonValue;

// The end of the year 9999: sums with any sensible skew stay far from overflow.
constexpr std::int64_t kTimeMax = 253402300799;
// RFC 9711 §4.1 for JSON.
constexpr std::size_t kNonceMin = 8;
constexpr std::size_t kNonceMax = 88;
constexpr std::size_t kDigestHexSize = 64;
constexpr std::int64_t kChecksMax = 1'000'000;

bool is_lower_hex(std::string_view text) {
  return text.size() % 2 == 0 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Reads required claims by name. The first failure sticks; later reads give empty values.
class Claims {
 public:
  // With `terse`, texts, lists and flags may be absent and are empty then; not digests and words.
  Claims(const JsonValue& object, std::optional<Error>& error, bool terse = false)
      : object_(object), error_(error), terse_(terse) {}

  bool absent(std::string_view name) const { return terse_ && object_.find(name) == nullptr; }

  // Null after a failure.
  const JsonValue* claim(std::string_view name, JsonType type) {
    const JsonValue* value = object_.find(name);
    if (value == nullptr) {
      refuse(malformed("ear.missing", "claim " + std::string(name) + " is missing"));
    } else if (value->type() != type) {
      refuse(malformed("ear.type", "claim " + std::string(name) + " has another JSON type"));
    }
    return error_ ? nullptr : value;
  }

  std::string text(std::string_view name) {
    if (absent(name)) return {};
    const JsonValue* value = claim(name, JsonType::kString);
    return std::string(value == nullptr ? std::string_view() : value->text());
  }

  std::string text(std::string_view name, std::size_t size_min, std::size_t size_max) {
    std::string value = text(name);
    if (value.size() < size_min || value.size() > size_max) bad_value(name);
    return value;
  }

  std::string hex(std::string_view name) {
    std::string value = text(name);
    if (!is_lower_hex(value)) bad_value(name);
    return value;
  }

  std::string digest(std::string_view name) {
    claim(name, JsonType::kString);
    std::string value = hex(name);
    if (value.size() != kDigestHexSize) bad_value(name);
    return value;
  }

  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const JsonValue* value = claim(name, JsonType::kNumber);
    if (value == nullptr) return 0;
    const auto number = value->integer();
    if (number && *number >= min && *number <= max) return *number;
    bad_value(name);
    return 0;
  }

  Time numeric_date(std::string_view name) { return {integer(name, 0, kTimeMax)}; }

  bool boolean(std::string_view name) {
    if (absent(name)) return false;
    const JsonValue* value = claim(name, JsonType::kBool);
    return value != nullptr && value->boolean().value_or(false);
  }

  const std::vector<JsonValue>& items(std::string_view name, JsonType type) {
    static const std::vector<JsonValue> kNone;
    if (absent(name)) return kNone;
    const JsonValue* value = claim(name, type);
    return value == nullptr ? kNone : value->items();
  }

  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    for (const JsonValue& item : items(name, JsonType::kArray)) {
      if (!item.is_string()) refuse(malformed("ear.type", std::string(name) + ": no string"));
      out.emplace_back(item.text());
    }
    return out;
  }

  // The one of `values` that `name_of` names.
  template <typename T, std::size_t N>
  T one_of(std::string_view name, const std::array<T, N>& values, std::string_view (*name_of)(T)) {
    claim(name, JsonType::kString);
    const std::string word = text(name);
    const auto found = std::ranges::find(values, std::string_view(word), name_of);
    if (found != values.end()) return *found;
    bad_value(name);
    return values.front();
  }

  void bad_value(std::string_view name) {
    refuse(malformed("ear.value", "claim " + std::string(name) + " is out of its range"));
  }

 private:
  void refuse(std::unexpected<Error> error) {
    if (!error_) error_ = std::move(error).error();
  }

  const JsonValue& object_;
  std::optional<Error>& error_;
  const bool terse_;
};

TrustVector parse_trust(const JsonValue& object, std::optional<Error>& error) {
  TrustVector trust;
  Claims claims(object, error);
  for (const TrustClaim& claim : kTrustClaims) {
    // Every claim is optional, and an absent one claims nothing (AR4SI §2.3.1).
    if (object.find(claim.name) == nullptr) continue;
    trust.*claim.field =
        static_cast<std::int8_t>(claims.integer(claim.name, std::numeric_limits<std::int8_t>::min(),
                                                std::numeric_limits<std::int8_t>::max()));
  }
  return trust;
}

EarSubmod parse_submod(const JsonValue& object, std::optional<Error>& error) {
  Claims claims(object, error);
  EarSubmod submod;
  submod.name = object.name();
  submod.status = claims.one_of("ear.status", kStatuses, ear_status_name);
  if (const auto* trust = claims.claim("ear.trustworthiness-vector", JsonType::kObject)) {
    submod.trust = parse_trust(*trust, error);
  }
  submod.appraisal_policy_id = claims.text("ear.appraisal-policy-id");
  return submod;
}

EarFinding parse_finding(const JsonValue& object, std::optional<Error>& error) {
  Claims claims(object, error);
  EarFinding finding;
  finding.id = claims.text("id");
  finding.severity = claims.text("severity");
  finding.outcome = claims.text("outcome");
  finding.clause = claims.text("clause");
  finding.expected = claims.text("expected");
  finding.actual = claims.text("actual");
  return finding;
}

Time parse_verified_at(Claims& claims) {
  const auto time = parse_time(claims.text("verified_at"));
  if (!time) claims.bad_value("verified_at");
  return time.value_or(Time{});
}

AtomaClaims parse_atoma(const JsonValue& object, std::optional<Error>& error, bool terse = false) {
  Claims claims(object, error, terse);
  AtomaClaims out;
  out.verdict = claims.one_of("verdict", kVerdicts, verdict_name);
  out.tee = claims.text("tee");
  out.tcb_status = claims.text("tcb_status");
  out.tcb_date = claims.text("tcb_date");
  if (!out.tcb_date.empty() && !parse_time(out.tcb_date)) claims.bad_value("tcb_date");
  out.evidence_sha256 = claims.digest("evidence_sha256");
  out.policy_sha256 = claims.digest("policy_sha256");
  out.collateral_sha256 = claims.texts("collateral_sha256");
  for (const std::string& digest : out.collateral_sha256) {
    if (digest.size() != kDigestHexSize || !is_lower_hex(digest)) {
      claims.bad_value("collateral_sha256");
    }
  }
  if (object.find("reference_values_sha256") != nullptr) {
    out.reference_values_sha256 = claims.digest("reference_values_sha256");
  }
  if (object.find("gpu_binding") != nullptr) out.gpu_binding = claims.text("gpu_binding");
  out.key = claims.hex("key");
  if (!out.key.empty() && out.key.size() != kDigestHexSize) claims.bad_value("key");
  out.report_data = claims.hex("report_data");
  for (const JsonValue& item : claims.items("measurements", JsonType::kObject)) {
    if (!item.is_string() || !is_lower_hex(item.text())) claims.bad_value("measurements");
    out.measurements.emplace_back(item.name(), item.text());
  }
  out.advisories = claims.texts("advisories");
  out.checks = static_cast<std::uint64_t>(claims.integer("checks", 0, kChecksMax));
  for (const JsonValue& item : claims.items("findings", JsonType::kArray)) {
    out.findings.push_back(parse_finding(item, error));
  }
  out.verified_at = parse_verified_at(claims);
  out.sample = claims.boolean("sample");
  return out;
}

// What one result and many have in common. False for another profile.
template <typename Token>
bool parse_header(Claims& claims, std::optional<Error>& error, Token& ear) {
  if (claims.text("eat_profile") != kEarProfile && !error) return false;
  ear.issuer = claims.text("iss");
  ear.id = claims.text("jti");
  ear.issued_at = claims.numeric_date("iat");
  ear.expires_at = claims.numeric_date("exp");
  if (ear.expires_at <= ear.issued_at) claims.bad_value("exp");
  ear.nonce = claims.text("eat_nonce", kNonceMin, kNonceMax);
  if (const auto* verifier = claims.claim("ear.verifier-id", JsonType::kObject)) {
    Claims inner(*verifier, error);
    ear.developer = inner.text("developer");
    ear.build = inner.text("build");
  }
  return true;
}

std::unexpected<Error> other_profile() {
  return malformed("ear.profile", "eat_profile must be " + std::string(kEarProfile));
}

EarItem parse_item(const JsonValue& object, std::optional<Error>& error) {
  EarItem item;
  const auto [end, failed] = std::from_chars(
      object.name().data(), object.name().data() + object.name().size(), item.place);
  Claims claims(object, error);
  item.status = claims.one_of("ear.status", kStatuses, ear_status_name);
  if (object.find("ear.trustworthiness-vector") != nullptr) {
    const auto* trust = claims.claim("ear.trustworthiness-vector", JsonType::kObject);
    if (trust != nullptr) item.trust = parse_trust(*trust, error);
  }
  // One spelling of each number.
  if (failed != std::errc() || std::to_string(item.place) != object.name()) {
    claims.bad_value("submods");
  }
  if (const auto* atoma = claims.claim("atoma", JsonType::kObject)) {
    item.atoma = parse_atoma(*atoma, error, true);
  }
  if (!item.atoma.key.empty()) claims.bad_value("key");
  return item;
}

}  // namespace

Result<Ear> parse_ear(std::string_view json) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  std::optional<Error> error;
  Claims claims(document.root(), error);
  Ear ear;
  if (!parse_header(claims, error, ear)) return other_profile();
  if (document.root().find("nbf") != nullptr) ear.not_before = claims.numeric_date("nbf");
  for (const JsonValue& submod : claims.items("submods", JsonType::kObject)) {
    ear.submods.push_back(parse_submod(submod, error));
  }
  if (ear.submods.empty()) claims.bad_value("submods");
  if (const auto* atoma = claims.claim("atoma", JsonType::kObject)) {
    ear.atoma = parse_atoma(*atoma, error);
  }
  if (error) return std::unexpected(*std::move(error));
  return ear;
}

Result<EarBatch> parse_ear_batch(std::string_view json) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json, kEarBatchNodesMax));
  std::optional<Error> error;
  Claims claims(document.root(), error);
  EarBatch batch;
  if (!parse_header(claims, error, batch)) return other_profile();
  const auto& submods = claims.items("submods", JsonType::kObject);
  if (submods.empty() || submods.size() > kEarBatchItemsMax) claims.bad_value("submods");
  for (const JsonValue& submod : submods) {
    if (error) break;
    batch.items.push_back(parse_item(submod, error));
    const std::size_t count = batch.items.size();
    if (count > 1 && batch.items[count - 2].place >= batch.items[count - 1].place) {
      claims.bad_value("submods");
    }
  }
  if (error) return std::unexpected(*std::move(error));
  return batch;
}

}  // namespace atoma::cose
