#include "atoma/appraisal/cca_policy.h"

#include "atoma/wire/text.h"
#include "policy_reader.h"

namespace atoma::appraisal {
namespace {

// Platform configurations are a few bytes.
constexpr std::size_t kConfigMax = 64;

// Values of more than one size, by the hash that made them.
AnyOf<Bytes> read_values(PolicyReader& in, std::string_view name,
                         std::initializer_list<std::size_t> sizes) {
  const auto texts = in.any_of_text(name);
  AnyOf<Bytes> out{
      .values = {}, .accept_any_reason = texts.accept_any_reason, .accept_any = texts.accept_any};
  for (const auto& text : texts.values) {
    auto value = wire::hex_decode(text);
    const bool good = value && (sizes.size() == 0 ? value->size() <= kConfigMax
                                                  : std::ranges::contains(sizes, value->size()));
    if (!good) in.fail(name, "hexadecimal values of the right size");
    out.values.push_back(good ? *std::move(value) : Bytes());
  }
  return out;
}

}  // namespace

CcaPolicy CcaPolicy::strict(const std::string& why_no_measurements) {
  const auto any = AnyOf<Bytes>::any("not part of the strict default");
  CcaPolicy out{.platform_keys = AnyOf<Bytes>::any("whoever hands in a CPAK vouches for it"),
                .lifecycle_secured = Require::strict(),
                .implementation_id = any,
                .instance_id = any,
                .platform_config = any,
                .software_signers = any,
                .software_measurements = any,
                .personalization = any,
                .measurements = {}};
  for (const auto name : kCcaMeasurements) {
    out.measurements.push_back({std::string(name), AnyOf<Bytes>::any(why_no_measurements)});
  }
  return out;
}

CcaPolicy read_cca_policy(PolicyReader& in) {
  CcaPolicy out;
  out.platform_keys = in.any_of_bytes("platform_keys", sizeof(crypto::Digest256));
  out.lifecycle_secured = in.require("lifecycle", "secured");
  out.implementation_id =
      in.any_of_bytes("implementation_id", evidence::cca::kImplementationIdSize);
  out.instance_id = in.any_of_bytes("instance_id", evidence::cca::kInstanceIdSize);
  out.platform_config = read_values(in, "platform_config", {});
  out.software_signers = read_values(in, "software_signers", {32, 48, 64});
  out.software_measurements = read_values(in, "software_measurements", {32, 48, 64});
  out.personalization = in.any_of_bytes("personalization", 64);
  in.object("measurements", [&](PolicyReader& list) {
    for (const auto name : kCcaMeasurements) {
      out.measurements.push_back({std::string(name), read_values(list, name, {32, 64})});
    }
  });
  return out;
}

}  // namespace atoma::appraisal
