#include "atoma/appraisal/nitro_policy.h"

#include "policy_reader.h"

namespace atoma::appraisal {
namespace {

constexpr std::uint64_t kLeafLifetimeS = 3 * 3600;
constexpr std::uint64_t kClockSkewS = 60;
// A year and a day: larger bounds are meant as accept_any, and would overflow sums of times.
constexpr std::uint64_t kSecondsMax = 366 * 86400;

std::string pcr_name(std::size_t index) { return "pcr" + std::to_string(index); }

Bound<std::uint64_t> read_seconds(PolicyReader& in, std::string_view name) {
  auto out = in.bound_u64(name);
  if (out.value > kSecondsMax) in.fail(name, "at most 31622400 seconds, a leap year");
  return out;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

AnyOf<std::string> read_field(PolicyReader& in, std::string_view name) {
  auto out = in.any_of_text(name);
  for (const auto& value : out.values) {
    if (value != kNitroAbsent && !is_digest(value)) {
      in.fail(name, "SHA-256 values in lower-case hexadecimal, or the word absent");
    }
  }
  return out;
}

NitroBinding read_binding(PolicyReader& in) {
  const std::string word = in.text("report_data_in");
  if (word != "user_data" && word != "nonce") in.fail("report_data_in", "user_data or nonce");
  return word == "nonce" ? NitroBinding::kNonce : NitroBinding::kUserData;
}

// {} : all zero; {pcr16: [values]}: these, all others zero; {accept_any: "reason"}.
void read_other_pcrs(PolicyReader& in, NitroPolicy& out) {
  constexpr std::string_view kField = "other_pcrs";
  if (in.is_object_with(kField, "accept_any")) {
    out.other_pcrs_zero = in.require(kField, "");
    return;
  }
  in.object(kField, [&](PolicyReader& list) {
    for (std::size_t i = 0; i < out.other_pcrs.size(); ++i) {
      const std::string name = pcr_name(i);
      const bool own_field = std::ranges::contains(kNitroPcrs, i);
      if (own_field || !in.is_object_with(kField, name)) continue;
      out.other_pcrs[i] = MeasurementRule{name, list.windowed_bytes(name, kNitroPcrSize)};
    }
  });
}

}  // namespace

NitroPolicy NitroPolicy::strict(const std::string& why_no_measurements) {
  const std::string why = "not part of the strict default";
  NitroPolicy out{.no_debug = Require::strict(),
                  .document_age_max_s = Bound<std::uint64_t>::at(kLeafLifetimeS),
                  .clock_skew_max_s = Bound<std::uint64_t>::at(kClockSkewS),
                  .report_data_in = NitroBinding::kUserData,
                  .user_data = AnyOf<std::string>::any(why),
                  .nonce = AnyOf<std::string>::any(why),
                  .public_key = AnyOf<std::string>::any(why),
                  .measurements = {},
                  .other_pcrs_zero = Require::any(why),
                  .other_pcrs = {}};
  for (const std::size_t index : kNitroPcrs) {
    out.measurements.push_back({pcr_name(index), AnyOf<Bytes>::any(why_no_measurements)});
  }
  return out;
}

NitroPolicy read_nitro_policy(PolicyReader& in) {
  NitroPolicy out;
  out.no_debug = in.require("debug", "forbid");
  out.document_age_max_s = read_seconds(in, "document_age_max_s");
  out.clock_skew_max_s = read_seconds(in, "clock_skew_max_s");
  out.report_data_in = read_binding(in);
  out.user_data = read_field(in, "user_data");
  out.nonce = read_field(in, "nonce");
  out.public_key = read_field(in, "public_key");
  in.object("measurements", [&](PolicyReader& list) {
    for (const std::size_t index : kNitroPcrs) {
      const std::string name = pcr_name(index);
      out.measurements.push_back({name, list.windowed_bytes(name, kNitroPcrSize)});
    }
  });
  read_other_pcrs(in, out);
  return out;
}

}  // namespace atoma::appraisal
