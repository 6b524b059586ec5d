#include "kept.h"

#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {
namespace {

using evidence::tpm::EvidenceFile;
using ledger::EvidenceRef;
using ledger::Standing;
namespace media = ledger::media;

// {"ocsp": [base64, …]}: they are many, small, and never the same.
std::string ocsp_document(const std::vector<Bytes>& brought, const FromHand& from_hand) {
  wire::JsonWriter out;
  out.begin_object().key("ocsp").begin_array();
  for (const Bytes& answer : brought) out.value(wire::base64_encode(answer));
  for (const auto& answer : from_hand.ocsp) out.value(wire::base64_encode(answer->der()));
  return out.end_array().end_object().take();
}

}  // namespace

Result<std::vector<EvidenceRef>> keep_evidence(ledger::EvidenceKeeper& keeper, const ToKeep& what) {
  const Subject& subject = what.subject;
  const Standing brought = what.accepted ? Standing::kProven : Standing::kUnproven;
  std::vector<EvidenceRef> out;
  const auto keep = [&](ByteView bytes, std::string_view type, Standing standing) -> Status {
    if (bytes.empty()) return {};
    ATOMA_TRY(out.emplace_back(), keeper.keep(bytes, type, standing));
    return {};
  };
  const bool tpm = std::holds_alternative<EvidenceFile>(subject.other);
  ATOMA_TRY_VOID(keep(subject.evidence, media::kCpuEvidence, brought));
  ATOMA_TRY_VOID(
      keep(as_bytes(subject.document), tpm ? media::kTpmEvidence : media::kComposite, brought));
  for (const Bytes& log : subject.event_logs) {
    ATOMA_TRY_VOID(keep(log, media::kEventLog, brought));
  }
  for (const Bytes& rim : subject.rims) ATOMA_TRY_VOID(keep(rim, media::kRim, brought));
  for (const auto& rim : what.from_hand.rims) {
    ATOMA_TRY_VOID(keep(rim->xml, media::kRim, Standing::kProven));
  }
  if (!subject.ocsp.empty() || !what.from_hand.ocsp.empty()) {
    const auto answers = ocsp_document(subject.ocsp, what.from_hand);
    ATOMA_TRY_VOID(keep(as_bytes(answers), media::kOcsp, brought));
  }
  for (const auto& keys : {subject.platform_keys, what.from_hand.platform_keys}) {
    if (keys != nullptr)
      ATOMA_TRY_VOID(keep(as_bytes(keys->text()), media::kPlatformKeys, brought));
  }
  if (what.vendor_set) {
    ATOMA_TRY_VOID(keep(as_bytes(*what.vendor_set), media::kCollateral, brought));
  }
  ATOMA_TRY_VOID(keep(as_bytes(what.policy), media::kPolicy, Standing::kProven));
  ATOMA_TRY_VOID(keep(what.token, what.token_type, brought));
  ATOMA_TRY_VOID(keep(as_bytes(what.jwks), media::kJwks, Standing::kProven));
  return out;
}

}  // namespace atoma::verifier
