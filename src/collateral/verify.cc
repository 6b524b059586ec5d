#include "atoma/collateral/verify.h"

#include <algorithm>
#include <format>
#include <optional>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/amd/issuers.h"
#include "atoma/evidence/amd/key_extensions.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/intel/verify.h"
#include "atoma/evidence/nvidia/chain.h"
#include "atoma/evidence/nvidia/rim_verify.h"
#include "atoma/pki/ocsp.h"
#include "atoma/pki/public_key.h"
#include "atoma/wire/text.h"

namespace atoma::collateral {
namespace {

using evidence::RootKind;
using evidence::TrustAnchors;
using evidence::amd::SigningKey;
using pki::Certificate;
namespace intel = evidence::intel;

constexpr std::string_view kTcbSignerName = "Intel SGX TCB Signing";

// What vouches for a content: who signed it, under whose root, and when that is good.
struct Issuer {
  std::vector<Certificate> chain;  // the signer first, the root last
  RootKind root = RootKind::kUnknown;
  ValidityWindow window = kAlways;
};

struct Judged {
  RootKind root = RootKind::kUnknown;
  ValidityWindow window;
  Time issued_at;
};

std::unexpected<Error> no_issuer(std::string why) {
  return fail(Code::kPermissionDenied, "collateral.issuer", std::move(why));
}

std::unexpected<Error> mismatch(const Item& item, std::string_view found) {
  return fail(Code::kPermissionDenied, "collateral.mismatch",
              std::format("{} was asked for, and this is {}", item.name(), found));
}

RootKind root_kind(const Item& item, const Certificate& root, const TrustAnchors& anchors) {
  switch (item.source()) {
    case Source::kIntel:
      return anchors.kind_of(crypto::sha256(root.der()), {&intel::intel_root_digest(), 1});
    case Source::kAmd:
      return evidence::amd::root_kind(root, anchors);
    case Source::kNvidiaRim:
      break;  // a manifest brings its own chain, for the RimVerifier
    case Source::kNvidiaOcsp: {
      const auto device = evidence::nvidia::device_root_kind(root, anchors);
      return device != RootKind::kUnknown ? device : evidence::nvidia::rim_root_kind(root, anchors);
    }
  }
  return RootKind::kUnknown;
}

// `chain` to a trusted root, each certificate signed by the next.
Result<Issuer> trusted_issuer(const Item& item, std::vector<Certificate> chain,
                              const TrustAnchors& anchors) {
  if (chain.empty()) return no_issuer("no certificate of who signed " + item.name());
  Issuer out{.chain = std::move(chain)};
  for (std::size_t i = 0; i < out.chain.size(); ++i) {
    const Certificate& at = out.chain[i];
    out.window = out.window.intersect(at.validity());
    if (i + 1 == out.chain.size()) break;
    const Certificate& above = out.chain[i + 1];
    auto key = pki::PublicKey::create(above);
    const bool issued = equal(at.issuer(), above.subject()) && above.is_ca() && above.key_usage() &&
                        above.key_usage()->key_cert_sign && key && key->verified(at);
    if (!issued) return no_issuer(at.subject_cn() + ": not issued by the next in the chain");
  }
  out.root = root_kind(item, out.chain.back(), anchors);
  if (out.root == RootKind::kUnknown) {
    return no_issuer("the root is not pinned: " + out.chain.back().subject_cn() + ", SHA-256 " +
                     wire::hex_encode(crypto::sha256(out.chain.back().der())));
  }
  return out;
}

Result<Issuer> issuer_of(const Record& record, const TrustAnchors& anchors) {
  if (record.issuer_chain.empty()) return trusted_issuer(record.item, {}, anchors);
  ATOMA_TRY(auto chain, pki::parse_certificates(record.issuer_chain));
  return trusted_issuer(record.item, std::move(chain), anchors);
}

Status check_signature(const Issuer& issuer, const pki::Signed& part) {
  auto key = pki::PublicKey::create(issuer.chain.front());
  if (key && key->verified(part)) return {};
  return fail(Code::kPermissionDenied, "collateral.signature",
              "not signed by " + issuer.chain.front().subject_cn());
}

template <typename T>
Result<Judged> judge_signed_object(const Record& record, const intel::SignedObject<T>& object,
                                   const TrustAnchors& anchors) {
  ATOMA_TRY(const Issuer issuer, issuer_of(record, anchors));
  if (issuer.chain.size() != 2 || issuer.chain.front().subject_cn() != kTcbSignerName) {
    return no_issuer("expected " + std::string(kTcbSignerName) + " and its root, found " +
                     issuer.chain.front().subject_cn());
  }
  ATOMA_TRY_VOID(check_signature(
      issuer, {object.signed_bytes, pki::SignatureAlgorithm::kEcdsaSha256, object.signature}));
  return Judged{issuer.root,
                issuer.window.intersect({object.value.issue_date, object.value.next_update}),
                object.value.issue_date};
}

Result<Judged> judge_tcb_info(const Record& record, const TrustAnchors& anchors) {
  const Item& item = record.item;
  ATOMA_TRY(const auto parsed, intel::Collateral::parse({.tcb_info = record.content}));
  if (!parsed->tcb_info()) return mismatch(item, "nothing");
  const intel::TcbInfo& info = parsed->tcb_info()->value;
  const auto tee = info.is_tdx ? evidence::Tee::kTdx : evidence::Tee::kSgx;
  const std::string fmspc = wire::hex_encode(info.fmspc);
  if (tee != item.tee() || fmspc != item.key()) {
    return mismatch(item, std::format("of {} {}", evidence::tee_name(tee), fmspc));
  }
  return judge_signed_object(record, *parsed->tcb_info(), anchors);
}

Result<Judged> judge_qe_identity(const Record& record, const TrustAnchors& anchors) {
  ATOMA_TRY(const auto parsed, intel::Collateral::parse({.qe_identity = record.content}));
  if (!parsed->qe_identity()) return mismatch(record.item, "nothing");
  const std::string_view id = parsed->qe_identity()->value.id;
  if (id != (record.item.tee() == evidence::Tee::kTdx ? "TD_QE" : "QE")) {
    return mismatch(record.item, id);
  }
  return judge_signed_object(record, *parsed->qe_identity(), anchors);
}

Result<Judged> judge_crl(const Record& record, std::size_t chain_size, std::string_view issuer_cn,
                         const TrustAnchors& anchors) {
  ATOMA_TRY(const auto crl, pki::parse_crl(record.content));
  ATOMA_TRY(const Issuer issuer, issuer_of(record, anchors));
  const Certificate& signer = issuer.chain.front();
  if (issuer.chain.size() != chain_size || !signer.key_usage() || !signer.key_usage()->crl_sign) {
    return no_issuer(signer.subject_cn() + " may not sign this list");
  }
  if (!equal(crl.issuer(), signer.subject()) || signer.subject_cn() != issuer_cn) {
    return mismatch(record.item, "a list of others; its chain begins with " + signer.subject_cn());
  }
  ATOMA_TRY_VOID(check_signature(issuer, crl.signed_part()));
  return Judged{issuer.root, issuer.window.intersect(crl.validity()), crl.validity().not_before};
}

// ASK or ASVK, and ARK, in the content itself.
Result<Judged> judge_amd_chain(const Record& record, const TrustAnchors& anchors) {
  ATOMA_TRY(auto chain, pki::parse_certificates(record.content));
  ATOMA_TRY(const Issuer issuer, trusted_issuer(record.item, std::move(chain), anchors));
  const std::string line(evidence::amd::product_name(record.item.product()));
  const bool vlek = record.item.kind() == Kind::kAmdVlekChain;
  if (issuer.chain.size() != 2 || issuer.chain[1].subject_cn() != "ARK-" + line ||
      issuer.chain[0].subject_cn() != (vlek ? "SEV-VLEK-" : "SEV-") + line) {
    return mismatch(record.item, "a chain that begins with " + issuer.chain[0].subject_cn());
  }
  return Judged{issuer.root, issuer.window, issuer.window.not_before};
}

Result<Judged> judge_vcek(const Record& record, const TrustAnchors& anchors) {
  const Item& item = record.item;
  ATOMA_TRY(const auto vcek, Certificate::parse(record.content));
  ATOMA_TRY(const auto key, evidence::amd::parse_key_extensions(vcek, SigningKey::kVcek));
  const auto tcb = evidence::amd::decode_tcb(key.tcb, key.product);
  if (vcek.subject_cn() != "SEV-VCEK" || key.product != item.product() ||
      wire::hex_encode(key.hw_id) != item.chip_id() || tcb != item.tcb()) {
    return mismatch(item, std::format("{} of {}, chip {}, {}", vcek.subject_cn(), key.product_text,
                                      wire::hex_encode(key.hw_id), tcb.to_string()));
  }
  ATOMA_TRY(const Issuer issuer, issuer_of(record, anchors));
  const std::string line(evidence::amd::product_name(item.product()));
  if (issuer.chain.size() != 2 || issuer.chain[0].subject_cn() != "SEV-" + line ||
      !equal(vcek.issuer(), issuer.chain[0].subject())) {
    return no_issuer("expected the ASK and the ARK of " + line);
  }
  ATOMA_TRY_VOID(check_signature(issuer, vcek.signed_part()));
  return Judged{issuer.root, issuer.window.intersect(vcek.validity()), vcek.validity().not_before};
}

std::string alphanumeric(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') out += static_cast<char>(c - 'a' + 'A');
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

// A manifest does not name its id; what both have is the version, which ids end in: as it is in a
// driver's, without its dots in a VBIOS's.
Result<Judged> judge_rim(const Record& record, const TrustAnchors& anchors) {
  ATOMA_TRY(const auto rim, evidence::nvidia::Rim::parse(record.content));
  const std::string version = alphanumeric(rim.version());
  if (version.empty() || !alphanumeric(record.item.key()).ends_with(version)) {
    return mismatch(record.item, "of version " + rim.version());
  }
  const auto seen = evidence::nvidia::RimVerifier(anchors, 1).verify(rim);
  if (!seen.chain_fault.empty()) return no_issuer(seen.chain_fault);
  if (!seen.signature_fault.empty()) {
    return fail(Code::kPermissionDenied, "collateral.signature", seen.signature_fault);
  }
  return Judged{seen.root, seen.window, seen.window.not_before};
}

Result<Judged> judge_ocsp(const Record& record, const TrustAnchors& anchors) {
  ATOMA_TRY(const auto answer, pki::OcspResponse::parse(record.content));
  ATOMA_TRY(const Issuer issuer, issuer_of(record, anchors));
  const Certificate& subject = issuer.chain.front();
  if (wire::hex_encode(crypto::sha256(subject.der())) != record.item.key()) {
    return mismatch(record.item, "about " + subject.subject_cn());
  }
  if (issuer.chain.size() < 2) return no_issuer("the chain ends with what is asked about");
  const pki::OcspSingle* single = answer.find(subject, issuer.chain[1]);
  if (single == nullptr) return mismatch(record.item, "an answer about other certificates");
  const auto signer = pki::ocsp_signer_window(answer, issuer.chain[1], issuer.chain.back());
  if (signer.not_before > signer.not_after) {
    return fail(Code::kPermissionDenied, "collateral.signature",
                "nobody signed who may answer for " + issuer.chain[1].subject_cn());
  }
  return Judged{issuer.root, issuer.window.intersect(signer).intersect(single->validity),
                single->validity.not_before};
}

Result<Judged> judge(const Record& record, const TrustAnchors& anchors) {
  const Item& item = record.item;
  switch (item.kind()) {
    case Kind::kTcbInfo:
      return judge_tcb_info(record, anchors);
    case Kind::kQeIdentity:
      return judge_qe_identity(record, anchors);
    case Kind::kPckCrl:
      return judge_crl(
          record, 2,
          item.scope() == "platform" ? "Intel SGX PCK Platform CA" : "Intel SGX PCK Processor CA",
          anchors);
    case Kind::kRootCrl:
      return judge_crl(record, 1, "Intel SGX Root CA", anchors);
    case Kind::kAmdChain:
    case Kind::kAmdVlekChain:
      return judge_amd_chain(record, anchors);
    case Kind::kAmdCrl:
      return judge_crl(record, 1, "ARK-" + std::string(evidence::amd::product_name(item.product())),
                       anchors);
    case Kind::kVcek:
      return judge_vcek(record, anchors);
    case Kind::kRim:
      return judge_rim(record, anchors);
    case Kind::kOcsp:
      return judge_ocsp(record, anchors);
  }
  return no_issuer("no such kind");
}

}  // namespace

Result<AuthenticRecord> verify_record(Record record, const TrustAnchors& anchors) {
  ATOMA_TRY(const Judged judged, judge(record, anchors));
  return AuthenticRecord(std::move(record), judged.root, judged.window, judged.issued_at);
}

}  // namespace atoma::collateral
