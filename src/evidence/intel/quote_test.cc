// Structure of quotes: every version and body, every refusal, every length.
#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "intel/test_platform.h"

namespace atoma::evidence::intel {
namespace {

using sample_tee::EnclaveReportTemplate;
using sample_tee::IntelQuoteTemplate;
using sample_tee::TdReportTemplate;

struct Form {
  const char* name;
  std::uint16_t version;
  BodyType body;
  std::size_t body_size;
};
constexpr Form kForms[] = {
    {"V3Sgx", 3, BodyType::kSgx, 384},       {"V4Sgx", 4, BodyType::kSgx, 384},
    {"V4Td10", 4, BodyType::kTd10, 584},     {"V5Sgx", 5, BodyType::kSgx, 384},
    {"V5Td10", 5, BodyType::kTd10, 584},     {"V5Td15", 5, BodyType::kTd15, 648},
    {"V5Td15Ex", 5, BodyType::kTd15Ex, 885},
};

// Every field is filled with another byte.
struct Filler {
  std::uint8_t next = 1;
  template <typename... Fields>
  void fill(Fields&... fields) {
    (fields.fill(next++), ...);
  }
};

TdReportTemplate distinct_td() {
  TdReportTemplate td;
  Filler f;
  f.fill(td.tee_tcb_svn, td.mrseam, td.mrsigner_seam, td.seam_attributes, td.mrtd, td.mrconfigid,
         td.mrowner, td.mrownerconfig, td.rtmr[0], td.rtmr[1], td.rtmr[2], td.rtmr[3],
         td.report_data, td.tee_tcb_svn_2, td.mrservicetd, td.td_id, td.dev_info,
         td.init_service_td_hash, td.init_service_td_attributes, td.init_cpu_svn,
         td.init_tee_tcb_svn, td.init_tee_fmspc, td.current_service_td_hash,
         td.current_service_td_attributes);
  td.td_attributes = 0x1122334455667788;
  td.xfam = 0x99AABBCCDDEEFF00;
  return td;
}

EnclaveReportTemplate distinct_enclave() {
  EnclaveReportTemplate enclave;
  Filler f{0x41};
  f.fill(enclave.cpu_svn, enclave.misc_select, enclave.ext_prod_id, enclave.attributes,
         enclave.mrenclave, enclave.mrsigner, enclave.config_id, enclave.family_id,
         enclave.report_data);
  enclave.isv_prod_id = 0x1234;
  enclave.isv_svn = 0x5678;
  enclave.config_svn = 0x9ABC;
  return enclave;
}

IntelQuoteTemplate distinct(const Form& form) {
  IntelQuoteTemplate content;
  content.version = form.version;
  content.body_type = form.body;
  content.user_data.fill(0x77);
  content.enclave = distinct_enclave();
  content.td = distinct_td();
  return content;
}

void expect_enclave(const EnclaveReport& got, const EnclaveReportTemplate& want) {
  EXPECT_EQ(got.raw.size(), 384u);
  EXPECT_TRUE(equal(got.cpu_svn, want.cpu_svn));
  EXPECT_TRUE(equal(got.misc_select, want.misc_select));
  EXPECT_TRUE(equal(got.attributes, want.attributes));
  EXPECT_TRUE(equal(got.mrenclave, want.mrenclave));
  EXPECT_TRUE(equal(got.mrsigner, want.mrsigner));
  EXPECT_TRUE(equal(got.config_id, want.config_id));
  EXPECT_EQ(got.isv_prod_id, want.isv_prod_id);
  EXPECT_EQ(got.isv_svn, want.isv_svn);
  EXPECT_TRUE(equal(got.report_data, want.report_data));
}

void expect_td(const TdReport& got, const TdReportTemplate& want, BodyType type) {
  EXPECT_TRUE(equal(got.tee_tcb_svn, want.tee_tcb_svn));
  EXPECT_TRUE(equal(got.mrseam, want.mrseam));
  EXPECT_TRUE(equal(got.mrsigner_seam, want.mrsigner_seam));
  EXPECT_TRUE(equal(got.seam_attributes, want.seam_attributes));
  EXPECT_EQ(got.td_attributes, want.td_attributes);
  EXPECT_EQ(got.xfam, want.xfam);
  EXPECT_TRUE(equal(got.mrtd, want.mrtd));
  EXPECT_TRUE(equal(got.mrconfigid, want.mrconfigid));
  EXPECT_TRUE(equal(got.mrowner, want.mrowner));
  EXPECT_TRUE(equal(got.mrownerconfig, want.mrownerconfig));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(equal(got.rtmr[i], want.rtmr[i]));
  EXPECT_TRUE(equal(got.report_data, want.report_data));
  const bool td15 = type != BodyType::kTd10, ex = type == BodyType::kTd15Ex;
  EXPECT_TRUE(equal(got.tee_tcb_svn_2, ByteView(want.tee_tcb_svn_2).first(td15 ? 16 : 0)));
  EXPECT_TRUE(equal(got.mrservicetd, ByteView(want.mrservicetd).first(td15 ? 48 : 0)));
  EXPECT_TRUE(
      equal(got.init_service_td_hash, ByteView(want.init_service_td_hash).first(ex ? 48 : 0)));
  EXPECT_TRUE(equal(got.current_service_td_hash,
                    ByteView(want.current_service_td_hash).first(ex ? 48 : 0)));
}

class EachForm : public testing::TestWithParam<Form> {};

TEST_P(EachForm, ParsesWithItsFields) {
  const Form form = GetParam();
  const auto platform = test_platform();
  const IntelQuoteTemplate content = distinct(form);
  const Bytes bytes = platform.quote(content);
  const auto quote = parse_quote(bytes);
  ASSERT_TRUE(quote) << quote.error().to_string();
  EXPECT_EQ(quote->version, form.version);
  EXPECT_EQ(quote->body_type, form.body);
  const std::size_t signed_size = 48 + (form.version == 5 ? 6u : 0u) + form.body_size;
  EXPECT_TRUE(equal(quote->signed_range, ByteView(bytes).first(signed_size)));
  if (form.body == BodyType::kSgx) {
    EXPECT_EQ(quote->tee, Tee::kSgx);
    expect_enclave(quote->enclave, content.enclave);
    EXPECT_TRUE(equal(quote->report_data, content.enclave.report_data));
  } else {
    EXPECT_EQ(quote->tee, Tee::kTdx);
    expect_td(quote->td, content.td, form.body);
    EXPECT_TRUE(equal(quote->report_data, content.td.report_data));
  }
  EXPECT_TRUE(equal(quote->signature, ByteView(bytes).subspan(signed_size + 4, 64)));
  EXPECT_TRUE(equal(quote->attestation_key, platform.keys().attestation.public_xy()));
  EXPECT_TRUE(equal(quote->key_block, ByteView(bytes).subspan(signed_size + 4 + 64)));
  EXPECT_EQ(quote->qe_report_signature.size(), 64u);
  EXPECT_TRUE(equal(quote->qe_auth_data, content.auth_data));
  EXPECT_EQ(quote->certification_type, 5);
  EXPECT_TRUE(equal(quote->certification_data, platform.pck_chain()));
}

// Buffers of exactly the size, so that AddressSanitizer sees any read beyond.
TEST_P(EachForm, TruncatedAnywhereIsRefused) {
  const Bytes whole = test_platform().quote(distinct(GetParam()));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto quote = parse_quote(cut);
    ASSERT_FALSE(quote) << size;
    ASSERT_EQ(quote.error().reason, "quote.truncated") << size;
  }
}

TEST_P(EachForm, PaddingIsIgnored) {
  IntelQuoteTemplate content = distinct(GetParam());
  const Bytes plain = test_platform().quote(content);
  content.padding = Bytes(3065, 0xFF);
  const Bytes padded = test_platform().quote(content);
  const auto a = parse_quote(plain), b = parse_quote(padded);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(padded.size(), plain.size() + 3065);
  EXPECT_TRUE(equal(a->key_block, b->key_block));
}

// Every byte of the unsigned sizes, set to anything: a refusal, or the same bytes in the same
// places.
TEST_P(EachForm, SizesAddUpOrAreRefused) {
  const Bytes whole = test_platform().quote(distinct(GetParam()));
  const auto good = parse_quote(whole);
  ASSERT_TRUE(good);
  const std::size_t data = good->signed_range.size();
  const std::size_t wrapper = GetParam().version >= 4 ? 6 : 0;
  const std::size_t auth = data + 4 + 64 + 64 + wrapper + 384 + 64;
  const std::size_t chain = auth + 2 + 32 + 2;
  std::vector<std::size_t> offsets{auth, auth + 1};
  for (std::size_t i = 0; i < 4; ++i) {
    offsets.insert(offsets.end(), {data + i, chain + i});
    if (wrapper > 0) offsets.push_back(data + 4 + 128 + 2 + i);
  }
  for (const std::size_t offset : offsets) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes bytes = whole;
      if (bytes[offset] == value) continue;
      bytes[offset] = static_cast<std::uint8_t>(value);
      const auto quote = parse_quote(bytes);
      ASSERT_FALSE(quote) << offset << " " << value;
      const auto reason = quote.error().reason;
      ASSERT_TRUE(reason == "quote.sizes" || reason == "quote.truncated") << reason;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(IntelQuote, EachForm, testing::ValuesIn(kForms),
                         [](const auto& value) { return std::string(value.param.name); });

struct Refusal {
  const char* name;
  const char* reason;
  Form form;
  void (*damage)(Bytes&);
};
constexpr Form kV3{"", 3, BodyType::kSgx, 384};
constexpr Form kV4{"", 4, BodyType::kTd10, 584};
constexpr Form kV5{"", 5, BodyType::kTd15, 648};
// Offsets: 436 is the signature data of a version 3 quote, 632 that of version 4.
constexpr std::size_t kData3 = 432, kData4 = 632;
constexpr std::size_t kQe3 = kData3 + 4 + 128, kQe4 = kData4 + 4 + 128 + 6;
constexpr std::size_t kCertification4 = kQe4 + 384 + 64 + 2 + 32;

void set_u32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}

const Refusal kRefusals[] = {
    {"Empty", "quote.truncated", kV4, [](Bytes& b) { b.clear(); }},
    {"TooLarge", "quote.too_large", kV4, [](Bytes& b) { b.resize(limits::kEvidenceMax + 1); }},
    {"Version2", "quote.version", kV4, [](Bytes& b) { b[0] = 2; }},
    {"Version6", "quote.version", kV4, [](Bytes& b) { b[0] = 6; }},
    {"VersionHighByte", "quote.version", kV4, [](Bytes& b) { b[1] = 1; }},
    {"KeyTypeP384", "quote.key_type", kV4, [](Bytes& b) { b[2] = 3; }},
    {"KeyTypeEpid", "quote.key_type", kV3, [](Bytes& b) { b[2] = 0; }},
    {"TdxInVersion3", "quote.tee_type", kV3, [](Bytes& b) { b[4] = 0x81; }},
    {"UnknownTee", "quote.tee_type", kV4, [](Bytes& b) { b[4] = 0x82; }},
    {"TeeHighByte", "quote.tee_type", kV4, [](Bytes& b) { b[7] = 1; }},
    {"VendorId", "quote.vendor_id", kV4, [](Bytes& b) { b[27] ^= 1; }},
    {"BodyType0", "quote.body_type", kV5, [](Bytes& b) { b[48] = 0; }},
    {"BodyType5", "quote.body_type", kV5, [](Bytes& b) { b[48] = 5; }},
    {"SgxBodyOfTdx", "quote.body_type", kV5, [](Bytes& b) { b[48] = 1; }},
    {"TdBodyOfSgx", "quote.body_type", kV5, [](Bytes& b) { b[4] = 0; }},
    {"BodySizeOfAnotherType", "quote.body_size", kV5, [](Bytes& b) { b[48] = 2; }},
    {"BodySizeSmaller", "quote.body_size", kV5, [](Bytes& b) { set_u32(b, 50, 647); }},
    {"BodySizeHuge", "quote.body_size", kV5, [](Bytes& b) { set_u32(b, 50, 0xFFFFFFFF); }},
    {"ReservedAfterMiscSelect", "quote.reserved", kV3, [](Bytes& b) { b[48 + 20] = 1; }},
    {"ReservedAfterMrenclave", "quote.reserved", kV3, [](Bytes& b) { b[48 + 127] = 1; }},
    {"ReservedAfterMrsigner", "quote.reserved", kV3, [](Bytes& b) { b[48 + 160] = 1; }},
    {"ReservedAfterConfigSvn", "quote.reserved", kV3, [](Bytes& b) { b[48 + 262] = 1; }},
    {"ReservedInQeReport3", "quote.reserved", kV3, [](Bytes& b) { b[kQe3 + 303] = 1; }},
    {"ReservedInQeReport4", "quote.reserved", kV4, [](Bytes& b) { b[kQe4 + 31] = 1; }},
    {"OuterTypeIsNot6", "quote.certification_type", kV4, [](Bytes& b) { b[kQe4 - 6] = 5; }},
    {"TypeFlippedTo0", "quote.certification_type", kV4, [](Bytes& b) { b[kCertification4] = 0; }},
    {"TypeFlippedTo4", "quote.certification_type", kV4, [](Bytes& b) { b[kCertification4] = 4; }},
    {"TypeFlippedTo6", "quote.certification_type", kV4, [](Bytes& b) { b[kCertification4] = 6; }},
    {"TypeHighByte", "quote.certification_type", kV4, [](Bytes& b) { b[kCertification4 + 1] = 1; }},
    {"ChainCalledPpid", "quote.sizes", kV4, [](Bytes& b) { b[kCertification4] = 1; }},
    {"SignatureDataHuge", "quote.truncated", kV4, [](Bytes& b) { set_u32(b, kData4, 0xFFFFFFFF); }},
    {"SignatureDataOneLess", "quote.sizes", kV4, [](Bytes& b) { b[kData4] -= 1; }},
    {"SignatureDataOfOneSignature", "quote.sizes", kV3, [](Bytes& b) { set_u32(b, kData3, 64); }},
    {"SignatureDataEmpty", "quote.truncated", kV3, [](Bytes& b) { set_u32(b, kData3, 0); }},
    {"OuterSizeHuge", "quote.sizes", kV4, [](Bytes& b) { set_u32(b, kQe4 - 4, 0xFFFFFFFF); }},
    {"ChainSizeHuge", "quote.sizes", kV4,
     [](Bytes& b) { set_u32(b, kCertification4 + 2, 0xFFFFFFFF); }},
    {"AuthSizeMax", "quote.sizes", kV4, [](Bytes& b) { b[kQe4 + 448] = b[kQe4 + 449] = 0xFF; }},
};

class EachRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(EachRefusal, HasItsReason) {
  const Refusal& refusal = GetParam();
  IntelQuoteTemplate content;
  content.version = refusal.form.version;
  content.body_type = refusal.form.body;
  Bytes bytes = test_platform().quote(content);
  ASSERT_TRUE(parse_quote(bytes));
  refusal.damage(bytes);
  const auto quote = parse_quote(bytes);
  ASSERT_FALSE(quote);
  EXPECT_EQ(quote.error().reason, refusal.reason) << quote.error().message;
}

INSTANTIATE_TEST_SUITE_P(IntelQuote, EachRefusal, testing::ValuesIn(kRefusals),
                         [](const auto& value) { return std::string(value.param.name); });

TEST(IntelQuote, LargestIsRead) {
  Bytes bytes = test_platform().quote_td({});
  bytes.resize(limits::kEvidenceMax);
  EXPECT_TRUE(parse_quote(bytes));
}

TEST(IntelQuote, PpidRecordsAreSmall) {
  IntelQuoteTemplate content;
  for (const std::uint16_t type : std::array<std::uint16_t, 3>{1, 2, 3}) {
    content.certification_type = type;
    content.certification_data = Bytes(404, 1);
    const Bytes largest = test_platform().quote(content);
    const auto quote = parse_quote(largest);
    ASSERT_TRUE(quote) << quote.error().to_string();
    EXPECT_FALSE(quote->has_pck_chain());
    content.certification_data.push_back(1);
    const auto larger = parse_quote(test_platform().quote(content));
    ASSERT_FALSE(larger);
    EXPECT_EQ(larger.error().reason, "quote.sizes");
  }
}

TEST(IntelQuote, AuthDataOfAnySize) {
  IntelQuoteTemplate content;
  for (const std::size_t size : {0u, 1u, 1000u, 0xFFFFu - 8000u}) {
    content.auth_data = Bytes(size, 0x11);
    const Bytes bytes = test_platform().quote(content);
    const auto quote = parse_quote(bytes);
    ASSERT_TRUE(quote) << quote.error().to_string();
    EXPECT_EQ(quote->qe_auth_data.size(), size);
  }
}

}  // namespace
}  // namespace atoma::evidence::intel
