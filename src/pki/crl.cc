#include "atoma/pki/crl.h"

#include "atoma/base/limits.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"
#include "signed_structure.h"

namespace atoma::pki {
namespace {

using wire::DerReader;

std::unexpected<Error> syntax(const char* where) {
  return malformed("crl.syntax", std::string("not a DER certificate list: ") + where);
}

std::unexpected<Error> bad_extension(ByteView oid) {
  return malformed("crl.extension", "malformed, duplicate or unknown critical extension " +
                                        wire::oid_to_string(oid));
}

bool is_filler(std::uint8_t c) {
  return c == '\0' || c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

bool less(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

}  // namespace

struct CrlParser {
  Crl& out;

  // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
  Status run() {
    const auto outer = read_signed_structure(out.der_);
    if (!outer) return syntax("outer structure");
    out.tbs_ = outer->tbs;
    ATOMA_TRY_VOID(read_tbs());
    if (outer->algorithm == SignatureAlgorithm::kNone ||
        outer->algorithm != out.signature_algorithm_) {
      return malformed("crl.algorithm", "unknown signature algorithm, or not the same inside");
    }
    auto signature = outer->plain_signature();
    if (!signature) return syntax("the ECDSA signature");
    out.signature_ = *std::move(signature);
    return {};
  }

  Status read_tbs() {
    DerReader in(out.tbs_);
    DerReader tbs = in.enter(wire::kDerSequence);
    if (tbs.peek() != wire::kDerInteger || tbs.small_integer() != 1) {
      return malformed("crl.version", "expected a version 2 list");
    }
    out.signature_algorithm_ = read_signature_algorithm(tbs);
    out.issuer_ = tbs.raw(wire::kDerSequence);
    const Time this_update = tbs.time();
    if (!tbs.ok()) return syntax("the signed part");
    if (tbs.peek() != wire::kDerUtcTime && tbs.peek() != wire::kDerGeneralizedTime) {
      return malformed("crl.next_update", "a list without nextUpdate never expires");
    }
    out.validity_ = {this_update, tbs.time()};
    if (tbs.peek() == wire::kDerSequence) {
      DerReader revoked = tbs.enter(wire::kDerSequence);
      ATOMA_TRY_VOID(read_revoked(revoked));
    }
    DerReader wrapped = tbs.enter(wire::der_context(0));
    if (!tbs.finish()) return syntax("the signed part");
    return read_extensions(wrapped);
  }

  Status read_revoked(DerReader& revoked) {
    while (revoked.ok() && !revoked.at_end()) {
      if (out.revoked_.size() == limits::kCrlEntriesMax) {
        return malformed("crl.entries",
                         "more than " + std::to_string(limits::kCrlEntriesMax) + " entries");
      }
      DerReader entry = revoked.enter(wire::kDerSequence);
      out.revoked_.push_back(entry.integer());
      entry.time();
      if (!entry.at_end()) {
        DerReader extensions = entry.enter(wire::kDerSequence);
        ATOMA_TRY_VOID(refuse_critical(extensions));
      }
      if (!entry.finish()) return syntax("an entry");
    }
    if (!revoked.finish()) return syntax("the entries");
    std::ranges::sort(out.revoked_, less);
    return {};
  }

  // An unknown critical entry extension could mean "not this certificate" (RFC 5280 §5.3).
  Status refuse_critical(DerReader& extensions) {
    while (extensions.ok() && !extensions.at_end()) {
      DerReader in = extensions.enter(wire::kDerSequence);
      const ByteView oid = in.element(wire::kDerOid);
      if (in.peek() == wire::kDerBoolean && in.boolean()) return bad_extension(oid);
      in.element(wire::kDerOctetString);
      if (!in.finish()) return bad_extension(oid);
    }
    return extensions.finish() ? Status() : syntax("entry extensions");
  }

  Status read_extensions(DerReader& wrapped) {
    DerReader list = wrapped.enter(wire::kDerSequence);
    if (!wrapped.finish()) return syntax("extensions");
    while (list.ok() && !list.at_end()) {
      DerReader in = list.enter(wire::kDerSequence);
      const ByteView oid = in.element(wire::kDerOid);
      const bool critical = in.peek() == wire::kDerBoolean && in.boolean();
      DerReader value(in.element(wire::kDerOctetString));
      const bool read = in.finish() && read_extension(oid, critical, value);
      if (!read) return bad_extension(oid);
    }
    return list.finish() ? Status() : syntax("extensions");
  }

  bool read_extension(ByteView oid, bool critical, DerReader& value) {
    if (equal(oid, oid::kCrlNumber)) {
      if (out.has_number_) return false;
      out.has_number_ = true;
      value.integer();
      return value.finish();
    }
    if (equal(oid, oid::kAuthorityKeyId)) {
      if (!out.authority_key_id_.empty()) return false;
      DerReader id = value.enter(wire::kDerSequence);
      if (id.peek() == wire::der_context_primitive(0)) {
        out.authority_key_id_ = id.element(wire::der_context_primitive(0));
      }
      return id.ok() && value.finish();
    }
    return !critical;
  }
};

Result<Crl> Crl::parse(ByteView der) {
  if (der.size() > limits::kCrlMax) {
    return malformed("crl.too_large", "a list of " + std::to_string(der.size()) +
                                          " bytes; at most " + std::to_string(limits::kCrlMax) +
                                          " are read");
  }
  Crl crl;
  crl.der_ = to_bytes(der);
  ATOMA_TRY_VOID(CrlParser{crl}.run());
  return crl;
}

bool Crl::revokes(ByteView serial) const {
  return std::ranges::binary_search(revoked_, serial, less);
}

Result<Crl> parse_crl(ByteView bytes) {
  if (wire::looks_like_pem(bytes)) {
    ATOMA_TRY(const auto blocks, wire::parse_pem(as_text(bytes), 1));
    if (blocks.size() != 1 || blocks[0].label != "X509 CRL") {
      return malformed("crl.encoding", "expected one X509 CRL in PEM");
    }
    return Crl::parse(blocks[0].der);
  }
  if (bytes.size() > 1 && bytes[0] == wire::kDerSequence && bytes[1] >= 0x80) {
    // A signature may end in zeros: what trails is cut by the list's own length.
    const ByteView list = wire::DerReader(bytes).raw();
    return Crl::parse(std::ranges::all_of(bytes.subspan(list.size()), is_filler) ? list : bytes);
  }
  std::string_view text = as_text(bytes);
  while (!text.empty() && is_filler(static_cast<std::uint8_t>(text.back()))) text.remove_suffix(1);
  const auto der = wire::hex_decode(text);
  if (!der || der->empty()) {
    return malformed("crl.encoding", "a list is expected as DER, PEM or hexadecimal text");
  }
  return Crl::parse(*der);
}

}  // namespace atoma::pki
