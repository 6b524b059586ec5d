#include "appraised.h"

#include <algorithm>

namespace atoma::verifier {
namespace {

using appraisal::AttestationResult;
using appraisal::CompositeResult;
using appraisal::Measurement;

std::size_t count_not_good(const evidence::Findings& findings) {
  return static_cast<std::size_t>(
      std::ranges::count_if(findings.items(), [](const evidence::Finding& finding) {
        return finding.outcome == evidence::Outcome::kFail ||
               finding.outcome == evidence::Outcome::kMissing;
      }));
}

// As results name it.
std::string_view launch_name(evidence::Tee tee) {
  using enum evidence::Tee;
  switch (tee) {
    case kTdx:
      return "mrtd";
    case kSgx:
      return "mrenclave";
    case kSnp:
      return "measurement";
    case kNitro:
      return "pcr0";
    case kCca:
      return "rim";
    default:
      return "";
  }
}

}  // namespace

Appraised::Appraised(AttestationResult one, FromHand from_hand)
    : result_(std::move(one)), from_hand_(std::move(from_hand)) {
  from_hand_.rims = first().rims_at_hand();
}

Appraised::Appraised(CompositeResult whole, FromHand from_hand)
    : result_(std::move(whole)), from_hand_(std::move(from_hand)) {
  from_hand_.rims = std::get<CompositeResult>(result_).gpus.rims_at_hand();
}

const AttestationResult& Appraised::first() const {
  const auto* whole = std::get_if<CompositeResult>(&result_);
  return whole != nullptr ? whole->cpu : std::get<AttestationResult>(result_);
}

appraisal::Verdict Appraised::verdict() const {
  const auto* whole = std::get_if<CompositeResult>(&result_);
  return whole != nullptr ? whole->verdict : first().verdict();
}

std::string Appraised::tee() const {
  std::string out(evidence::tee_name(first().tee()));
  if (const auto* whole = std::get_if<CompositeResult>(&result_)) {
    out += "+" + std::string(evidence::tee_name(whole->gpus.tee()));
  }
  return out;
}

std::string_view Appraised::kind() const {
  return std::holds_alternative<CompositeResult>(result_) ? kCompositeKind
                                                          : evidence::tee_name(first().tee());
}

bool Appraised::sample() const {
  const auto* whole = std::get_if<CompositeResult>(&result_);
  return first().sample() || (whole != nullptr && whole->gpus.sample());
}

const crypto::Digest256& Appraised::evidence_digest() const {
  const auto* whole = std::get_if<CompositeResult>(&result_);
  return whole != nullptr ? whole->evidence_digest : first().evidence_digest();
}

std::optional<Bytes> Appraised::launch_measurement() const {
  const auto& measured = first().measurements();
  const auto found = std::ranges::find(measured, launch_name(first().tee()), &Measurement::name);
  if (found == measured.end()) return std::nullopt;
  return to_bytes(found->value);
}

std::size_t Appraised::not_good() const {
  const auto* whole = std::get_if<CompositeResult>(&result_);
  const std::size_t own = count_not_good(first().findings());
  if (whole == nullptr) return own;
  return own + count_not_good(whole->gpus.findings()) + count_not_good(whole->findings);
}

cose::Ear Appraised::make_ear(const appraisal::EarContext& context) const {
  cose::Ear ear =
      std::visit([&](const auto& result) { return appraisal::make_ear(result, context); }, result_);
  ear.atoma.key = context.key_sha256;
  return ear;
}

cose::EarItem Appraised::make_item(bool claims) const {
  return std::visit([&](const auto& result) { return appraisal::make_ear_item(result, claims); },
                    result_);
}

}  // namespace atoma::verifier
