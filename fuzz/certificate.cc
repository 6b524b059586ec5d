// A certificate keeps the bytes it came from, views point into them, and PEM changes nothing.
#include "atoma/pki/certificate.h"

#include "atoma/evidence/amd/key_extensions.h"
#include "atoma/evidence/intel/pck.h"
#include "atoma/pki/public_key.h"
#include "atoma/wire/pem.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using evidence::amd::SigningKey;
using pki::Certificate;

bool inside(ByteView part, ByteView whole) {
  return part.empty() ||
         (whole.data() <= part.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

void one_input(ByteView in) {
  static_cast<void>(pki::parse_certificates(in));
  auto parsed = Certificate::parse(in);
  if (!parsed) return;
  const Certificate certificate = std::move(*parsed);
  ATOMA_CHECK(equal(certificate.der(), in));
  ATOMA_CHECK(inside(certificate.signed_part().tbs, certificate.der()));
  for (const ByteView part : {certificate.serial(), certificate.issuer(), certificate.subject(),
                              certificate.ec_point(), certificate.rsa_exponent()}) {
    ATOMA_CHECK(inside(part, certificate.der()));
  }
  for (const auto& extension : certificate.extensions()) {
    ATOMA_CHECK(certificate.extension(extension.oid).has_value());
  }
  const auto again =
      pki::parse_certificates(as_bytes(wire::encode_pem("CERTIFICATE", certificate.der())));
  ATOMA_CHECK(again.has_value() && again->size() == 1 && equal(again->front().der(), in));

  static_cast<void>(evidence::intel::parse_pck_info(certificate));
  static_cast<void>(evidence::amd::parse_key_extensions(certificate, SigningKey::kVcek));
  static_cast<void>(evidence::amd::parse_key_extensions(certificate, SigningKey::kVlek));
  if (auto key = pki::PublicKey::create(certificate)) {
    static_cast<void>(key->verified(certificate));
  }
}

}  // namespace atoma::fuzz
