#include "atoma/sample_tee/intel_platform.h"

#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"

namespace atoma::sample_tee {
namespace {

using crypto::Curve;
using crypto::EcPrivateKey;
using evidence::Tee;
using evidence::intel::BodyType;
using evidence::intel::CollateralFiles;
using evidence::intel::PckInfo;
using pki::Signer;

constexpr std::string_view kFormat = "atoma-sample-intel-1";
constexpr std::string_view kReason = "a software platform's key, for its directory";

Bytes pem_chain(std::initializer_list<ByteView> certificates) {
  Bytes out;
  for (const ByteView der : certificates) append(out, wire::encode_pem("CERTIFICATE", der));
  return out;
}

IntelCertificates issue_certificates(const IntelKeys& keys, const PckInfo& pck_info) {
  const Signer root(keys.root), pck_ca(keys.pck_ca);
  const auto key_info = [](const EcPrivateKey& key) { return Signer(key).public_key_info(); };
  return {
      .root = issue_certificate(intel_root_template(), root),
      .pck_ca = issue_certificate(intel_pck_ca_template(key_info(keys.pck_ca)), root),
      .pck = issue_certificate(intel_pck_template(pck_info, key_info(keys.pck)), pck_ca),
      .tcb_signer = issue_certificate(intel_tcb_signer_template(key_info(keys.tcb_signer)), root),
  };
}

Bytes issue_list(const pki::CertificateTemplate& issuer, const EcPrivateKey& key,
                 ValidityWindow window, std::vector<Bytes> revoked_serials) {
  pki::CrlTemplate content;
  content.issuer_cn = issuer.subject_cn;
  content.validity = window;
  content.revoked_serials = std::move(revoked_serials);
  return issue_crl(content, Signer(key));
}

Result<EcPrivateKey> read_key(const wire::JsonValue& root, std::string_view name) {
  const wire::JsonValue* member = root.find(name);
  ATOMA_TRY(Bytes decoded, wire::base64_decode(member == nullptr ? "" : member->text()));
  const SecretBytes scalar(std::move(decoded));
  return EcPrivateKey::from_scalar(Curve::kP256, scalar.expose(kReason));
}

Result<IntelKeys> read_keys(ByteView saved) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(saved)));
  const wire::JsonValue& json = document.root();
  const wire::JsonValue* format = json.find("format");
  if (format == nullptr || format->text() != kFormat) {
    return malformed("sample.keys", "expected the format " + std::string(kFormat));
  }
  ATOMA_TRY(auto root, read_key(json, "root"));
  ATOMA_TRY(auto pck_ca, read_key(json, "pck_ca"));
  ATOMA_TRY(auto pck, read_key(json, "pck"));
  ATOMA_TRY(auto tcb_signer, read_key(json, "tcb_signer"));
  ATOMA_TRY(auto attestation, read_key(json, "attestation"));
  return IntelKeys{std::move(root), std::move(pck_ca), std::move(pck), std::move(tcb_signer),
                   std::move(attestation)};
}

}  // namespace

IntelKeys IntelKeys::generate(Entropy& entropy) {
  auto root = EcPrivateKey::generate(Curve::kP256, entropy);
  auto pck_ca = EcPrivateKey::generate(Curve::kP256, entropy);
  auto pck = EcPrivateKey::generate(Curve::kP256, entropy);
  auto tcb_signer = EcPrivateKey::generate(Curve::kP256, entropy);
  auto attestation = EcPrivateKey::generate(Curve::kP256, entropy);
  return {std::move(root), std::move(pck_ca), std::move(pck), std::move(tcb_signer),
          std::move(attestation)};
}

IntelPlatform::IntelPlatform(IntelKeys keys, const PckInfo& pck_info)
    : keys_(std::move(keys)),
      pck_info_(pck_info),
      certificates_(issue_certificates(keys_, pck_info_)) {}

IntelPlatform IntelPlatform::create(Entropy& entropy, const PckInfo& pck_info) {
  return {IntelKeys::generate(entropy), pck_info};
}

SecretBytes IntelPlatform::save() const {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().member("format", kFormat);
  const auto write = [&](std::string_view name, const EcPrivateKey& key) {
    out.member(name, wire::base64_encode(key.scalar().expose(kReason)));
  };
  write("root", keys_.root);
  write("pck_ca", keys_.pck_ca);
  write("pck", keys_.pck);
  write("tcb_signer", keys_.tcb_signer);
  write("attestation", keys_.attestation);
  return SecretBytes(to_bytes(out.end_object().take() + "\n"));
}

Result<IntelPlatform> IntelPlatform::load(ByteView saved, const PckInfo& pck_info) {
  auto keys = read_keys(saved);
  if (!keys) return malformed("sample.keys", keys.error().to_string());
  return IntelPlatform(*std::move(keys), pck_info);
}

Bytes IntelPlatform::pck_chain() const {
  return pem_chain({certificates_.pck, certificates_.pck_ca, certificates_.root});
}

Bytes IntelPlatform::tcb_signing_chain() const {
  return pem_chain({certificates_.tcb_signer, certificates_.root});
}

Bytes IntelPlatform::quote(const IntelQuoteTemplate& content) const {
  return make_intel_quote(content, keys_.pck, keys_.attestation, pck_chain());
}

Bytes IntelPlatform::quote_td(const TdReportTemplate& td, BodyType type) const {
  IntelQuoteTemplate content;
  content.version = type == BodyType::kTd10 ? 4 : 5;
  content.body_type = type;
  content.td = td;
  return quote(content);
}

Bytes IntelPlatform::quote_enclave(const EnclaveReportTemplate& enclave) const {
  IntelQuoteTemplate content;
  content.version = 3;
  content.body_type = BodyType::kSgx;
  content.enclave = enclave;
  return quote(content);
}

CollateralFiles IntelPlatform::collateral_files(Tee tee, ValidityWindow window) const {
  return {
      .tcb_info = sign_tcb_info(encode_tcb_info(sample_tcb_info(tee, pck_info_, window))),
      .qe_identity = sign_qe_identity(encode_qe_identity(sample_qe_identity(tee, window))),
      .tcb_signing_chain = tcb_signing_chain(),
      .root_crl = root_crl(window),
      .pck_crl = pck_crl(window),
      .pck_crl_issuer_chain = pem_chain({certificates_.pck_ca, certificates_.root}),
      .pck_chain = {},
  };
}

Bytes IntelPlatform::sign_tcb_info(std::string_view object) const {
  return sign_intel_object("tcbInfo", object, keys_.tcb_signer);
}

Bytes IntelPlatform::sign_qe_identity(std::string_view object) const {
  return sign_intel_object("enclaveIdentity", object, keys_.tcb_signer);
}

Bytes IntelPlatform::root_crl(ValidityWindow window, std::vector<Bytes> revoked_serials) const {
  return issue_list(intel_root_template(), keys_.root, window, std::move(revoked_serials));
}

Bytes IntelPlatform::pck_crl(ValidityWindow window, std::vector<Bytes> revoked_serials) const {
  return issue_list(intel_pck_ca_template({}), keys_.pck_ca, window, std::move(revoked_serials));
}

}  // namespace atoma::sample_tee
