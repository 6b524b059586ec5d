#include "kinds.h"

#include <algorithm>
#include <iterator>

#include "atoma/evidence/amd/issuers.h"
#include "atoma/evidence/tpm/hcl.h"

namespace atoma::verifier {
namespace {

using appraisal::Appraiser;
using appraisal::CompositeFile;
using appraisal::NvidiaEvidence;
using appraisal::Request;
using appraisal::Verdict;
using evidence::Detail;
using evidence::Tee;
using evidence::amd::Endorsements;
using evidence::tpm::EvidenceFile;

std::optional<ByteView> view_of(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
}

// Which answers at hand may speak of a device's authorities, or of a manifest's, is told by serial
// numbers; the appraisal tells which of them really do.
std::vector<std::shared_ptr<const OcspAnswer>> ocsp_for(const std::vector<CompositeFile::Gpu>& gpus,
                                                        const AtHand& sets) {
  std::vector<std::shared_ptr<const OcspAnswer>> out;
  if (sets.ocsp.empty()) return out;
  std::vector<pki::Certificate> certificates;
  for (const auto& gpu : gpus) {
    auto chain = pki::parse_certificates(gpu.cert_chain);
    if (chain) std::ranges::move(*chain, std::back_inserter(certificates));
  }
  const auto asked = [&](const auto& answer) {
    const auto by = [&](const pki::Certificate& c) { return answer->speaks_of(c.serial()); };
    return std::ranges::any_of(certificates, by) ||
           std::ranges::any_of(sets.rims, [&](const auto& file) {
             return std::ranges::any_of(file->rim.certificates(), by);
           });
  };
  std::ranges::copy_if(sets.ocsp, std::back_inserter(out), asked);
  return out;
}

NvidiaEvidence nvidia_evidence(const Subject& subject, const std::vector<CompositeFile::Gpu>& gpus,
                               const AtHand& sets, const FromHand& from_hand) {
  NvidiaEvidence out{.devices = {},
                     .rims = {subject.rims.begin(), subject.rims.end()},
                     .ocsp = {subject.ocsp.begin(), subject.ocsp.end()},
                     .expected_devices = subject.gpus_expected,
                     .rims_at_hand = sets.rims};
  for (const auto& answer : from_hand.ocsp) out.ocsp.push_back(answer->der());
  for (const auto& gpu : gpus) out.devices.push_back({gpu.report, gpu.cert_chain});
  return out;
}

// The hardware below a TPM or beside GPUs, which collateral or endorsements are about.
Tee hardware_of(const Subject& subject) {
  if (const auto* composite = std::get_if<CompositeFile>(&subject.other)) return composite->tee;
  const auto* tpm = std::get_if<EvidenceFile>(&subject.other);
  if (tpm == nullptr || tpm->hcl_report.empty()) return Tee::kUnknown;
  const auto hcl = evidence::tpm::parse_hcl_report(tpm->hcl_report);
  if (!hcl) return Tee::kUnknown;
  return hcl->type == evidence::tpm::HclReportType::kSnp ? Tee::kSnp : Tee::kTdx;
}

// Tries `appraise` on a request with one set at hand after the other.
template <typename Appraise>
Appraised best_of(Request request, Tee hardware, const AtHand& sets, Appraise appraise) {
  std::optional<Appraised> best;
  // True when nothing better can come.
  const auto keep = [&] {
    Appraised result = appraise(request);
    const bool accepted = result.verdict() == Verdict::kAccepted;
    if (accepted || !best || result.not_good() < best->not_good()) best = std::move(result);
    return accepted;
  };
  if (hardware == Tee::kSnp && request.endorsements == nullptr && !request.unreadable_collateral) {
    for (const auto& set : sets.endorsements) {
      request.endorsements = set.get();
      if (keep()) return *std::move(best);
    }
  } else if ((hardware == Tee::kTdx || hardware == Tee::kSgx) && request.collateral == nullptr) {
    for (const auto& set : sets.collateral) {
      request.collateral = set.get();
      if (keep()) return *std::move(best);
    }
  }
  if (!best) keep();
  return *std::move(best);
}

Detail detail_of(const Appraisal& item) {
  return item.every_check ? Detail::kAll : Detail::kClaims;
}

Appraised appraise_tpm(Appraiser& appraiser, const EvidenceFile& file, Request request,
                       const Appraisal& item, const AtHand& sets) {
  appraisal::TpmEvidence tpm = appraisal::tpm_evidence(file);
  tpm.nonce = view_of(item.challenge);
  request.tpm = &tpm;
  // What a guest was given at its launch, unless somebody knows better.
  std::optional<Endorsements> brought;
  if (request.endorsements == nullptr && !file.vcek.empty()) {
    const ByteView vcek = file.vcek;
    auto parsed = Endorsements::parse(evidence::amd::with_known_issuers({&vcek, 1}));
    if (!parsed) request.unreadable_collateral = parsed.error();
    if (parsed) request.endorsements = &brought.emplace(*std::move(parsed));
  }
  return best_of(request, hardware_of(item.subject), sets, [&](const Request& with) {
    return Appraised(appraiser.appraise(with, detail_of(item)));
  });
}

Appraised appraise_gpus(Appraiser& appraiser, const GpuHost& host, Request request,
                        const Appraisal& item, const AtHand& sets) {
  FromHand from_hand{.ocsp = ocsp_for(host.gpus, sets)};
  const auto gpus = nvidia_evidence(item.subject, host.gpus, sets, from_hand);
  request.tee = Tee::kNvidia;
  request.nvidia = &gpus;
  request.expected_report_data = view_of(item.challenge);
  return Appraised(appraiser.appraise(request, detail_of(item)), std::move(from_hand));
}

Appraised appraise_whole(Appraiser& appraiser, const CompositeFile& file, Request request,
                         const Appraisal& item, const AtHand& sets) {
  request.evidence = file.evidence;
  request.tee = file.tee;
  const FromHand from_hand{.ocsp = ocsp_for(file.gpus, sets)};
  appraisal::CompositeRequest whole{
      .cpu = {},
      .gpus = nvidia_evidence(item.subject, file.gpus, sets, from_hand),
      .key = file.key,
      .challenge = view_of(item.challenge)};
  return best_of(request, file.tee, sets, [&](const Request& with) {
    whole.cpu = with;
    return Appraised(appraisal::appraise_composite(appraiser, whole, detail_of(item)), from_hand);
  });
}

}  // namespace

Appraised appraise_kind(Appraiser& appraiser, const Appraisal& item, const AtHand& sets) {
  const Subject& subject = item.subject;
  const std::vector<ByteView> logs(subject.event_logs.begin(), subject.event_logs.end());
  Request request;
  request.collateral = subject.collateral.get();
  request.endorsements = subject.endorsements.get();
  request.at = item.at;
  request.event_logs = logs;
  request.reference_sets = sets.reference_sets();
  if (const auto* tpm = std::get_if<EvidenceFile>(&subject.other)) {
    return appraise_tpm(appraiser, *tpm, request, item, sets);
  }
  if (const auto* host = std::get_if<GpuHost>(&subject.other)) {
    return appraise_gpus(appraiser, *host, request, item, sets);
  }
  return appraise_whole(appraiser, std::get<CompositeFile>(subject.other), request, item, sets);
}

}  // namespace atoma::verifier
