#include "atoma/evidence/nvidia/revocation.h"

#include <algorithm>

#include "atoma/evidence/nvidia/chain.h"
#include "fact_cache.h"

namespace atoma::evidence::nvidia {
namespace {

using pki::Certificate;
using pki::OcspResponse;
using pki::OcspStatus;

// One answer about one certificate, by somebody who may.
struct Answer {
  OcspStatus status = OcspStatus::kUnknown;
  ValidityWindow window;
};
using Answers = std::vector<Answer>;

Answers answers_about(const Certificate& certificate, const Certificate& issuer,
                      const Certificate& root, std::span<const OcspResponse> responses) {
  Answers out;
  for (const auto& response : responses) {
    const auto* single = response.find(certificate, issuer);
    if (single == nullptr) continue;
    const auto window = single->validity.intersect(ocsp_signer_window(response, issuer, root));
    out.push_back({single->status, window});
  }
  return out;
}

// Lower is worse; kUnknown comes between a bad answer and a good one.
int rank(OcspStatus status) {
  switch (status) {
    case OcspStatus::kRevoked:
      return 0;
    case OcspStatus::kHold:
      return 1;
    case OcspStatus::kUnknown:
      return 2;
    case OcspStatus::kGood:
      break;
  }
  return 3;
}

OcspStatus worse(OcspStatus a, OcspStatus b) { return rank(a) < rank(b) ? a : b; }

// Of several current answers the worst counts; without any it is unknown.
OcspStatus status_at(const Answers& answers, Time at) {
  OcspStatus worst = OcspStatus::kGood;
  bool any = false;
  for (const auto& answer : answers) {
    if (!answer.window.contains(at)) continue;
    any = true;
    worst = worse(worst, answer.status);
  }
  return any ? worst : OcspStatus::kUnknown;
}

// All that the answer rests on but the clock. DER says its own length, so that different questions
// are different bytes.
Bytes question_of(const std::vector<Certificate>& chain, std::size_t first,
                  std::span<const OcspResponse> responses) {
  std::size_t size = 2;
  for (const auto& certificate : chain) size += certificate.der().size();
  for (const auto& response : responses) size += response.der().size();
  Bytes out;
  out.reserve(size);
  out.push_back(static_cast<std::uint8_t>(first));
  out.push_back(static_cast<std::uint8_t>(chain.size()));
  for (const auto& certificate : chain) append(out, certificate.der());
  for (const auto& response : responses) append(out, response.der());
  return out;
}

}  // namespace

struct RevocationChecker::Impl {
  struct Fact {
    Bytes question;
    std::vector<Answers> certificates;
  };
  FactCache<Fact> facts;

  std::shared_ptr<Fact> fact_of(const std::vector<Certificate>& chain, std::size_t first,
                                std::span<const OcspResponse> responses) {
    Bytes question = question_of(chain, first, responses);
    const auto hash = fact_hash(question);
    auto known = facts.find(hash, [&](const Fact& f) { return f.question == question; });
    if (known) return known;
    auto fact = std::make_shared<Fact>(std::move(question), std::vector<Answers>());
    bool answered = true;
    for (std::size_t i = first; i + 1 < chain.size(); ++i) {
      auto answers = answers_about(chain[i], chain[i + 1], chain.back(), responses);
      // An empty window means that nobody who may has signed: such answers cost memory no more.
      std::erase_if(answers,
                    [](const Answer& a) { return a.window.not_after < a.window.not_before; });
      answered &= !answers.empty();
      fact->certificates.push_back(std::move(answers));
    }
    if (answered) facts.insert(hash, fact);
    return fact;
  }
};

RevocationChecker::RevocationChecker(std::size_t facts_max)
    : impl_(new Impl{FactCache<Impl::Fact>(facts_max)}) {}
RevocationChecker::RevocationChecker(RevocationChecker&&) noexcept = default;
RevocationChecker::~RevocationChecker() = default;

void RevocationChecker::forget() { impl_->facts.clear(); }
std::size_t RevocationChecker::facts() const { return impl_->facts.size(); }

OcspStatus RevocationChecker::status(const std::vector<Certificate>& chain, std::size_t first,
                                     std::span<const OcspResponse> answers, Time at) {
  if (answers.empty()) return OcspStatus::kUnknown;
  const auto fact = impl_->fact_of(chain, first, answers);
  OcspStatus worst = fact->certificates.empty() ? OcspStatus::kUnknown : OcspStatus::kGood;
  for (const auto& certificate : fact->certificates)
    worst = worse(worst, status_at(certificate, at));
  return worst;
}

}  // namespace atoma::evidence::nvidia
