#include "atoma/evidence/nvidia/rim.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"
#include "atoma/wire/xml.h"

namespace atoma::evidence::nvidia {
namespace {

using wire::XmlElement;

constexpr std::string_view kSwid = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
constexpr std::string_view kDsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kSha384Hash = "http://www.w3.org/2001/04/xmlenc#sha384";  // a namespace
constexpr std::string_view kCanonical11 = "http://www.w3.org/2006/12/xml-c14n11";
constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr std::string_view kEcdsaSha384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
constexpr std::string_view kDigestSha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
constexpr std::size_t kSignatureSize = 96;
constexpr std::size_t kHashesMax = 32;
constexpr std::size_t kIndexMax = 255;
constexpr std::size_t kNvdec0Index = 35;

std::unexpected<Error> bad_structure(const char* what) { return malformed("rim.structure", what); }
std::unexpected<Error> bad_signature(const char* what) {
  return malformed("rim.signature_form", what);
}
std::unexpected<Error> bad_resource(const std::string& what) {
  return malformed("rim.resource", what);
}

std::string without_space(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
  return text;
}

// Element children that are exactly these of XMLDSig, in this order.
bool has_children(const XmlElement& parent, std::initializer_list<std::string_view> names) {
  const auto children = parent.elements();
  return std::ranges::equal(children, names, [](const XmlElement* child, std::string_view name) {
    return child->is(kDsig, name);
  });
}

// An element whose one attribute is Algorithm, without children.
bool names_algorithm(const XmlElement& element, std::string_view algorithm) {
  const auto* value = element.attribute("", "Algorithm");
  return value != nullptr && *value == algorithm && element.attributes.size() == 1 &&
         element.elements().empty();
}

std::size_t count_signatures(const XmlElement& element) {
  std::size_t count = element.is(kDsig, "Signature") ? 1 : 0;
  for (const XmlElement* child : element.elements()) count += count_signatures(*child);
  return count;
}

std::optional<std::size_t> number(const std::string* text, std::size_t max) {
  if (text == nullptr || text->empty()) return std::nullopt;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool canonical = text->size() == 1 || text->front() != '0';
  const bool whole = error == std::errc() && end == text->data() + text->size();
  return whole && canonical && value <= max ? std::optional(value) : std::nullopt;
}

}  // namespace

struct RimParser {
  const XmlElement& root;
  Rim& out;

  Status run() {
    if (!root.is(kSwid, "SoftwareIdentity")) return bad_structure("the root is no SWID tag");
    const XmlElement* signature = root.only_child(kDsig, "Signature");
    if (signature == nullptr || count_signatures(root) != 1) {
      return bad_signature("expected one Signature, a child of the root");
    }
    ATOMA_TRY_VOID(read_signature(*signature));
    const XmlElement* meta = root.only_child(kSwid, "Meta");
    const XmlElement* payload = root.only_child(kSwid, "Payload");
    if (meta == nullptr || payload == nullptr)
      return bad_structure("expected one Meta, one Payload");
    const auto* version = meta->attribute("", "colloquialVersion");
    const auto* product = meta->attribute("", "product");
    if (version == nullptr || product == nullptr || version->empty() || product->empty()) {
      return bad_structure("Meta without colloquialVersion or product");
    }
    out.version_ = *version;
    out.product_ = *product;
    return read_payload(*payload);
  }

  // XML Signature §4, in the one form that is used.
  Status read_signature(const XmlElement& signature) {
    if (!has_children(signature, {"SignedInfo", "SignatureValue", "KeyInfo"})) {
      return bad_signature("expected SignedInfo, SignatureValue and KeyInfo");
    }
    const auto children = signature.elements();
    ATOMA_TRY_VOID(read_signed_info(*children[0], signature));
    auto value = wire::base64_decode(without_space(children[1]->text()));
    if (!value || value->size() != kSignatureSize || !children[1]->elements().empty()) {
      return bad_signature("SignatureValue is not 96 bytes in base64");
    }
    out.signature_ = std::move(*value);
    return read_key_info(*children[2]);
  }

  Status read_signed_info(const XmlElement& info, const XmlElement& signature) {
    if (!has_children(info, {"CanonicalizationMethod", "SignatureMethod", "Reference"})) {
      return bad_signature("expected one Reference in SignedInfo");
    }
    const auto children = info.elements();
    if (!names_algorithm(*children[0], kCanonical11) ||
        !names_algorithm(*children[1], kEcdsaSha384)) {
      return bad_signature("expected Canonical XML 1.1 and ECDSA with SHA-384");
    }
    const XmlElement& reference = *children[2];
    const auto* uri = reference.attribute("", "URI");
    if (uri == nullptr || !uri->empty() || reference.attributes.size() != 1 ||
        !has_children(reference, {"Transforms", "DigestMethod", "DigestValue"})) {
      return bad_signature("the Reference is not to the whole document");
    }
    const auto parts = reference.elements();
    if (!has_children(*parts[0], {"Transform", "Transform"}) ||
        !names_algorithm(*parts[0]->elements()[0], kEnveloped) ||
        !names_algorithm(*parts[0]->elements()[1], kCanonical11) ||
        !names_algorithm(*parts[1], kDigestSha384)) {
      return bad_signature("expected an enveloped signature, Canonical XML 1.1 and SHA-384");
    }
    const auto digest = wire::base64_decode(without_space(parts[2]->text()));
    if (!digest || !parts[2]->elements().empty()) return bad_signature("DigestValue");
    const std::string covered = wire::canonicalize(root, &signature);
    out.digest_matches_ = equal(*digest, crypto::sha384(as_bytes(covered)));
    out.signed_info_ = wire::canonicalize(info);
    return {};
  }

  Status read_key_info(const XmlElement& info) {
    if (!has_children(info, {"X509Data"})) return bad_signature("expected X509Data in KeyInfo");
    for (const XmlElement* item : info.elements()[0]->elements()) {
      if (!item->is(kDsig, "X509Certificate") || !item->elements().empty()) {
        return bad_signature("X509Data has more than certificates");
      }
      if (out.certificates_.size() == limits::kCertificatesMax) {
        return bad_signature("too many certificates");
      }
      const auto der = wire::base64_decode(without_space(item->text()));
      if (!der) return bad_signature("a certificate is not in base64");
      ATOMA_TRY(auto certificate, pki::Certificate::parse(*der));
      out.certificates_.push_back(std::move(certificate));
    }
    return out.certificates_.empty() ? Status(bad_signature("no certificate")) : Status();
  }

  Status read_payload(const XmlElement& payload) {
    std::vector<bool> seen(kIndexMax + 1);
    for (const XmlElement* resource : payload.elements()) {
      if (!resource->is(kSwid, "Resource")) return bad_resource("an element that is no Resource");
      const auto index = number(resource->attribute("", "index"), kIndexMax);
      const auto* type = resource->attribute("", "type");
      if (!index || type == nullptr || *type != "Measurement") {
        return bad_resource("a Resource that is no Measurement with an index");
      }
      if (seen[*index]) return bad_resource(std::format("the index {} stands twice", *index));
      seen[*index] = true;
      ATOMA_TRY_VOID(read_resource(*resource, *index));
    }
    std::ranges::sort(out.golden_, {}, &GoldenMeasurement::index);
    return out.golden_.empty() ? Status(bad_resource("no active Resource")) : Status();
  }

  Status read_resource(const XmlElement& resource, std::size_t index) {
    const auto refuse = [&](const char* what) {
      return bad_resource(std::format("index {}: {}", index, what));
    };
    const auto* active = resource.attribute("", "active");
    if (active == nullptr || (*active != "True" && *active != "False")) return refuse("active");
    const auto count = number(resource.attribute("", "alternatives"), kHashesMax);
    const auto size = number(resource.attribute("", "size"), 64);
    if (!count || *count == 0 || !size || *size == 0) return refuse("alternatives or size");
    GoldenMeasurement golden{.index = index, .alternatives = {}};
    for (std::size_t i = 0; i < *count; ++i) {
      const auto* hash = resource.attribute(kSha384Hash, std::format("Hash{}", i));
      Bytes value(*size);
      if (hash == nullptr || !wire::hex_decode_into(*hash, value)) return refuse("a hash");
      golden.alternatives.push_back(std::move(value));
    }
    // A hash beyond the count would be one that nobody counts.
    const auto hashes =
        std::ranges::count(resource.attributes, kSha384Hash, &wire::XmlAttribute::ns);
    if (static_cast<std::size_t>(hashes) != *count) return refuse("more hashes than alternatives");
    if (*active == "True") out.golden_.push_back(std::move(golden));
    return {};
  }
};

Result<Rim> Rim::parse(ByteView xml) {
  ATOMA_TRY(const auto document, wire::XmlDocument::parse(xml));
  Rim out;
  ATOMA_TRY_VOID(RimParser{document.root(), out}.run());
  out.digest_ = crypto::sha256(xml);
  return out;
}

Result<std::shared_ptr<const RimFile>> parse_rim_file(Bytes xml) {
  ATOMA_TRY(auto rim, Rim::parse(xml));
  return std::make_shared<const RimFile>(std::move(xml), std::move(rim));
}

std::vector<std::size_t> mismatches(const Rim& rim, const ReportFields& report) {
  std::vector<std::size_t> out;
  for (const auto& golden : rim.golden()) {
    if (golden.index == kNvdec0Index && report.nvdec0 == Toggle::kOff) continue;
    const bool there = golden.index < report.blocks().size();
    const ByteView value = there ? report.blocks()[golden.index].value : ByteView();
    const bool same = std::ranges::any_of(
        golden.alternatives, [&](const Bytes& allowed) { return equal(allowed, value); });
    if (!same) out.push_back(golden.index);
  }
  return out;
}

bool same_version(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return !a.empty() && std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace atoma::evidence::nvidia
