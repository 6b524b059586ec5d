#include "requests.h"

#include <format>

#include "atoma/crypto/hpke.h"
#include "atoma/http/json_request.h"
#include "atoma/verifier/tenants.h"

namespace atoma::verifier {
namespace {

using wire::JsonValue;

// What a TPM takes as qualifying data, and what people choose as a challenge.
constexpr http::SizeRange kChallengeSizes{1, 64};
constexpr http::SizeRange kGpuNonceSizes{evidence::nvidia::kNonceSize,
                                         evidence::nvidia::kNonceSize};

std::string read_tenant(http::FieldReader& in) {
  if (in.optional("tenant") == nullptr) return "";
  return std::string(in.text("tenant", {1, kTenantNameMax}));
}

// What the evidence must hold, as the relying party says: report data of a CPU's, else a challenge.
void read_expected(http::FieldReader& in, const SubjectReader& subject, Appraisal& out) {
  if (subject.is_cpu()) {
    if (in.optional("report_data") == nullptr) return;
    ByteArray<64>& expected = out.report_data.emplace();
    const Bytes bytes = in.base64("report_data", {expected.size(), expected.size()});
    if (bytes.size() == expected.size()) std::ranges::copy(bytes, expected.begin());
    return;
  }
  if (in.optional("challenge") == nullptr) return;
  const http::SizeRange sizes = subject.is_gpus() ? kGpuNonceSizes : kChallengeSizes;
  out.challenge = in.base64("challenge", sizes);
}

Result<AppraiseRequest> read_appraise_request(const JsonValue& object, std::string path) {
  http::FieldReader in(object, std::move(path));
  AppraiseRequest out;
  out.nonce = in.base64("nonce", {8, 64});
  out.appraisal.tenant = read_tenant(in);
  SubjectReader subject(in);
  read_expected(in, subject, out.appraisal);
  ATOMA_TRY_VOID(in.finish());
  ATOMA_TRY(out.appraisal.subject, subject.take());
  return out;
}

}  // namespace

Result<AttestRequest> parse_attest_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  AttestRequest out;
  const Bytes nonce = in.base64("nonce", {out.nonce.size(), out.nonce.size()});
  out.key = in.base64("key", {crypto::kXwingPublicKeySize, crypto::kXwingPublicKeySize});
  out.appraisal.tenant = read_tenant(in);
  SubjectReader subject(in);
  ATOMA_TRY_VOID(in.finish());
  std::ranges::copy(nonce, out.nonce.begin());
  ATOMA_TRY(out.appraisal.subject, subject.take());
  return out;
}

Result<AppraiseRequest> parse_appraise_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  return read_appraise_request(document.root(), "");
}

Result<std::vector<Result<AppraiseRequest>>> parse_appraise_batch(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  const JsonValue* items = in.required("items", "a list");
  if (items != nullptr &&
      (!items->is_array() || items->items().empty() || items->items().size() > kBatchItemsMax)) {
    in.refuse("items", std::format("a list of 1 to {} requests", kBatchItemsMax));
  }
  ATOMA_TRY_VOID(in.finish());
  std::vector<Result<AppraiseRequest>> out;
  for (const JsonValue& item : items->items()) {
    out.push_back(read_appraise_request(item, std::format("items[{}].", out.size())));
  }
  return out;
}

}  // namespace atoma::verifier
