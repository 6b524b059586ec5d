#include "atoma/appraisal/reference_values.h"

#include <format>

#include "atoma/appraisal/policy.h"
#include "atoma/cose/jws.h"
#include "atoma/wire/text.h"
#include "atoma/wire/yaml.h"
#include "corim.h"
#include "policy_reader.h"

namespace atoma::appraisal {
namespace {

using evidence::Tee;

constexpr std::uint64_t kVersion = 1;

Tee read_tee(PolicyReader& in) {
  const std::string word = in.text("tee");
  for (const auto tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp}) {
    if (evidence::tee_name(tee) == word) return tee;
  }
  in.fail("tee", "tdx, sgx or snp");
  return Tee::kUnknown;
}

template <typename Names, typename NameOf>
void read_registers(PolicyReader& in, Tee tee, const Names& names, NameOf name_of,
                    ReferenceRow& row) {
  for (const auto& entry : names) {
    const std::string_view name = name_of(entry);
    if (!in.has(name)) continue;
    Bytes value = in.bytes(name);
    const std::size_t size = reference_size(tee, name);
    if (value.size() != size) in.fail(name, std::format("{} bytes in hexadecimal", size));
    row.values.emplace_back(name, std::move(value));
  }
}

ReferenceRow read_row(PolicyReader& in) {
  ReferenceRow row;
  row.tee = read_tee(in);
  row.label = in.text("label");
  in.object("measurements", [&](PolicyReader& list) {
    const auto same = [](std::string_view name) { return name; };
    if (row.tee == Tee::kTdx) read_registers(list, row.tee, kTdxMeasurements, same, row);
    if (row.tee == Tee::kSgx) read_registers(list, row.tee, kSgxMeasurements, same, row);
    if (row.tee == Tee::kSnp) {
      const auto name_of = [](const SnpMeasurement& m) { return m.name; };
      read_registers(list, row.tee, kSnpMeasurements, name_of, row);
    }
  });
  if (row.values.empty()) in.fail("measurements", "at least one register");
  return row;
}

Time read_time(PolicyReader& in, std::string_view name) {
  const auto bound = in.bound_time(name);
  if (bound.accept_any) in.fail(name, "a UTC time");
  return bound.value;
}

// header..signature with the payload put back between the dots.
Result<std::string> attach(std::string_view yaml, std::string_view signature) {
  const auto dots = signature.find("..");
  if (dots == signature.npos) {
    return malformed("reference.signature", "expected a detached JWS: header..signature");
  }
  while (signature.ends_with('\n')) signature.remove_suffix(1);
  return std::string(signature.substr(0, dots + 1)) + wire::base64url_encode(as_bytes(yaml)) +
         std::string(signature.substr(dots + 1));
}

}  // namespace

std::size_t reference_size(Tee tee, std::string_view name) {
  if (tee == Tee::kTdx && std::ranges::contains(kTdxMeasurements, name)) return 48;
  if (tee == Tee::kSgx && std::ranges::contains(kSgxMeasurements, name)) return 32;
  for (const auto& m : kSnpMeasurements) {
    if (tee == Tee::kSnp && m.name == name) return m.size;
  }
  return 0;
}

Result<ReferenceValues> parse_reference_values(std::string_view yaml) {
  if (yaml.size() > kReferenceSetMax) {
    return malformed("reference.too_large",
                     std::format("{} bytes; at most {} are read", yaml.size(), kReferenceSetMax));
  }
  ATOMA_TRY(const auto document, wire::parse_yaml(yaml));
  const wire::JsonValue* version = document.root().find("atoma_reference_values");
  if (version == nullptr || version->unsigned_integer() != kVersion) {
    return malformed("reference.version", "expected the member atoma_reference_values: 1");
  }
  PolicyReader in(document.root(), "reference");
  ReferenceValues out;
  in.bound_u64("atoma_reference_values");
  out.name = in.text("name");
  out.window = {read_time(in, "not_before"), read_time(in, "not_after")};
  const Require none =
      in.objects("values", [&](PolicyReader& row) { out.rows.push_back(read_row(row)); });
  if (none.accept_any) in.fail("values", "a list");
  if (auto status = in.finish(); !status) {
    return malformed("reference.format", status.error().message);
  }
  return out;
}

Result<ReferenceSet> verify_reference_set(ByteView file, std::string_view signature,
                                          cose::VerificationKeys& keys) {
  const crypto::Digest256 digest = crypto::sha256(file);
  if (looks_like_corim(file)) {
    if (!signature.empty()) {
      return malformed("reference.signature", "a CoRIM has its signature inside");
    }
    ATOMA_TRY(auto signed_corim, verify_corim(file, keys));
    return ReferenceSet(std::move(signed_corim.values), std::move(signed_corim.kid), digest);
  }
  if (file.size() > kReferenceSetMax) {
    return malformed("reference.too_large", "larger than any set of reference values");
  }
  ATOMA_TRY(const auto token, attach(as_text(file), signature));
  ATOMA_TRY(const auto jws, cose::jws_verify(token, keys, kReferenceSetType));
  ATOMA_TRY(auto values, parse_reference_values(jws.payload()));
  return ReferenceSet(std::move(values), jws.kid(), digest);
}

std::string sign_reference_set(std::string_view yaml, const cose::SigningKey& key) {
  const std::string token =
      cose::jws_sign(key, cose::key_id(key.public_key()), kReferenceSetType, yaml);
  const auto first = token.find('.');
  return token.substr(0, first) + "." + token.substr(token.rfind('.'));
}

}  // namespace atoma::appraisal
