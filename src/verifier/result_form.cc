#include "result_form.h"

#include "atoma/cose/epoch_keys.h"

namespace atoma::verifier {
namespace {

constexpr http::SizeRange kNameSizes{1, 16};

cose::Algorithm read_algorithm(http::FieldReader& in) {
  if (!in.has("alg")) return cose::Algorithm::kEs256;
  const auto found = cose::algorithm_from_name(in.text("alg", kNameSizes));
  if (found && std::ranges::contains(cose::kEpochAlgorithms, *found)) return *found;
  in.refuse("alg", "ES256 or ML-DSA-65, or no such member");
  return cose::Algorithm::kEs256;
}

}  // namespace

ResultForm read_result_form(http::FieldReader& in) {
  ResultForm out;
  if (in.form() == http::BodyForm::kCbor) out.format = cose::EarFormat::kCwt;
  if (in.has("format")) {
    const auto name = in.text("format", kNameSizes);
    const auto* const found =
        std::ranges::find(cose::kEarFormats, name, [](auto f) { return cose::ear_format_name(f); });
    if (found == std::end(cose::kEarFormats)) {
      in.refuse("format", "jwt or cwt, or no such member");
    } else {
      out.format = *found;
    }
  }
  out.algorithm = read_algorithm(in);
  return out;
}

}  // namespace atoma::verifier
