#include "atoma/collateral/want.h"

#include <span>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/amd/report.h"
#include "atoma/evidence/intel/pck.h"
#include "atoma/evidence/intel/quote.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"

namespace atoma::collateral {
namespace {

using evidence::Tee;
using evidence::amd::Product;
using evidence::amd::SigningKey;

constexpr std::size_t kTurinChipIdSize = 8;

std::unexpected<Error> unclear(std::string why) {
  return malformed("collateral.evidence", std::move(why));
}

Status add(std::vector<Wanted>& out, const std::string& name, Bytes subject = {}) {
  ATOMA_TRY(auto item, Item::parse(name));
  out.push_back({std::move(item), std::move(subject)});
  return {};
}

Result<std::vector<Wanted>> of_quote(ByteView evidence) {
  ATOMA_TRY(const auto quote, evidence::intel::parse_quote(evidence));
  if (!quote.has_pck_chain()) return unclear("the quote carries no PCK certificate");
  ATOMA_TRY(const auto chain, pki::parse_certificates(quote.certification_data));
  if (chain.empty()) return unclear("the quote carries no PCK certificate");
  ATOMA_TRY(const auto pck, evidence::intel::parse_pck_info(chain.front()));
  const std::string tee(evidence::tee_name(quote.tee));
  const bool processor = chain.front().issuer_cn().contains("Processor");
  std::vector<Wanted> out;
  ATOMA_TRY_VOID(add(out, "intel/tcb_info/" + tee + "/" + wire::hex_encode(pck.fmspc)));
  ATOMA_TRY_VOID(add(out, "intel/qe_identity/" + tee));
  ATOMA_TRY_VOID(add(out, processor ? "intel/pck_crl/processor" : "intel/pck_crl/platform"));
  ATOMA_TRY_VOID(add(out, "intel/root_crl"));
  return out;
}

Result<std::vector<Wanted>> of_report(ByteView evidence) {
  ATOMA_TRY(const auto report, evidence::amd::parse_report(evidence));
  const Product product = report->has_cpuid() ? evidence::amd::product_of_cpuid(
                                                    report->cpuid.family, report->cpuid.model)
                                              : Product::kUnknown;
  if (product == Product::kUnknown) {
    return unclear("the report does not say which product it is of: name amd/vcek/… yourself");
  }
  const std::string scope = product_scope(product);
  std::vector<Wanted> out;
  ATOMA_TRY_VOID(add(out, "amd/cert_chain/" + scope));
  ATOMA_TRY_VOID(add(out, "amd/crl/" + scope));
  if (report->signing_key == SigningKey::kVlek) {
    ATOMA_TRY_VOID(add(out, "amd/vlek_cert_chain/" + scope));
    return out;
  }
  if (all_zero(report->chip_id)) return unclear("the report does not say which chip it is of");
  const ByteView chip =
      report->chip_id.first(product == Product::kTurin ? kTurinChipIdSize : report->chip_id.size());
  ATOMA_TRY(auto vcek,
            vcek_item(product, chip, evidence::amd::decode_tcb(report->reported_tcb, product)));
  out.push_back({std::move(vcek), {}});
  return out;
}

// The leaf is on nobody's list and the root is pinned: what stands between is asked about.
Result<std::vector<Wanted>> of_device(ByteView pem) {
  ATOMA_TRY(const auto chain, pki::parse_certificates(pem));
  std::vector<Wanted> out;
  for (std::size_t i = 1; i + 1 < chain.size(); ++i) {
    std::string subject;
    for (std::size_t k = i; k < chain.size(); ++k) {
      subject += wire::encode_pem("CERTIFICATE", chain[k].der());
    }
    ATOMA_TRY_VOID(add(out, "nvidia/ocsp/" + wire::hex_encode(crypto::sha256(chain[i].der())),
                       to_bytes(subject)));
  }
  if (out.empty()) return unclear("a chain of three certificates at least, leaf first");
  return out;
}

}  // namespace

Result<std::vector<Wanted>> wanted_for(ByteView evidence) {
  if (wire::looks_like_pem(evidence)) return of_device(evidence);
  return evidence.size() == evidence::amd::kReportSize ? of_report(evidence) : of_quote(evidence);
}

}  // namespace atoma::collateral
