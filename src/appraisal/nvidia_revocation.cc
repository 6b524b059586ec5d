#include "nvidia_revocation.h"

#include "rules.h"

namespace atoma::appraisal {

using evidence::Check;
using evidence::Findings;
using pki::OcspStatus;

NvidiaRevocation::NvidiaRevocation(const std::vector<ByteView>& files,
                                   evidence::nvidia::RevocationChecker& checker,
                                   const NvidiaPolicy& policy, Time at, Findings& findings)
    : checker_(checker), policy_(policy), at_(at) {
  for (const ByteView file : files) {
    auto answer = pki::OcspResponse::parse(file);
    if (answer) {
      answers_.push_back(*std::move(answer));
    } else {
      findings.add_error(answer.error(), evidence::CheckClass::kRevocation);
    }
  }
}

bool NvidiaRevocation::judge(const std::vector<pki::Certificate>& chain, std::size_t first,
                             Findings& findings, OcspStatus& status) const {
  status = checker_.status(chain, first, answers_, at_);
  const auto word = pki::ocsp_status_name(status);
  const std::string& leaf = chain.front().subject_cn();
  const auto text = [&] { return leaf + ": " + std::string(word); };
  bool good = findings.check(Check::kNvidiaRevoked, status != OcspStatus::kRevoked,
                             "no authority revoked", text);
  good &= apply(policy_.no_hold, status != OcspStatus::kHold, Check::kPolicyNvidiaHold,
                "no authority on hold", text(), findings);
  good &= apply(policy_.ocsp, status != OcspStatus::kUnknown, Check::kPolicyNvidiaOcsp,
                "current OCSP answers for every authority", text(), findings);
  return good;
}

}  // namespace atoma::appraisal
