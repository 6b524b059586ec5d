// A list parses the same from DER, PEM and hexadecimal, and keeps its DER.
#include "atoma/pki/crl.h"

#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto exact = pki::Crl::parse(in);
  const auto list = pki::parse_crl(in);
  ATOMA_CHECK(!exact || list.has_value());
  if (!list) return;
  ATOMA_CHECK(!exact || equal(exact->der(), in));
  const auto again = pki::Crl::parse(list->der());
  ATOMA_CHECK(again.has_value() && again->entries() == list->entries());
  for (const std::string& text :
       {wire::encode_pem("X509 CRL", list->der()), wire::hex_encode(list->der())}) {
    const auto same = pki::parse_crl(as_bytes(text));
    ATOMA_CHECK(same.has_value() && equal(same->der(), list->der()));
  }
  static_cast<void>(list->revokes(in.first(std::min<std::size_t>(in.size(), 20))));
}

}  // namespace atoma::fuzz
