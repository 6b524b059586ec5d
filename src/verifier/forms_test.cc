// Requests in CBOR: what they say is what the same request in JSON says, and how they are refused.
#include <gtest/gtest.h>

#include "atoma/wire/cbor_writer.h"
#include "requests.h"
#include "test_forms.h"

namespace atoma::verifier {
namespace {

using http::BodyForm;
using wire::CborWriter;

std::string refusal(ByteView body) {
  const auto parsed = parse_appraise_request(body, BodyForm::kCbor);
  return parsed ? "" : parsed.error().to_string();
}

// A request of a nonce and evidence, with what `more` writes beside them.
Bytes request(const std::function<void(CborWriter&)>& more = [](CborWriter&) {}) {
  CborWriter out;
  out.begin_map().key("nonce").bytes(Bytes(16, 9)).key("evidence").bytes(Bytes(3, 7));
  more(out);
  return out.end_map().take();
}

TEST(RequestForms, ReadsCbor) {
  const auto parsed = parse_appraise_request(
      request([](CborWriter& out) {
        out.key("report_data").bytes(Bytes(64, 5)).key("tee").value("snp").key("tenant").value("t");
        out.key("event_logs").begin_array().bytes(Bytes(4, 1)).bytes(Bytes(5, 2)).end_array();
      }),
      BodyForm::kCbor);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->nonce, Bytes(16, 9));
  const Appraisal& appraisal = parsed->appraisal;
  EXPECT_EQ(appraisal.subject.evidence, Bytes(3, 7));
  EXPECT_EQ(appraisal.subject.tee, evidence::Tee::kSnp);
  EXPECT_EQ(appraisal.subject.event_logs, (std::vector<Bytes>{Bytes(4, 1), Bytes(5, 2)}));
  EXPECT_EQ(appraisal.report_data->front(), 5);
  EXPECT_EQ(appraisal.tenant, "t");
  // Who asks in CBOR is answered in CBOR, and the token in it is a CWT, unless something else is
  // asked for.
  EXPECT_EQ(appraisal.form.format, cose::EarFormat::kCwt);
  const auto jwt = parse_appraise_request(
      request([](CborWriter& out) { out.key("format").value("jwt"); }), BodyForm::kCbor);
  EXPECT_EQ(jwt->appraisal.form.format, cose::EarFormat::kJwt);
}

// {"nonce": …, "evidence": …}: the longer key first is not the deterministic order.
TEST(RequestForms, TakesMapsInAnyOrder) {
  Bytes body{0xA2, 0x68};
  append(body, "evidence");
  append(body, Bytes{0x41, 0x07, 0x65});
  append(body, "nonce");
  append(body, Bytes{0x48, 1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(refusal(body), "");
}

TEST(RequestForms, RefusesWhatIsNotInItsForm) {
  const std::string base64_16 = wire::base64_encode(Bytes(16, 9));
  const auto with = [](std::string_view name, const auto& value) {
    return refusal(request([&](CborWriter& out) { out.key(name).value(value); }));
  };
  CborWriter text;
  text.begin_map().key("nonce").value(base64_16).key("evidence").bytes(Bytes(3)).end_map();
  EXPECT_EQ(refusal(text.take()),
            "request.field: \"nonce\": expected a byte string of 8 to 64 bytes");
  EXPECT_EQ(with("report_data", "AAAA"),
            "request.field: \"report_data\": expected a byte string of 64 bytes");
  EXPECT_EQ(with("detail", 1), "request.field: \"detail\": expected a string of 1 to 16 bytes");
  EXPECT_EQ(with("event_logs", "AAAA"),
            "request.field: \"event_logs\": expected a list of at most 8 files of 1 to 4194304 "
            "bytes");
  EXPECT_EQ(with("debug", true), "request.unknown_field: \"debug\" is no field of this request");
  EXPECT_EQ(refusal(request([](CborWriter& out) { out.key(1).value(1); })),
            "request.unknown_field: \"(no text)\" is no field of this request");
  EXPECT_EQ(
      refusal(request([](CborWriter& out) { out.key("collateral").begin_array().end_array(); })),
      "request.field: \"collateral.\": expected an object");
  EXPECT_EQ(refusal(CborWriter().begin_map().end_map().take()),
            "request.missing_field: \"nonce\" is missing: expected a byte string of 8 to 64 bytes");
  EXPECT_EQ(refusal(CborWriter().begin_array().end_array().take()),
            "request.field: the body is no CBOR map");
}

// A document in JSON is a text here.
TEST(RequestForms, RefusesDocumentsThatAreNoText) {
  CborWriter tpm;
  tpm.begin_map().key("nonce").bytes(Bytes(16, 9)).key("tpm").begin_map().end_map().end_map();
  EXPECT_EQ(refusal(tpm.take()),
            "request.field: \"tpm\": expected an object of JSON as text of at most 65536 bytes");
  CborWriter composite;
  composite.begin_map().key("nonce").bytes(Bytes(16, 9)).key("composite").value("[]").end_map();
  EXPECT_EQ(refusal(composite.take()).substr(0, 10), "composite.");
}

TEST(RequestForms, NothingButWholeBodiesIsRead) {
  const Bytes good = request([](CborWriter& out) { out.key("report_data").bytes(Bytes(64)); });
  ASSERT_EQ(refusal(good), "");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(refusal(ByteView(good).first(size)).substr(0, 14), "cbor.truncated") << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(refusal(longer).substr(0, 13), "cbor.leftover");
  EXPECT_EQ(refusal(as_bytes("{\"nonce\":1}")).substr(0, 5), "cbor.");
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes damaged = good;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    // Read or refused; nothing else.
    const auto parsed = parse_appraise_request(damaged, BodyForm::kCbor);
    EXPECT_TRUE(parsed || !parsed.error().reason.empty());
  }
}

TEST(RequestForms, OneBadItemOfABatchFailsAlone) {
  CborWriter out;
  out.begin_map().key("nonce").bytes(Bytes(16, 9)).key("items").begin_array();
  out.begin_map().key("evidence").bytes(Bytes(3, 7)).end_map();
  out.begin_map().key("evidence").value("AQID").end_map();
  const auto batch = parse_appraise_batch(out.end_array().end_map().take(), BodyForm::kCbor);
  ASSERT_TRUE(batch) << batch.error().to_string();
  ASSERT_EQ(batch->items.size(), 2u);
  EXPECT_EQ(batch->items[0]->subject.evidence, Bytes(3, 7));
  EXPECT_EQ(batch->items[1].error().message,
            "\"items[1].evidence\": expected a byte string of 1 to 65536 bytes");
  EXPECT_EQ(batch->form.format, cose::EarFormat::kCwt);
}

}  // namespace
}  // namespace atoma::verifier
