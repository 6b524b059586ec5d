#include "atoma/evidence/cca/token.h"

#include <limits>

#include "atoma/wire/cbor.h"

namespace atoma::evidence::cca {
namespace {

using wire::CborDocument;
using wire::CborItem;

constexpr std::uint64_t kCollectionTag = 399;
constexpr std::int64_t kPlatformToken = 44234;
constexpr std::int64_t kRealmToken = 44241;

// RMM specification A7.2.3.
enum PlatformClaim : std::int64_t {
  kPlatformChallenge = 10,
  kInstanceId = 256,
  kPlatformProfile = 265,
  kLifecycle = 2395,
  kImplementationId = 2396,
  kComponents = 2399,
  kVerificationService = 2400,
  kConfig = 2401,
  kPlatformHash = 2402,
};
constexpr std::int64_t kPlatformClaims[] = {
    kPlatformChallenge, kInstanceId,          kPlatformProfile, kLifecycle,   kImplementationId,
    kComponents,        kVerificationService, kConfig,          kPlatformHash};

enum ComponentClaim : std::int64_t {
  kType = 1,
  kMeasurement = 2,
  kVersion = 4,
  kSigner = 5,
  kAlgorithm = 6,
};
constexpr std::int64_t kComponentClaims[] = {kType, kMeasurement, kVersion, kSigner, kAlgorithm};

// A7.2.4.
enum RealmClaim : std::int64_t {
  kRealmChallenge = 10,
  kPersonalization = 44235,
  kRealmHash = 44236,
  kRealmKey = 44237,
  kRim = 44238,
  kRems = 44239,
  kRealmKeyHash = 44240,
};
constexpr std::int64_t kRealmClaims[] = {
    kRealmChallenge, kPersonalization, kRealmHash, kRealmKey, kRim, kRems, kRealmKeyHash};

// Reads claims by key. The first failure sticks; later reads give empty values.
class Claims {
 public:
  Claims(const CborItem& map, std::span<const std::int64_t> known, std::optional<Error>& error)
      : map_(map), error_(error) {
    if (!map.is_map()) refuse("the claims are no map");
    const auto items = map.is_map() ? map.items() : std::vector<CborItem>();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const auto key = items[i].integer();
      if (!key || !std::ranges::contains(known, *key)) {
        refuse(key ? "claim " + std::to_string(*key) + " is not known" : "a claim without number");
      }
    }
  }

  ByteView bytes(std::int64_t key, std::initializer_list<std::size_t> sizes) {
    const auto value = map_.find(key);
    const auto bytes = value ? value->bytes() : std::nullopt;
    const bool good = bytes && (sizes.size() == 0 || std::ranges::contains(sizes, bytes->size()));
    if (!good) bad(key, "bytes of the right size");
    return bytes.value_or(ByteView());
  }

  std::string_view text(std::int64_t key) {
    const auto value = map_.find(key);
    const auto text = value ? value->text() : std::nullopt;
    if (!text) bad(key, "a text");
    return text.value_or("");
  }

  std::string_view optional_text(std::int64_t key) { return map_.find(key) ? text(key) : ""; }

  HashAlgorithm hash(std::int64_t key) {
    const std::string_view name = text(key);
    for (const auto algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
      if (hash_name(algorithm) == name) return algorithm;
    }
    bad(key, "sha-256 or sha-512");
    return HashAlgorithm::kSha256;
  }

  std::uint16_t u16(std::int64_t key) {
    const auto value = map_.find(key);
    const auto number = value ? value->unsigned_integer() : std::nullopt;
    if (!number || *number > std::numeric_limits<std::uint16_t>::max()) bad(key, "16 bits");
    return static_cast<std::uint16_t>(number.value_or(0));
  }

  std::vector<CborItem> array(std::int64_t key, std::size_t min, std::size_t max) {
    const auto value = map_.find(key);
    auto items = value && value->is_array() ? value->items() : std::vector<CborItem>();
    if (items.size() >= min && items.size() <= max) return items;
    bad(key, "an array of the right length");
    return {};
  }

  void bad(std::int64_t key, const char* expected) {
    refuse("claim " + std::to_string(key) + ": expected " + expected);
  }

 private:
  void refuse(std::string what) {
    if (!error_) error_ = Error{Code::kInvalidArgument, "cca.claim", std::move(what)};
  }

  const CborItem& map_;
  std::optional<Error>& error_;
};

SoftwareComponent read_component(const CborItem& item, std::optional<Error>& error) {
  Claims in(item, kComponentClaims, error);
  SoftwareComponent out;
  out.type = in.optional_text(kType);
  out.version = in.optional_text(kVersion);
  out.algorithm = in.optional_text(kAlgorithm);
  out.measurement = in.bytes(kMeasurement, {32, 48, 64});
  out.signer = in.bytes(kSigner, {32, 48, 64});
  return out;
}

void read_platform(const CborItem& map, PlatformClaims& out, std::optional<Error>& error) {
  Claims in(map, kPlatformClaims, error);
  out.challenge = in.bytes(kPlatformChallenge, {32, 64});
  out.implementation_id = in.bytes(kImplementationId, {kImplementationIdSize});
  out.instance_id = in.bytes(kInstanceId, {kInstanceIdSize});
  out.config = in.bytes(kConfig, {});
  out.lifecycle = in.u16(kLifecycle);
  out.hash = in.hash(kPlatformHash);
  out.verification_service = in.optional_text(kVerificationService);
  for (const auto& item : in.array(kComponents, 1, kComponentsMax)) {
    out.components.push_back(read_component(item, error));
  }
}

void read_realm(const CborItem& map, RealmClaims& out, std::optional<Error>& error) {
  Claims in(map, kRealmClaims, error);
  out.challenge = in.bytes(kRealmChallenge, {kChallengeSize});
  out.personalization = in.bytes(kPersonalization, {64});
  out.hash = in.hash(kRealmHash);
  out.key_hash = in.hash(kRealmKeyHash);
  out.key = in.bytes(kRealmKey, {kRealmKeySize});
  if (!out.key.empty() && out.key.front() != 0x04) in.bad(kRealmKey, "an uncompressed point");
  const std::size_t size = hash_size(out.hash);
  out.rim = in.bytes(kRim, {size});
  const auto rems = in.array(kRems, kRemCount, kRemCount);
  for (std::size_t i = 0; i < rems.size(); ++i) {
    out.rem[i] = rems[i].bytes().value_or(ByteView());
    if (out.rem[i].size() != size) in.bad(kRems, "four values of the realm's hash");
  }
}

// The message under `key` of the collection. `reason` names the token.
template <std::size_t N>
Result<cose::Sign1> read_message(const CborItem& collection, std::int64_t key,
                                 const char (&reason)[N]) {
  const auto item = collection.find(key);
  const auto bytes = item ? item->bytes() : std::nullopt;
  if (!bytes) return malformed(reason, "the collection has no such byte string");
  const auto message = cose::parse_sign1(*bytes, cose::Sign1Tag::kRequired);
  if (!message) return malformed(reason, message.error().to_string());
  if (message->algorithm != cose::Algorithm::kEs384) {
    return malformed(reason, "expected the algorithm ES384");
  }
  return *message;
}

template <std::size_t N>
Result<CborDocument> read_payload(const cose::Sign1& message, const char (&reason)[N]) {
  auto payload = CborDocument::parse(message.payload, {.unsorted_maps = true});
  if (!payload) return malformed(reason, payload.error().to_string());
  return payload;
}

}  // namespace

std::string_view hash_name(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha256 ? "sha-256" : "sha-512";
}

Result<CcaToken> parse_token(ByteView bytes) {
  ATOMA_TRY(const auto document, CborDocument::parse(bytes));
  const auto collection = document.root().tagged(kCollectionTag);
  if (!collection || !collection->is_map() || collection->size() != 4) {
    return malformed("cca.collection", "expected the tag 399 around two tokens");
  }
  TokenFields fields;
  ATOMA_TRY(fields.platform.message,
            read_message(*collection, kPlatformToken, "cca.platform_token"));
  ATOMA_TRY(fields.realm.message, read_message(*collection, kRealmToken, "cca.realm_token"));
  ATOMA_TRY(const auto platform, read_payload(fields.platform.message, "cca.platform_token"));
  ATOMA_TRY(const auto realm, read_payload(fields.realm.message, "cca.realm_token"));
  const auto profile = platform.root().find(kPlatformProfile);
  if (!profile || profile->text() != kProfile) {
    return malformed("cca.profile", "expected the profile " + std::string(kProfile));
  }
  std::optional<Error> error;
  const CborItem platform_claims = platform.root();
  const CborItem realm_claims = realm.root();
  read_platform(platform_claims, fields.platform, error);
  read_realm(realm_claims, fields.realm, error);
  if (error) return std::unexpected(*std::move(error));
  return CcaToken(std::move(fields));
}

bool looks_like_token(ByteView bytes) {
  constexpr ByteArray<3> kStart{0xD9, 0x01, 0x8F};
  return bytes.size() > kStart.size() && equal(bytes.first(kStart.size()), kStart);
}

}  // namespace atoma::evidence::cca
