// How each vendor's service is asked, and what its answers say. No I/O.
//
//   intel        PCS v4, and a PCCS, which speaks the same: collateral with issuers in headers
//   amd          KDS: certificates and lists (57230)
//   nvidia-rim   manifests by id, in JSON
//   nvidia-ocsp  RFC 6960 by POST
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "atoma/collateral/record.h"
#include "atoma/http/client.h"
#include "atoma/pki/certificate.h"

namespace atoma::collateral {

// Base URLs; "" means that this source is not asked.
struct Endpoints {
  std::array<std::string, kSources> base;
  // Whole URL of Intel's root list; "": <intel>/sgx/certification/v4/rootcacrl, a PCCS's.
  std::string intel_root_crl;

  // "intel=http://127.0.0.1:8081/pcs"; names are those of source_name and "intel-root-crl".
  // Errors: "collateral.url".
  Status set(std::string_view assignment);
  bool any() const;
};

struct Ask {
  http::Url url;
  http::Method method = http::Method::kGet;
  std::vector<http::Field> headers;
  Bytes body;
  std::size_t body_max = 0;
};

// `subject` is for OCSP alone: what is asked about, its issuer, and so on up to the root.
// Errors: "collateral.source" (not to be asked), "collateral.subject".
Result<Ask> ask_for(const Item& item, const Endpoints& endpoints,
                    std::span<const pki::Certificate> subject);

struct Answer {
  Bytes content;
  Bytes issuer_chain;  // where the source sends one
  std::string etag;
};

// Of a response with status 200. Errors: "collateral.answer" (absent, repeated or malformed header;
// JSON that is not a manifest's), "collateral.mismatch" (of another manifest).
Result<Answer> read_answer(const Item& item, const http::ClientResponse& response);

// A header's PEM chain, percent-encoded (RFC 3986 §2.1). A plus is a plus.
// Errors: "collateral.answer".
Result<Bytes> decode_issuer_chain(std::string_view header);
// The manifest in NVIDIA's answer. Errors: as read_answer.
Result<Bytes> read_rim_answer(ByteView body, std::string_view id);

}  // namespace atoma::collateral
