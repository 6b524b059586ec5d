// Collateral files: the forms in which they come, and what is refused before anything is verified.
#include "atoma/base/limits.h"
#include "atoma/wire/text.h"
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

std::string reason_of(const CollateralFiles& files) {
  const auto collateral = Collateral::parse(files);
  return collateral ? "ok" : std::string(collateral.error().reason);
}

struct TextDamage {
  const char* member;  // what the message must name
  std::string_view from, to;
};

const TextDamage kTcbInfoDamages[] = {
    {"id", R"("id":"TDX")", R"("id":"TDY")"},
    {"id", R"("id":"TDX")", R"("ID":"TDX")"},
    {"version", R"("version":3)", R"("version":4)"},
    {"version", R"("version":3)", R"("version":1)"},
    {"version", R"("version":3)", R"("version":"3")"},
    {"version", R"("version":3)", R"("version":3.0)"},
    {"issueDate", R"("issueDate")", R"("issuedate")"},
    {"issueDate", R"("issueDate":"2)", R"("issueDate":"3-)"},
    {"nextUpdate", R"(Z","fmspc")", R"(+00:00","fmspc")"},
    {"fmspc", R"("fmspc":"A7)", R"("fmspc":"A)"},
    {"fmspc", R"("fmspc":"A7)", R"("fmspc":"A700)"},
    {"pceId", R"("pceId":"00)", R"("pceId":"0G)"},
    {"tcbType", R"("tcbType":0)", R"("tcbType":1)"},
    {"tcbEvaluationDataNumber", R"("tcbEvaluationDataNumber":20)",
     R"("tcbEvaluationDataNumber":-1)"},
    {"tcbEvaluationDataNumber", R"("tcbEvaluationDataNumber":20)",
     R"("tcbEvaluationDataNumber":4294967296)"},
    {"tdxModule", R"("tdxModule")", R"("tdxmodule")"},
    {"an object", R"("tdxModule":{)", R"("tdxModule":[],"other":{)"},
    {"mrsigner", R"("mrsigner":"00)", R"("mrsigner":")"},
    {"attributes", R"("attributes":"00)", R"("attributes":"0x)"},
    {"attributesMask", R"("attributesMask":"FF)", R"("attributesMask":"FF00)"},
    {"tdxModuleIdentities", R"("tdxModuleIdentities":[)", R"("tdxModuleIdentities":{},"other":[)"},
    {"id", "TDX_03", "TDX_3"},
    {"id", "TDX_03", "TDX_003"},
    {"id", "TDX_03", "SGX_03"},
    {"isvsvn", R"("isvsvn":5)", R"("isvsvn":65536)"},
    {"tcb", R"("tcb":{"isvsvn")", R"("tbc":{"isvsvn")"},
    {"sgxtcbcomponents", R"("sgxtcbcomponents":[{"svn":5},)", R"("sgxtcbcomponents":[)"},
    {"sgxtcbcomponents", R"("sgxtcbcomponents":[)", R"("sgxtcbcomponents":[{"svn":5},)"},
    {"svn", R"("sgxtcbcomponents":[{"svn":5})", R"("sgxtcbcomponents":[{"svn":65536})"},
    {"svn", R"("sgxtcbcomponents":[{"svn":5})", R"("sgxtcbcomponents":[{"svn":-1})"},
    {"an object", R"("sgxtcbcomponents":[{"svn":5})", R"("sgxtcbcomponents":[5)"},
    {"tdxtcbcomponents", R"("tdxtcbcomponents")", R"("tdxTcbComponents")"},
    {"pcesvn", R"("pcesvn":11)", R"("pcesvn":65536)"},
    {"tcbStatus", R"("tcbStatus":"UpToDate")", R"("tcbStatus":"Fine")"},
    {"tcbStatus", R"("tcbStatus":"UpToDate")", R"("tcbStatus":"NotSupported")"},
    {"tcbStatus", R"("tcbStatus":"UpToDate")", R"("tcbStatus":"TDRelaunchAdvised")"},
    {"tcbStatus", R"("tcbStatus":"UpToDate")",
     R"("tcbStatus":"TDRelaunchAdvisedConfigurationNeeded")"},
    {"tcbStatus", R"("tcbStatus":"UpToDate")", R"("tcbStatus":0)"},
    {"tcbDate", R"("tcbDate":"20)", R"("tcbDate":"2)"},
    {"advisoryIDs", R"("advisoryIDs":["INTEL-SA-00000"])", R"("advisoryIDs":"INTEL-SA-00000")"},
    {"advisoryIDs", R"("advisoryIDs":["INTEL-SA-00000"])", R"("advisoryIDs":[0])"},
    {"tcbLevels", R"("tcbLevels":[{"tcb":{"sgx)", R"("levels":[{"tcb":{"sgx)"},
};

const TextDamage kQeIdentityDamages[] = {
    {"id", R"("id":"TD_QE")", R"("id":2)"},
    {"version", R"("version":2)", R"("version":3)"},
    {"issueDate", R"("issueDate")", R"("issued")"},
    {"nextUpdate", R"("nextUpdate")", R"("next")"},
    {"tcbEvaluationDataNumber", R"("tcbEvaluationDataNumber":20)",
     R"("tcbEvaluationDataNumber":"20")"},
    {"miscselect", R"("miscselect":"00)", R"("miscselect":")"},
    {"miscselectMask", R"("miscselectMask":"FF)", R"("miscselectMask":")"},
    {"attributes", R"("attributes":"11)", R"("attributes":")"},
    {"attributesMask", R"("attributesMask":"FB)", R"("attributesMask":")"},
    {"mrsigner", R"("mrsigner":"5A)", R"("mrsigner":"5A5A)"},
    {"isvprodid", R"("isvprodid":2)", R"("isvprodid":65536)"},
    {"tcbLevels", R"("tcbLevels")", R"("levels")"},
    {"tcbStatus", R"("tcbStatus":"OutOfDate")", R"("tcbStatus":"Old")"},
    // The search takes the first that fits, so a list that rises would hide levels.
    {"tcbLevels", R"("isvsvn":6)", R"("isvsvn":9)"},
};

TEST(IntelCollateral, EveryDamageOfTcbInfoIsNamed) {
  TestCase c;
  const std::string good = sample_tee::encode_tcb_info(
      sample_tee::sample_tcb_info(Tee::kTdx, c.platform.pck_info(), kTestWindow));
  for (const auto& damage : kTcbInfoDamages) {
    c.files.tcb_info = c.platform.sign_tcb_info(replaced(good, damage.from, damage.to));
    const auto collateral = Collateral::parse(c.files);
    ASSERT_FALSE(collateral) << damage.from << " -> " << damage.to;
    EXPECT_EQ(collateral.error().reason, "tcb_info.format") << damage.to;
    EXPECT_TRUE(collateral.error().message.contains('"' + std::string(damage.member) + '"'))
        << collateral.error().message;
  }
}

TEST(IntelCollateral, EveryDamageOfQeIdentityIsNamed) {
  TestCase c;
  const std::string good =
      sample_tee::encode_qe_identity(sample_tee::sample_qe_identity(Tee::kTdx, kTestWindow));
  for (const auto& damage : kQeIdentityDamages) {
    c.files.qe_identity = c.platform.sign_qe_identity(replaced(good, damage.from, damage.to));
    const auto collateral = Collateral::parse(c.files);
    ASSERT_FALSE(collateral) << damage.from << " -> " << damage.to;
    EXPECT_EQ(collateral.error().reason, "qe_identity.format") << damage.to;
    EXPECT_TRUE(collateral.error().message.contains('"' + std::string(damage.member) + '"'))
        << collateral.error().message;
  }
}

TEST(IntelCollateral, ListsAreBounded) {
  const auto reason_with = [](auto change) {
    TestCase c;
    c.change_tcb_info(change);
    return reason_of(c.files);
  };
  EXPECT_EQ(reason_with([](TcbInfo& i) { i.levels.resize(256, i.levels[0]); }), "ok");
  EXPECT_EQ(reason_with([](TcbInfo& i) { i.levels.resize(257, i.levels[0]); }), "tcb_info.format");
  EXPECT_EQ(reason_with([](TcbInfo& i) { i.module_identities.resize(17, i.module_identities[0]); }),
            "tcb_info.format");
  EXPECT_EQ(reason_with([](TcbInfo& i) { i.levels[0].advisories.resize(128, "a"); }), "ok");
  EXPECT_EQ(reason_with([](TcbInfo& i) { i.levels[0].advisories.resize(129, "a"); }),
            "tcb_info.format");
}

TEST(IntelCollateral, Version2IsReadBySgxNamesAlone) {
  TestCase c(Tee::kSgx);
  TcbInfo info = sample_tee::sample_tcb_info(Tee::kSgx, c.platform.pck_info(), kTestWindow);
  info.version = 2;
  const std::string good = sample_tee::encode_tcb_info(info);
  c.files.tcb_info = c.platform.sign_tcb_info(good);
  EXPECT_EQ(reason_of(c.files), "ok");
  EXPECT_EQ(must_parse(c.files)->tcb_info()->value.levels[0].sgx_components,
            info.levels[0].sgx_components);
  c.files.tcb_info = c.platform.sign_tcb_info(replaced(good, "sgxtcbcomp16svn", "sgxtcbcomp17svn"));
  EXPECT_EQ(reason_of(c.files), "tcb_info.format");
}

// What is written and what is read agree, so that the tests above say what they mean.
TEST(IntelCollateral, EncodedObjectsAreReadBack) {
  const TestCase c;
  const auto collateral = must_parse(c.files);
  const TcbInfo& info = collateral->tcb_info()->value;
  EXPECT_EQ(as_text(collateral->tcb_info()->signed_bytes), sample_tee::encode_tcb_info(info));
  const QeIdentity& identity = collateral->qe_identity()->value;
  EXPECT_EQ(as_text(collateral->qe_identity()->signed_bytes),
            sample_tee::encode_qe_identity(identity));
  EXPECT_EQ(info.module_identities.at(0).version, 3);
  EXPECT_EQ(info.levels.at(1).advisories, std::vector<std::string>{"INTEL-SA-00000"});
}

TEST(IntelCollateral, ShapeOfSignedObjects) {
  const TestCase c;
  const std::string good(as_text(c.files.tcb_info));
  const auto reason_with = [&](std::string_view from, std::string_view to) {
    CollateralFiles files;
    files.tcb_info = to_bytes(replaced(good, from, to));
    return reason_of(files);
  };
  EXPECT_EQ(reason_with(R"({"tcbInfo")", R"({"tcbinfo")"), "collateral.format");
  EXPECT_EQ(reason_with(R"("signature")", R"("Signature")"), "collateral.format");
  EXPECT_EQ(reason_with(R"("signature":")", R"("signature":"0)"), "collateral.format");
  EXPECT_EQ(reason_with(R"("signature":")", R"("signature":"00)"), "collateral.format");
  EXPECT_EQ(reason_with(R"("signature":")", R"("other":"","signature":")"), "collateral.format");
  EXPECT_EQ(reason_with(R"("signature":")", R"("other":{"signature":"a"},"signature":")"),
            "collateral.format");
  CollateralFiles files;
  files.tcb_info = to_bytes("[]");
  EXPECT_EQ(reason_of(files), "collateral.format");
  files = {};
  files.qe_identity = c.files.tcb_info;
  EXPECT_EQ(reason_of(files), "collateral.format");
}

// All but the served issuer chain.
constexpr Bytes CollateralFiles::* kReadParts[] = {
    &CollateralFiles::tcb_info, &CollateralFiles::qe_identity, &CollateralFiles::tcb_signing_chain,
    &CollateralFiles::root_crl, &CollateralFiles::pck_crl,     &CollateralFiles::pck_chain};

TEST(IntelCollateral, EveryPartIsBounded) {
  for (const auto part : kReadParts) {
    TestCase c;
    (c.files.*part).resize(limits::kCollateralMax + 1);
    EXPECT_EQ(reason_of(c.files), "collateral.too_large");
  }
}

TEST(IntelCollateral, ErrorsOfThePartsPassThrough) {
  TestCase c;
  c.files.pck_chain = to_bytes("-----BEGIN CERTIFICATE-----\n");
  EXPECT_EQ(reason_of(c.files), "pem.format");
  c.files.pck_chain.clear();
  c.files.root_crl = to_bytes("no list");
  EXPECT_EQ(reason_of(c.files), "crl.encoding");
}

TEST(IntelCollateral, NothingIsAllMissing) {
  const auto empty = must_parse({});
  EXPECT_FALSE(empty->tcb_info() || empty->qe_identity() || empty->root_crl() || empty->pck_crl());
  TestCase c;
  c.files = {};
  const Verdict verdict = verify(c);
  EXPECT_EQ(verdict.ids(), (Ids{"intel.tcb_signing.present", "intel.tcb_info.present",
                                "intel.qe_identity.present"}));
  EXPECT_EQ(verdict.result.authenticity, Authenticity::kUnknown);
}

// The digest names the set that is read: any of its parts, and which part it stands in.
TEST(IntelCollateral, DigestCoversEveryPart) {
  TestCase c;
  c.files.pck_chain = c.platform.pck_chain();
  std::set<crypto::Digest256> digests{must_parse(c.files)->digest()};
  std::size_t sets = 1;
  for (const auto part : kReadParts) {
    CollateralFiles files = c.files;
    (files.*part).clear();
    digests.insert(must_parse(files)->digest());
    ++sets;
  }
  CollateralFiles moved = c.files;
  std::swap(moved.root_crl, moved.pck_crl);
  digests.insert(must_parse(moved)->digest());
  EXPECT_EQ(digests.size(), sets + 1);
  // The served issuer chain is not read.
  CollateralFiles unread = c.files;
  unread.pck_crl_issuer_chain = to_bytes("anything");
  EXPECT_TRUE(digests.contains(must_parse(unread)->digest()));
}

TEST(IntelCollateral, GivesBackWhatItRead) {
  TestCase c;
  c.files.pck_chain = c.platform.pck_chain();
  const auto& files = c.files;
  const auto again = must_parse(files)->files();
  for (const auto& part : kCollateralParts) {
    const bool read = part.bytes != &CollateralFiles::pck_crl_issuer_chain;
    EXPECT_EQ(again.*part.bytes, read ? files.*part.bytes : Bytes()) << part.name;
  }
  EXPECT_EQ(must_parse(again)->digest(), must_parse(files)->digest());
}

}  // namespace
}  // namespace atoma::evidence::intel
