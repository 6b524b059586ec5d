#include "atoma/sample_tee/nvidia_rim.h"

#include <algorithm>
#include <format>

#include "atoma/base/check.h"
#include "atoma/wire/text.h"
#include "atoma/wire/xml.h"

namespace atoma::sample_tee {
namespace {

using crypto::EcPrivateKey;
using pki::CertificateTemplate;
using pki::Signer;

constexpr std::string_view kDsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kEnd = "</SoftwareIdentity>";

std::string encode_resource(const NvidiaRimResource& resource) {
  std::string hashes;
  for (std::size_t i = 0; i < resource.hashes.size(); ++i) {
    hashes += std::format(" ns2:Hash{}=\"{}\"", i, wire::hex_encode(resource.hashes[i]));
  }
  return std::format(
      "        <ns0:Resource type=\"Measurement\" index=\"{}\" active=\"{}\" alternatives=\"{}\"{} "
      "name=\"Measurement_{}\" size=\"{}\"/>\n",
      resource.index, resource.active ? "True" : "False", resource.hashes.size(), hashes,
      resource.index, resource.hashes.front().size());
}

std::string signed_info(ByteView digest) {
  return std::format(
      "<ds:SignedInfo><ds:CanonicalizationMethod "
      "Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/><ds:SignatureMethod "
      "Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384\"/><ds:Reference "
      "URI=\"\"><ds:Transforms><ds:Transform "
      "Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/><ds:Transform "
      "Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/></ds:Transforms><ds:DigestMethod "
      "Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#sha384\"/><ds:DigestValue>{}"
      "</ds:DigestValue></ds:Reference></ds:SignedInfo>",
      wire::base64_encode(digest));
}

std::string with_signature(const std::string& tag, ByteView digest, ByteView signature,
                           const std::vector<Bytes>& chain) {
  std::string certificates;
  for (const auto& der : chain) {
    certificates += "<ds:X509Certificate>" + wire::base64_encode(der) + "\n</ds:X509Certificate>";
  }
  const std::string element = std::format(
      "<ds:Signature xmlns:ds=\"{}\">{}<ds:SignatureValue>{}</ds:SignatureValue>"
      "<ds:KeyInfo><ds:X509Data>{}</ds:X509Data></ds:KeyInfo></ds:Signature>",
      kDsig, signed_info(digest), wire::base64_encode(signature), certificates);
  std::string out = tag;
  return out.insert(out.rfind(kEnd), element);
}

wire::XmlDocument must_parse(const std::string& text) {
  auto document = wire::XmlDocument::parse(as_bytes(text));
  ATOMA_CHECK(document.has_value());
  return *std::move(document);
}

}  // namespace

NvidiaRimKeys NvidiaRimKeys::generate(Entropy& entropy) {
  auto root = EcPrivateKey::generate(crypto::Curve::kP384, entropy);
  auto issuer = EcPrivateKey::generate(crypto::Curve::kP384, entropy);
  return {std::move(root), std::move(issuer),
          EcPrivateKey::generate(crypto::Curve::kP384, entropy)};
}

NvidiaRimTemplate matching_rim(const NvidiaReportTemplate& content, std::string version,
                               std::string product, const std::vector<std::size_t>& indices) {
  NvidiaRimTemplate out{
      .version = std::move(version), .product = std::move(product), .resources = {}};
  for (std::size_t i = 0; i < content.measurements.size(); ++i) {
    const bool active = std::ranges::contains(indices, i);
    out.resources.push_back({i, active, {active ? content.measurements[i] : Bytes(48)}});
  }
  return out;
}

std::string encode_nvidia_rim(const NvidiaRimTemplate& rim) {
  std::string resources;
  for (const auto& resource : rim.resources) resources += encode_resource(resource);
  return std::format(
      "<SoftwareIdentity xmlns=\"http://standards.iso.org/iso/19770/-2/2015/schema.xsd\" "
      "xmlns:ns0=\"http://standards.iso.org/iso/19770/-2/2015/schema.xsd\" "
      "xmlns:ns2=\"http://www.w3.org/2001/04/xmlenc#sha384\" corpus=\"false\" name=\"{0}\" "
      "tagId=\"sample\" version=\"1.0\" tagVersion=\"0\">\n"
      "    <ns0:Entity name=\"Atoma sample\" role=\"softwareCreator tagCreator\"/>\n"
      "    <ns0:Meta colloquialVersion=\"{1}\" edition=\"GPU\" product=\"{0}\"/>\n"
      "    <ns0:Payload>\n{2}    </ns0:Payload>\n{3}\n",
      rim.product, rim.version, resources, kEnd);
}

NvidiaRimVendor::NvidiaRimVendor(NvidiaRimKeys keys, ValidityWindow validity)
    : keys_(std::move(keys)), validity_(validity), chain_(chain_with([](auto&) {})) {}

std::vector<Bytes> NvidiaRimVendor::chain_with(
    const std::function<void(std::vector<CertificateTemplate>&)>& change) const {
  const char* const names[] = {"RIM L4 Signer", "NVIDIA Reference Value GH100 CA",
                               "NVIDIA CoRIM signing Root CA"};
  std::vector<CertificateTemplate> templates(3);
  for (std::size_t i = 0; i < templates.size(); ++i) {
    templates[i].subject_cn = names[i];
    templates[i].issuer_cn = names[std::min<std::size_t>(i + 1, 2)];
    templates[i].serial = {0x52, static_cast<std::uint8_t>(i)};
    templates[i].validity = validity_;
    templates[i].is_ca = i != 0;
  }
  const Signer signers[] = {Signer(keys_.signer), Signer(keys_.issuer), Signer(keys_.root)};
  templates[0].public_key_info = signers[0].public_key_info();
  templates[1].public_key_info = signers[1].public_key_info();
  change(templates);
  return {pki::issue_certificate(templates[0], signers[1]),
          pki::issue_certificate(templates[1], signers[2]),
          pki::issue_certificate(templates[2], signers[2])};
}

std::vector<Bytes> NvidiaRimVendor::answers(pki::OcspStatus status, ValidityWindow validity) const {
  const auto signer = *pki::Certificate::parse(chain_[0]);
  const auto issuer = *pki::Certificate::parse(chain_[1]);
  const auto root = *pki::Certificate::parse(chain_[2]);
  const auto answer = [&](const pki::Certificate& about, const pki::Certificate& by,
                          pki::OcspStatus what, const EcPrivateKey& key) {
    return pki::issue_ocsp(
        {.answers = {{.certificate = &about, .issuer = &by, .status = what, .validity = validity}},
         .responder_cn = by.subject_cn()},
        Signer(key));
  };
  return {answer(signer, issuer, status, keys_.issuer),
          answer(issuer, root, pki::OcspStatus::kGood, keys_.root)};
}

Bytes NvidiaRimVendor::sign(const std::string& tag, const std::vector<Bytes>& chain) const {
  const auto digest = crypto::sha384(as_bytes(wire::canonicalize(must_parse(tag).root())));
  // SignedInfo is signed as it stands in the tag, with the namespaces in scope there.
  const auto draft = must_parse(with_signature(tag, digest, {}, chain));
  const auto* signature = draft.root().only_child(kDsig, "Signature");
  ATOMA_CHECK(signature != nullptr);
  const std::string info = wire::canonicalize(*signature->elements().front());
  return to_bytes(with_signature(tag, digest, keys_.signer.sign(as_bytes(info)), chain));
}

}  // namespace atoma::sample_tee
