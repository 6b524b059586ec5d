#include "atoma/evidence/nvidia/rim.h"

#include <gtest/gtest.h>

#include "atoma/wire/text.h"
#include "nvidia/test_rim.h"

namespace atoma::evidence::nvidia {
namespace {

using sample_tee::NvidiaRimTemplate;

NvidiaRimTemplate content() {
  return {.resources = {{0, true, {Bytes(48, 1)}},
                        {1, false, {Bytes(48, 2)}},
                        {35, true, {Bytes(48, 3), Bytes(48, 4)}}}};
}

std::string tag() { return std::string(as_text(test_rim_vendor().make_rim(content()))); }

std::string_view reason(const std::string& text) {
  const auto rim = Rim::parse(as_bytes(text));
  return rim ? "parsed" : rim.error().reason;
}

TEST(Rim, ReadsActiveEntries) {
  const auto rim = Rim::parse(as_bytes(tag()));
  ASSERT_TRUE(rim) << rim.error().to_string();
  EXPECT_EQ(rim->version(), "550.90.07");
  EXPECT_EQ(rim->product(), "GH100");
  ASSERT_EQ(rim->golden().size(), 2u);
  EXPECT_EQ(rim->golden()[0].index, 0u);
  EXPECT_EQ(rim->golden()[1].index, 35u);
  EXPECT_EQ(rim->golden()[1].alternatives, (std::vector<Bytes>{Bytes(48, 3), Bytes(48, 4)}));
  EXPECT_EQ(rim->certificates().size(), 3u);
  EXPECT_TRUE(rim->digest_matches());
}

TEST(Rim, RefusesOtherStructures) {
  const std::string good = tag();
  for (const auto& [from, to] : {std::pair{"SoftwareIdentity", "SoftwareIdentities"},
                                 {"iso/19770/-2/2015", "iso/19770/-2/2016"},
                                 {"<ns0:Meta ", "<ns0:Metas "},
                                 {"<ns0:Meta ", "<ns0:Meta/><ns0:Meta "},
                                 {"    <ns0:Payload>", "<ns0:Payload/><ns0:Payload>"},
                                 {"colloquialVersion=", "version="},
                                 {"colloquialVersion=\"550.90.07\"", "colloquialVersion=\"\""},
                                 {" product=", " products="}}) {
    EXPECT_EQ(reason(replaced(good, from, to)), "rim.structure") << to;
  }
  EXPECT_EQ(reason("<a>"), "xml.syntax");
}

TEST(Rim, RefusesMalformedResources) {
  const std::string good = tag();
  for (const auto& [from, to] : {std::pair{"index=\"1\"", "index=\"0\""},
                                 {"index=\"1\"", "index=\"01\""},
                                 {"index=\"1\"", "index=\"-1\""},
                                 {"index=\"1\"", "index=\"256\""},
                                 {"index=\"1\"", "index=\"\""},
                                 {"index=\"1\"", "indices=\"1\""},
                                 {"type=\"Measurement\"", "type=\"File\""},
                                 {"active=\"False\"", "active=\"false\""},
                                 {"active=\"False\"", "activity=\"False\""},
                                 {"active=\"True\"", "active=\"False\""},
                                 {"alternatives=\"1\"", "alternatives=\"0\""},
                                 {"alternatives=\"1\"", "alternatives=\"2\""},
                                 {"alternatives=\"2\"", "alternatives=\"1\""},
                                 {"ns2:Hash1", "ns2:Hash2"},
                                 {"size=\"48\"", "size=\"47\""},
                                 {"size=\"48\"", "size=\"0\""},
                                 {"Hash0=\"01", "Hash0=\"0g"},
                                 {"    </ns0:Payload>", "<ns0:Directory/></ns0:Payload>"}}) {
    EXPECT_EQ(reason(replaced(good, from, to)), "rim.resource") << to;
  }
}

TEST(Rim, RefusesOtherFormsOfSignature) {
  const std::string good = tag();
  for (const auto& [from, to] :
       {std::pair{"http://www.w3.org/2006/12/xml-c14n11",
                  "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
        {"xmldsig-more#ecdsa-sha384", "xmldsig-more#ecdsa-sha256"},
        {"xmldsig-more#sha384", "xmlenc#sha256"},
        {"#enveloped-signature", "#base64"},
        {"URI=\"\"", "URI=\"#x\""},
        {"URI=\"\"", "URI=\"\" Id=\"x\""},
        {"URI=\"\"", "Id=\"\""},
        {"</ds:Reference>", "</ds:Reference><ds:Reference/>"},
        {"<ds:Transforms>", "<ds:Transforms><ds:Transform Algorithm=\"x\"/>"},
        {"<ds:SignatureValue>", "<ds:SignatureValue>AAAA"},
        {"<ds:SignatureValue>", "<ds:SignatureValue><ds:Object/>"},
        {"<ds:DigestValue>", "<ds:DigestValue>!"},
        {"<ds:X509Data>", "<ds:X509Data><ds:X509SubjectName/>"},
        {"<ds:X509Data>", "<ds:KeyValue/><ds:X509Data>"},
        {"<ds:X509Certificate>", "<ds:X509Certificate>?"},
        {"</ds:KeyInfo>", "</ds:KeyInfo><ds:Object/>"}}) {
    EXPECT_EQ(reason(replaced(good, from, to)), "rim.signature_form") << to;
  }
  EXPECT_EQ(reason(sample_tee::encode_nvidia_rim(content())), "rim.signature_form");
  const auto& vendor = test_rim_vendor();
  const auto with_chain = [&](const std::vector<Bytes>& chain) {
    return reason(std::string(as_text(vendor.sign(encode_nvidia_rim(content()), chain))));
  };
  EXPECT_EQ(with_chain({}), "rim.signature_form");
  EXPECT_EQ(with_chain(std::vector<Bytes>(9, vendor.chain()[0])), "rim.signature_form");
  EXPECT_EQ(with_chain({Bytes{1, 2, 3}}), "x509.syntax");
}

// The signed tag is kept somewhere in the file, and another one stands where it is looked for.
TEST(Rim, WrappingAttackIsRefused) {
  const std::string good = tag();
  const auto signature_at = good.find("<ds:Signature ");
  const auto signature_end = good.find("</SoftwareIdentity>");
  const std::string signature = good.substr(signature_at, signature_end - signature_at);
  const std::string unsigned_tag = sample_tee::encode_nvidia_rim(content());
  const std::string evil =
      replaced(unsigned_tag, wire::hex_encode(Bytes(48, 1)), wire::hex_encode(Bytes(48, 0xEE)));
  const auto with = [](std::string outer, const std::string& inner) {
    return outer.insert(outer.rfind("</SoftwareIdentity>"), inner);
  };
  // The signed tag inside a false one; beside a signature; inside the signature.
  EXPECT_EQ(reason(with(evil, good)), "rim.signature_form");
  EXPECT_EQ(reason(with(evil, good + signature)), "rim.signature_form");
  EXPECT_EQ(reason(with(evil, replaced(signature, "</ds:Signature>",
                                       "<ds:Object>" + unsigned_tag +
                                           "</ds:Object>"
                                           "</ds:Signature>"))),
            "rim.signature_form");
  EXPECT_EQ(reason(with(evil, replaced(signature, "URI=\"\"", "URI=\"#signed\""))),
            "rim.signature_form");
  // Two signatures; one that is deeper.
  EXPECT_EQ(reason(with(good, signature)), "rim.signature_form");
  EXPECT_EQ(reason(with(unsigned_tag, "<x>" + signature + "</x>")), "rim.signature_form");
  // The signature of one tag on another.
  const auto moved = Rim::parse(as_bytes(with(evil, signature)));
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->digest_matches());
}

TEST(Rim, ComparesAlternativesIndexByIndex) {
  auto device = sample_tee::sample_nvidia_report(Architecture::kHopper, Bytes(48));
  device.measurements[0] = Bytes(48, 1);
  device.measurements[35] = Bytes(48, 4);
  const auto rim = *Rim::parse(as_bytes(tag()));
  const auto compare = [&] {
    Bytes bytes = sample_tee::encode_nvidia_report(device);
    bytes.resize(bytes.size() + kReportSignatureSize);
    return mismatches(rim, parse_report(bytes)->fields());
  };
  using Indices = std::vector<std::size_t>;
  EXPECT_EQ(compare(), Indices{});
  device.measurements[1] = Bytes(48, 0x77);  // not active
  EXPECT_EQ(compare(), Indices{});
  device.measurements[0][47] ^= 1;
  EXPECT_EQ(compare(), Indices{0});
  device.measurements[35] = Bytes(47, 4);  // another size
  EXPECT_EQ(compare(), (Indices{0, 35}));
  // NVDEC0 is off: its measurement says nothing. Anything else than "off" does not excuse.
  device.set(OpaqueType::kNvdec0Status, {0x55});
  EXPECT_EQ(compare(), Indices{0});
  device.set(OpaqueType::kNvdec0Status, {0x56});
  EXPECT_EQ(compare(), (Indices{0, 35}));
  device.remove(OpaqueType::kNvdec0Status);
  EXPECT_EQ(compare(), (Indices{0, 35}));
  device.measurements.resize(20);
  EXPECT_EQ(compare(), (Indices{0, 35}));  // an entry without a measurement
}

TEST(Rim, VersionsCompareInEitherCase) {
  EXPECT_TRUE(same_version("96.00.5E.00.01", "96.00.5e.00.01"));
  EXPECT_FALSE(same_version("96.00.5E.00.01", "96.00.5E.00.02"));
  EXPECT_FALSE(same_version("550.90.07", "550.90.0"));
  EXPECT_FALSE(same_version("", ""));
}

}  // namespace
}  // namespace atoma::evidence::nvidia
