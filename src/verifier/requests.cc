#include "requests.h"

#include <format>

#include "atoma/crypto/hpke.h"
#include "atoma/http/fields.h"
#include "atoma/verifier/tenants.h"

namespace atoma::verifier {
namespace {

// Of a relying party's own nonce.
constexpr http::SizeRange kNonceSizes{8, 64};
// What a TPM takes as qualifying data, and what people choose as a challenge.
constexpr http::SizeRange kChallengeSizes{1, 64};
constexpr http::SizeRange kGpuNonceSizes{evidence::nvidia::kNonceSize,
                                         evidence::nvidia::kNonceSize};

std::string read_tenant(http::FieldReader& in) {
  if (!in.has("tenant")) return "";
  return std::string(in.text("tenant", {1, kTenantNameMax}));
}

std::string_view name_of(ResultDetail detail) {
  switch (detail) {
    case ResultDetail::kVerdict:
      return "verdict";
    case ResultDetail::kClaims:
      return "claims";
    case ResultDetail::kAll:
      return "all";
  }
  return "all";
}

// What the evidence must hold, as the relying party says: report data of a CPU's, else a challenge.
void read_expected(http::FieldReader& in, const SubjectReader& subject, Appraisal& out) {
  if (subject.is_cpu()) {
    if (!in.has("report_data")) return;
    ByteArray<64>& expected = out.report_data.emplace();
    const Bytes bytes = in.bytes("report_data", {expected.size(), expected.size()});
    if (bytes.size() == expected.size()) std::ranges::copy(bytes, expected.begin());
    return;
  }
  if (!in.has("challenge")) return;
  const http::SizeRange sizes = subject.is_gpus() ? kGpuNonceSizes : kChallengeSizes;
  out.challenge = in.bytes("challenge", sizes);
}

// "detail": the first of `words` when it is absent.
ResultDetail read_detail(http::FieldReader& in, std::initializer_list<ResultDetail> words) {
  if (!in.has("detail")) return *words.begin();
  const auto text = in.text("detail", {1, 16});
  std::string form;
  for (const auto word : words) {
    if (text == name_of(word)) return word;
    form += (form.empty() ? "" : ", ") + std::string(name_of(word));
  }
  in.refuse("detail", "one of " + form);
  return *words.begin();
}

bool read_every_check(http::FieldReader& in) {
  return read_detail(in, {ResultDetail::kClaims, ResultDetail::kAll}) == ResultDetail::kAll;
}

// The subject and what it must hold, with whatever else the caller has read.
Status finish(http::FieldReader& in, Appraisal& out) {
  out.tenant = read_tenant(in);
  SubjectReader subject(in);
  read_expected(in, subject, out);
  ATOMA_TRY_VOID(in.finish());
  ATOMA_TRY(out.subject, subject.take());
  return {};
}

Result<Appraisal> read_item(http::Value object, std::string path) {
  http::FieldReader in(object, std::move(path));
  Appraisal out;
  ATOMA_TRY_VOID(finish(in, out));
  return out;
}

}  // namespace

Result<AttestRequest> parse_attest_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  AttestRequest out;
  const Bytes nonce = in.bytes("nonce", {out.nonce.size(), out.nonce.size()});
  out.key = in.bytes("key", {crypto::kXwingPublicKeySize, crypto::kXwingPublicKeySize});
  out.appraisal.tenant = read_tenant(in);
  out.appraisal.every_check = read_every_check(in);
  out.appraisal.form = read_result_form(in);
  SubjectReader subject(in);
  ATOMA_TRY_VOID(in.finish());
  std::ranges::copy(nonce, out.nonce.begin());
  ATOMA_TRY(out.appraisal.subject, subject.take());
  return out;
}

Result<AppraiseRequest> parse_appraise_request(ByteView body, http::BodyForm form) {
  ATOMA_TRY(const auto document, http::parse_body(body, form));
  http::FieldReader in(document.root());
  AppraiseRequest out;
  out.nonce = in.bytes("nonce", kNonceSizes);
  out.appraisal.every_check = read_every_check(in);
  out.appraisal.form = read_result_form(in);
  ATOMA_TRY_VOID(finish(in, out.appraisal));
  return out;
}

Result<AppraiseBatch> parse_appraise_batch(ByteView body, http::BodyForm form) {
  ATOMA_TRY(const auto document, http::parse_body(body, form));
  http::FieldReader in(document.root());
  AppraiseBatch out;
  out.nonce = in.bytes("nonce", kNonceSizes);
  out.detail = read_detail(in, {ResultDetail::kVerdict, ResultDetail::kClaims, ResultDetail::kAll});
  out.form = read_result_form(in);
  const auto list = in.required("items", "a list");
  const auto items = list ? list->items() : std::vector<http::Value>();
  if (list && (items.empty() || items.size() > kBatchItemsMax)) {
    in.refuse("items", std::format("a list of 1 to {} requests", kBatchItemsMax));
  }
  ATOMA_TRY_VOID(in.finish());
  out.items.reserve(items.size());
  for (const http::Value& item : items) {
    out.items.push_back(read_item(item, std::format("items[{}].", out.items.size())));
    if (out.items.back()) out.items.back()->every_check = out.detail == ResultDetail::kAll;
  }
  return out;
}

}  // namespace atoma::verifier
