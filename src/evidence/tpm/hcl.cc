#include "atoma/evidence/tpm/hcl.h"

#include <format>

#include "atoma/wire/json.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::tpm {
namespace {

using wire::JsonValue;
using wire::Reader;

constexpr std::string_view kMagic = "HCLA";
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kHardwareReportSize = 1184;
constexpr std::size_t kClaimsHeaderSize = 20;
// Azure's area is 2,600 bytes; claims grow with the configuration.
constexpr std::size_t kSizeMax = 16 * 1024;

HashAlgorithm hash_of_type(std::uint32_t type) {
  switch (type) {
    case 1:
      return HashAlgorithm::kSha256;
    case 2:
      return HashAlgorithm::kSha384;
    case 3:
      return HashAlgorithm::kSha512;
    default:
      return HashAlgorithm::kNone;
  }
}

std::unexpected<Error> bad_claims(const char* what) { return malformed("hcl.claims", what); }

Result<Bytes> number_of(const JsonValue& key, std::string_view name) {
  const JsonValue* value = key.find(name);
  if (value == nullptr || !value->is_string()) return bad_claims("HCLAkPub lacks e or n");
  auto bytes = wire::base64url_decode(value->text());
  if (!bytes) return bad_claims("e or n of HCLAkPub is not base64url");
  return std::move(*bytes);
}

Result<AttestationKey> read_ak(const JsonValue& root) {
  const JsonValue* keys = root.find("keys");
  const JsonValue* found = nullptr;
  if (keys == nullptr || !keys->is_array()) return bad_claims("there is no list of keys");
  for (const auto& key : keys->items()) {
    const JsonValue* kid = key.find("kid");
    if (kid == nullptr || kid->text() != "HCLAkPub") continue;
    if (found != nullptr) return bad_claims("two keys are named HCLAkPub");
    found = &key;
  }
  if (found == nullptr) return bad_claims("no key is named HCLAkPub");
  const JsonValue* type = found->find("kty");
  if (type == nullptr || type->text() != "RSA") return bad_claims("HCLAkPub is no RSA key");
  ATOMA_TRY(const Bytes modulus, number_of(*found, "n"));
  ATOMA_TRY(const Bytes exponent, number_of(*found, "e"));
  return AttestationKey::create_rsa(modulus, exponent);
}

}  // namespace

Result<HclReport> parse_hcl_report(ByteView bytes) {
  if (bytes.size() < kHeaderSize + kHardwareReportSize + kClaimsHeaderSize ||
      bytes.size() > kSizeMax) {
    return malformed("hcl.size", std::format("{} bytes", bytes.size()));
  }
  Reader in(bytes);
  if (!as_text(in.take(kHeaderSize)).starts_with(kMagic)) {
    return malformed("hcl.magic", "the report does not begin with HCLA");
  }
  HclReport out;
  out.hardware_report = in.take(kHardwareReportSize);
  const std::size_t data_size = in.u32_le();
  in.u32_le();  // version
  const std::uint32_t type = in.u32_le();
  const std::uint32_t hash_type = in.u32_le();
  const std::size_t claims_size = in.u32_le();
  if (type != static_cast<std::uint32_t>(HclReportType::kSnp) &&
      type != static_cast<std::uint32_t>(HclReportType::kTdx)) {
    return malformed("hcl.report_type", std::format("2 is SNP and 4 is TDX, found {}", type));
  }
  out.type = static_cast<HclReportType>(type);
  out.hash = hash_of_type(hash_type);
  if (out.hash == HashAlgorithm::kNone) {
    return malformed("hcl.hash_type", std::format("1 to 3 are known, found {}", hash_type));
  }
  out.claims = in.take(claims_size);
  if (!in.ok() || claims_size == 0 || data_size != claims_size + kClaimsHeaderSize) {
    return malformed("hcl.claims_size",
                     std::format("{} bytes of claims in {}", claims_size, data_size));
  }
  if (!all_zero(in.rest())) return malformed("hcl.padding", "bytes follow the claims");
  return out;
}

Result<HclClaims> parse_hcl_claims(ByteView claims) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(claims)));
  const JsonValue& root = document.root();
  ATOMA_TRY(auto ak, read_ak(root));
  HclClaims out{.ak = std::move(ak), .vm_id = {}, .secure_boot = {}, .user_data = {}};
  if (const JsonValue* machine = root.find("vm-configuration")) {
    if (const JsonValue* id = machine->find("vmUniqueId")) out.vm_id = id->text();
    if (const JsonValue* secure = machine->find("secure-boot")) {
      out.secure_boot = secure->boolean();
    }
  }
  if (const JsonValue* data = root.find("user-data")) {
    auto bytes = wire::hex_decode(data->text());
    if (!bytes) return bad_claims("user-data is not hexadecimal");
    out.user_data = std::move(*bytes);
  }
  return out;
}

}  // namespace atoma::evidence::tpm
