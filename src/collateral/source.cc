#include "atoma/collateral/source.h"

#include <algorithm>
#include <format>

#include "atoma/pki/ocsp.h"
#include "atoma/wire/json.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"

namespace atoma::collateral {
namespace {

using evidence::amd::Product;

constexpr std::string_view kRootCrlName = "intel-root-crl";
constexpr std::size_t kUrlMax = 1024;
// Base64 of a manifest, and the members beside it.
constexpr std::size_t kRimAnswerMax = kContentMax / 3 * 4 + 4096;

std::unexpected<Error> bad_answer(std::string why) {
  return malformed("collateral.answer", std::move(why));
}

std::string intel_path(const Item& item) {
  const std::string tee(item.scope());
  switch (item.kind()) {
    case Kind::kTcbInfo:
      return std::format("/{}/certification/v4/tcb?fmspc={}", tee, item.key());
    case Kind::kQeIdentity:
      return std::format("/{}/certification/v4/qe/identity", tee);
    case Kind::kPckCrl:
      return std::format("/sgx/certification/v4/pckcrl?ca={}&encoding=der", item.scope());
    default:
      return "/sgx/certification/v4/rootcacrl";
  }
}

// 57230: levels are decimal, of two digits at least; Turin has an FMC.
std::string vcek_path(const Item& item, std::string_view product) {
  const auto tcb = item.tcb();
  const std::string fmc =
      item.product() == Product::kTurin ? std::format("fmcSPL={:02}&", tcb.fmc) : "";
  return std::format("/vcek/v1/{}/{}?{}blSPL={:02}&teeSPL={:02}&snpSPL={:02}&ucodeSPL={:02}",
                     product, item.chip_id(), fmc, tcb.bootloader, tcb.tee, tcb.snp, tcb.microcode);
}

std::string path_of(const Item& item) {
  const std::string product(evidence::amd::product_name(item.product()));
  switch (item.kind()) {
    case Kind::kAmdChain:
      return "/vcek/v1/" + product + "/cert_chain";
    case Kind::kAmdVlekChain:
      return "/vlek/v1/" + product + "/cert_chain";
    case Kind::kAmdCrl:
      return "/vcek/v1/" + product + "/crl";
    case Kind::kVcek:
      return vcek_path(item, product);
    case Kind::kRim:
      return "/v1/rim/" + std::string(item.key());
    case Kind::kOcsp:
      return "";
    default:
      return intel_path(item);
  }
}

// The one value among the fields of these names.
Result<std::string_view> issuer_header(const http::ClientResponse& response,
                                       std::initializer_list<std::string_view> names) {
  std::optional<std::string_view> found;
  for (const auto& field : response.headers) {
    const std::vector<http::Field> one{field};
    const bool named = std::ranges::any_of(
        names, [&](std::string_view name) { return http::find_field(one, name).has_value(); });
    if (!named) continue;
    if (found) return bad_answer("the issuers' chain stands there twice: " + field.name);
    found = field.value;
  }
  if (!found) return bad_answer("no header " + std::string(*names.begin()));
  return *found;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

Status Endpoints::set(std::string_view assignment) {
  const std::size_t equals = std::min(assignment.find('='), assignment.size());
  const std::string_view name = assignment.substr(0, equals);
  std::string_view url = assignment.substr(std::min(equals + 1, assignment.size()));
  std::string* target = name == kRootCrlName ? &intel_root_crl : nullptr;
  for (std::size_t i = 0; i < kSources; ++i) {
    if (name == source_name(static_cast<Source>(i))) target = &base[i];
  }
  if (target == nullptr) {
    return malformed("collateral.url", "\"" + std::string(assignment) +
                                           "\": expected NAME=URL with intel, intel-root-crl, "
                                           "amd, nvidia-rim or nvidia-ocsp");
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.size() > kUrlMax || (target != &intel_root_crl && url.contains('?'))) {
    return malformed("collateral.url", "too long, or a query in a base URL");
  }
  const auto parsed = http::parse_url(url);
  if (!parsed)
    return malformed("collateral.url", std::string(name) + ": " + parsed.error().message);
  *target = url;
  return {};
}

bool Endpoints::any() const {
  return std::ranges::any_of(base, [](const std::string& url) { return !url.empty(); });
}

Result<Ask> ask_for(const Item& item, const Endpoints& endpoints,
                    std::span<const pki::Certificate> subject) {
  const std::string& base = endpoints.base[static_cast<std::size_t>(item.source())];
  const bool own_url = item.kind() == Kind::kRootCrl && !endpoints.intel_root_crl.empty();
  if (base.empty() && !own_url) {
    return fail(Code::kFailedPrecondition, "collateral.source",
                std::format("no URL of {} is given", source_name(item.source())));
  }
  Ask out{.url = {}, .headers = {}, .body = {}, .body_max = kContentMax};
  ATOMA_TRY(out.url, http::parse_url(own_url ? endpoints.intel_root_crl : base + path_of(item)));
  if (item.kind() == Kind::kRim) out.body_max = kRimAnswerMax;
  if (item.kind() != Kind::kOcsp) return out;
  if (subject.size() < 2 || subject[1].ec_point().empty()) {
    return malformed("collateral.subject",
                     item.name() + " needs the certificate's chain: name a device's with --for");
  }
  out.method = http::Method::kPost;
  out.headers = {{"Content-Type", "application/ocsp-request"},
                 {"Accept", "application/ocsp-response"}};
  out.body = pki::encode_ocsp_request(subject[0], subject[1]);
  return out;
}

Result<Bytes> decode_issuer_chain(std::string_view header) {
  Bytes out;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (out.size() >= kIssuerChainMax) return bad_answer("an issuers' chain that is too long");
    if (header[i] != '%') {
      out.push_back(static_cast<std::uint8_t>(header[i]));
      continue;
    }
    const int high = i + 2 < header.size() ? hex_digit(header[i + 1]) : -1;
    const int low = i + 2 < header.size() ? hex_digit(header[i + 2]) : -1;
    if (high < 0 || low < 0) return bad_answer("an issuers' chain that is not percent-encoded");
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    i += 2;
  }
  if (!wire::looks_like_pem(out)) return bad_answer("an issuers' chain that is not PEM");
  return out;
}

Result<Bytes> read_rim_answer(ByteView body, std::string_view id) {
  const auto document = wire::JsonDocument::parse(as_text(body));
  if (!document) return bad_answer(document.error().to_string());
  const auto* rim = document->root().find("rim");
  const auto* named = document->root().find("id");
  auto content = wire::base64_decode(rim != nullptr && rim->is_string() ? rim->text() : "");
  if (!content || content->empty()) return bad_answer("no \"rim\" in base64");
  if (content->size() > kContentMax) return bad_answer("a manifest that is too large");
  if (named != nullptr && named->text() != id) {
    return fail(Code::kPermissionDenied, "collateral.mismatch",
                std::format("{} was asked for, and this is {}", id, named->text()));
  }
  return *std::move(content);
}

Result<Answer> read_answer(const Item& item, const http::ClientResponse& response) {
  Answer out{.content = response.body, .issuer_chain = {}, .etag = ""};
  const auto etag = response.header("ETag");
  if (etag && is_etag(*etag)) out.etag = *etag;
  const auto take_chain = [&](std::initializer_list<std::string_view> names) -> Status {
    ATOMA_TRY(const std::string_view header, issuer_header(response, names));
    ATOMA_TRY(out.issuer_chain, decode_issuer_chain(header));
    return {};
  };
  switch (item.kind()) {
    case Kind::kTcbInfo:
      ATOMA_TRY_VOID(take_chain({"TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain"}));
      break;
    case Kind::kQeIdentity:
      ATOMA_TRY_VOID(take_chain({"SGX-Enclave-Identity-Issuer-Chain"}));
      break;
    case Kind::kPckCrl:
      ATOMA_TRY_VOID(take_chain({"SGX-PCK-CRL-Issuer-Chain"}));
      break;
    case Kind::kRim: {
      ATOMA_TRY(out.content, read_rim_answer(response.body, item.key()));
      break;
    }
    default:
      break;
  }
  return out;
}

}  // namespace atoma::collateral
