// The input is the values of extensions below AMD's arc (parts.h), each behind a byte that names
// its OID: what makes a VCEK makes no VLEK.
#include "atoma/evidence/amd/key_extensions.h"
#include "fixtures.h"
#include "fuzz.h"
#include "parts.h"

namespace atoma::fuzz {
namespace {

using evidence::amd::SigningKey;

// 1 to 9: SPLs; 10 to 14: what else AMD 57230 defines, .1 to .5; others: nothing.
std::string oid_of(std::uint8_t number) {
  const std::string arc = "1.3.6.1.4.1.3704.1.";
  return arc + (number <= 9 ? "3." + std::to_string(number) : std::to_string(number - 9));
}

}  // namespace

void one_input(ByteView in) {
  static const auto key = fixed_key(crypto::Curve::kP384, 0x44);
  pki::CertificateTemplate content;
  content.subject_cn = content.issuer_cn = "SEV-VCEK";
  constexpr std::size_t kPartsMax = 16;
  for (const ByteView part : split_parts(in, kPartsMax)) {
    if (part.empty()) continue;
    content.extra.push_back({oid_of(part.front() % 16), false, to_bytes(part.subspan(1))});
  }
  const auto certificate =
      pki::Certificate::parse(pki::issue_certificate(content, pki::Signer(key)));
  if (!certificate) return;
  const auto vcek = evidence::amd::parse_key_extensions(*certificate, SigningKey::kVcek);
  const auto vlek = evidence::amd::parse_key_extensions(*certificate, SigningKey::kVlek);
  ATOMA_CHECK(!vcek || !vlek);
  ATOMA_CHECK(!vcek || (vcek->csp_id.empty() && !vcek->hw_id.empty()));
  ATOMA_CHECK(!vlek || (vlek->hw_id.empty() && !vlek->csp_id.empty()));
}

}  // namespace atoma::fuzz
