#include "batch_answer.h"

#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {

BatchAnswer::BatchAnswer(const AppraiseBatch& batch, http::BodyForm form, Sign sign,
                         http::Respond respond)
    : detail_(batch.detail),
      form_(form),
      token_form_(batch.form.format),
      items_(batch.items.size()),
      sign_(std::move(sign)),
      respond_(std::move(respond)) {}

void BatchAnswer::set_problem(std::size_t i, Error error) { items_[i].problem = std::move(error); }

void BatchAnswer::set(std::size_t i, const Appraised& result, cose::EpochSigner& signer) {
  Item& item = items_[i];
  item.verdict = result.verdict();
  item.result = result.make_item(detail_ != ResultDetail::kVerdict);
  item.result->place = static_cast<std::uint32_t>(i);
  if (open_.fetch_sub(1) == 1) finish(&signer);
}

void BatchAnswer::finish(cose::EpochSigner* signer) {
  std::optional<Bytes> token;
  if (signer != nullptr) {
    std::vector<cose::EarItem> results;
    for (auto& item : items_) {
      if (item.result) results.push_back(*std::move(item.result));
    }
    token = sign_(std::move(results), *signer);
  }
  respond_(form_ == http::BodyForm::kCbor ? in_cbor(token) : in_json(token));
}

http::Response BatchAnswer::in_json(const std::optional<Bytes>& token) const {
  wire::JsonWriter out;
  out.begin_object();
  if (token) {
    out.member("format", cose::ear_format_name(token_form_));
    out.member("ear", cose::ear_text(token_form_, *token));
  }
  out.key("items").begin_array();
  for (const Item& item : items_) {
    out.begin_object();
    if (item.problem) {
      out.key("problem").begin_object();
      out.member("reason", item.problem->reason).member("detail", item.problem->message);
      out.end_object();
    } else {
      out.member("verdict", appraisal::verdict_name(item.verdict));
    }
    out.end_object();
  }
  return http::json(200, out.end_array().end_object().take());
}

http::Response BatchAnswer::in_cbor(const std::optional<Bytes>& token) const {
  wire::CborWriter out;
  out.begin_map();
  if (token) {
    out.key("ear");
    cose::write_ear(out, token_form_, *token);
  }
  out.key("items").begin_array();
  for (const Item& item : items_) {
    out.begin_map();
    if (item.problem) {
      out.key("problem").begin_map();
      out.key("reason").value(item.problem->reason).key("detail").value(item.problem->message);
      out.end_map();
    } else {
      out.key("verdict").value(appraisal::verdict_name(item.verdict));
    }
    out.end_map();
  }
  out.end_array();
  if (token) out.key("format").value(cose::ear_format_name(token_form_));
  return http::cbor(200, out.end_map().take());
}

}  // namespace atoma::verifier
