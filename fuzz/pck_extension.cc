// The input is the value of a PCK certificate's extension: what parses encodes to one with the same
// contents.
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using evidence::intel::PckInfo;

Result<PckInfo> parse(ByteView extension) {
  static const auto key = fixed_key(crypto::Curve::kP256, 0x33);
  pki::CertificateTemplate content;
  content.subject_cn = content.issuer_cn = "fuzz";
  content.extra.push_back({evidence::intel::kPckExtensionOid, false, to_bytes(extension)});
  ATOMA_TRY(const auto certificate,
            pki::Certificate::parse(pki::issue_certificate(content, pki::Signer(key))));
  return evidence::intel::parse_pck_info(certificate);
}

}  // namespace

void one_input(ByteView in) {
  const auto info = parse(in);
  if (!info) return;
  const auto again = parse(sample_tee::encode_pck_extension(*info));
  ATOMA_CHECK(again.has_value() && again->ppid == info->ppid && again->pce_id == info->pce_id);
  ATOMA_CHECK(again->tcb_components == info->tcb_components && again->pce_svn == info->pce_svn);
  ATOMA_CHECK(again->cpu_svn == info->cpu_svn && again->fmspc == info->fmspc);
  ATOMA_CHECK(again->sgx_type == info->sgx_type);
}

}  // namespace atoma::fuzz
