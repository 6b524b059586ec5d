// The bodies of POST /v1/attest, /v1/appraise and /v1/appraise/batch, in both forms.
#include "atoma/base/limits.h"
#include "fuzz.h"
#include "requests.h"

namespace atoma::fuzz {

namespace {

void check(const verifier::Appraisal& appraisal) {
  const verifier::Subject& subject = appraisal.subject;
  const std::size_t size = subject.evidence.size();
  ATOMA_CHECK(size <= limits::kEvidenceMax && (size > 0) == subject.is_cpu());
  ATOMA_CHECK(subject.event_logs.size() <= verifier::kEventLogsMax);
  ATOMA_CHECK(subject.has_gpus() || (subject.rims.empty() && subject.ocsp.empty()));
  ATOMA_CHECK(subject.is_cpu() || (subject.platform_keys == nullptr && !appraisal.report_data));
  ATOMA_CHECK(!subject.is_cpu() || !appraisal.challenge);
}

}  // namespace

void one_input(ByteView in) {
  if (const auto request = verifier::parse_attest_request(in)) {
    ATOMA_CHECK(!request->key.empty());
    check(request->appraisal);
  }
  for (const auto form : {http::BodyForm::kJson, http::BodyForm::kCbor}) {
    if (const auto request = verifier::parse_appraise_request(in, form)) check(request->appraisal);
    const auto batch = verifier::parse_appraise_batch(in, form);
    if (!batch) continue;
    ATOMA_CHECK(!batch->items.empty() && batch->items.size() <= verifier::kBatchItemsMax);
    for (const auto& item : batch->items) {
      if (item) check(*item);
    }
  }
}

}  // namespace atoma::fuzz
