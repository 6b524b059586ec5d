#include "bind.h"

#include "atoma/appraisal/binding.h"

namespace atoma::verifier {

Status bind_subject(Appraisal& appraisal, const Nonce& nonce, ByteView key,
                    const appraisal::Policy& policy) {
  const Subject& subject = appraisal.subject;
  if (std::holds_alternative<GpuHost>(subject.other)) {
    return malformed("attest.gpus_alone",
                     "a GPU signs for whoever drives it, so that no key can be bound by it: send "
                     "\"composite\", or ask /v1/appraise");
  }
  if (std::holds_alternative<evidence::tpm::EvidenceFile>(subject.other)) {
    appraisal.challenge = to_bytes(appraisal::bind_tpm_nonce(nonce, key));
    return {};
  }
  if (const auto* composite = std::get_if<appraisal::CompositeFile>(&subject.other)) {
    if (!equal(composite->key, key)) {
      return malformed("attest.key", "\"composite\" names another key than \"key\"");
    }
    appraisal.challenge = to_bytes(nonce);
    return {};
  }
  if (subject.platform_keys != nullptr && policy.cca && policy.cca->platform_keys.accept_any) {
    return malformed("attest.platform_keys",
                     "the policy names no platform key, and a request can't vouch for its own");
  }
  appraisal.report_data = appraisal::bind_report_data(nonce, key);
  return {};
}

}  // namespace atoma::verifier
