// The PCK certificate's extension: every part, and every refusal.
#include "atoma/wire/der.h"
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

// The extension as a list of parts, to be damaged before it is written.
struct Part {
  std::string arcs;  // below kPckExtensionOid
  Bytes value;       // encoded
};
struct Extension {
  std::vector<Part> parts, tcb, flags;
};

Bytes element(std::uint8_t tag, ByteView contents) {
  Bytes out;
  wire::der_append(out, tag, contents);
  return out;
}

Bytes number(std::uint64_t value) {
  Bytes out;
  wire::der_append_small_integer(out, value);
  return out;
}

Bytes octets(std::size_t size, std::uint8_t fill) {
  return element(wire::kDerOctetString, Bytes(size, fill));
}

Bytes encode(const std::vector<Part>& parts) {
  Bytes contents;
  for (const auto& part : parts) {
    Bytes pair =
        element(wire::kDerOid, wire::der_oid(kPckExtensionOid + std::string(".") + part.arcs));
    append(pair, part.value);
    wire::der_append(contents, wire::kDerSequence, pair);
  }
  return element(wire::kDerSequence, contents);
}

Extension good() {
  Extension e;
  for (unsigned i = 1; i <= 16; ++i) e.tcb.push_back({"2." + std::to_string(i), number(i)});
  e.tcb.push_back({"2.17", number(0xABCD)});
  e.tcb.push_back({"2.18", octets(16, 0x18)});
  e.flags = {{"7.1", {1, 1, 0xFF}}, {"7.2", {1, 1, 0}}, {"7.3", {1, 1, 0xFF}}};
  e.parts = {{"1", octets(16, 0x11)},
             {"2", {}},
             {"3", octets(2, 0x33)},
             {"4", octets(6, 0x44)},
             {"5", {wire::kDerEnumerated, 1, 2}},
             {"6", octets(16, 0x66)},
             {"7", {}}};
  return e;
}

Bytes encode(Extension e) {
  for (auto& part : e.parts) {
    if (part.value.empty()) part.value = encode(part.arcs == "2" ? e.tcb : e.flags);
  }
  return encode(e.parts);
}

Result<PckInfo> parse(const Bytes& extension) {
  const TestCase c;
  auto leaf = leaf_template(c);
  leaf.extra = {{kPckExtensionOid, false, extension}};
  const auto certificate =
      pki::Certificate::parse(pki::issue_certificate(leaf, pki::Signer(c.platform.keys().pck_ca)));
  EXPECT_TRUE(certificate) << certificate.error().to_string();
  return parse_pck_info(*certificate);
}

TEST(IntelPck, EveryPartIsRead) {
  const auto info = parse(encode(good()));
  ASSERT_TRUE(info) << info.error().to_string();
  EXPECT_TRUE(equal(info->ppid, Bytes(16, 0x11)));
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(info->tcb_components[i], i + 1);
  EXPECT_EQ(info->pce_svn, 0xABCD);
  EXPECT_TRUE(equal(info->cpu_svn, Bytes(16, 0x18)));
  EXPECT_TRUE(equal(info->pce_id, Bytes(2, 0x33)));
  EXPECT_TRUE(equal(info->fmspc, Bytes(6, 0x44)));
  EXPECT_EQ(info->sgx_type, 2);
  EXPECT_EQ(info->dynamic_platform, true);
  EXPECT_EQ(info->cached_keys, false);
  EXPECT_EQ(info->smt_enabled, true);
}

TEST(IntelPck, ProcessorCertificatesHaveNoConfiguration) {
  Extension e = good();
  e.parts.resize(5);
  const auto info = parse(encode(e));
  ASSERT_TRUE(info);
  EXPECT_FALSE(info->dynamic_platform || info->cached_keys || info->smt_enabled);
}

TEST(IntelPck, AbsentExtension) {
  const TestCase c;
  auto leaf = leaf_template(c);
  leaf.extra.clear();
  const auto certificate =
      pki::Certificate::parse(pki::issue_certificate(leaf, pki::Signer(c.platform.keys().pck_ca)));
  ASSERT_TRUE(certificate);
  const auto info = parse_pck_info(*certificate);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().reason, "pck.extension");
}

struct Damage {
  const char* name;
  void (*apply)(Extension&);
};
const Damage kDamages[] = {
    {"NoPpid", [](Extension& e) { e.parts.erase(e.parts.begin()); }},
    {"NoTcb", [](Extension& e) { e.parts.erase(e.parts.begin() + 1); }},
    {"NoPceid", [](Extension& e) { e.parts.erase(e.parts.begin() + 2); }},
    {"NoFmspc", [](Extension& e) { e.parts.erase(e.parts.begin() + 3); }},
    {"NoSgxType", [](Extension& e) { e.parts.erase(e.parts.begin() + 4); }},
    {"PpidShort", [](Extension& e) { e.parts[0].value = octets(15, 1); }},
    {"PceidLong", [](Extension& e) { e.parts[2].value = octets(3, 1); }},
    {"FmspcShort", [](Extension& e) { e.parts[3].value = octets(5, 1); }},
    {"FmspcIsNoOctetString", [](Extension& e) { e.parts[3].value = number(4); }},
    {"SgxType3", [](Extension& e) { e.parts[4].value = {wire::kDerEnumerated, 1, 3}; }},
    {"SgxTypeOfTwoBytes", [](Extension& e) { e.parts[4].value = {wire::kDerEnumerated, 2, 0, 1}; }},
    {"SgxTypeIsAnInteger", [](Extension& e) { e.parts[4].value = number(1); }},
    {"InstanceShort", [](Extension& e) { e.parts[5].value = octets(15, 1); }},
    {"PartTwice", [](Extension& e) { e.parts.push_back(e.parts[3]); }},
    {"TcbTwice", [](Extension& e) { e.parts.push_back(e.parts[1]); }},
    {"UnknownPart", [](Extension& e) { e.parts.push_back({"8", number(1)}); }},
    {"PartZero", [](Extension& e) { e.parts.push_back({"0", number(1)}); }},
    {"PartTooDeep", [](Extension& e) { e.parts[0].arcs = "1.1"; }},
    {"PartWithMore", [](Extension& e) { append(e.parts[0].value, octets(1, 1)); }},
    {"ComponentAbsent", [](Extension& e) { e.tcb.erase(e.tcb.begin() + 15); }},
    {"ComponentTwice", [](Extension& e) { e.tcb.push_back(e.tcb[4]); }},
    {"Component19", [](Extension& e) { e.tcb.push_back({"2.19", number(1)}); }},
    {"Component0", [](Extension& e) { e.tcb.push_back({"2.0", number(1)}); }},
    {"ComponentOfAnotherPart", [](Extension& e) { e.tcb[0].arcs = "3.1"; }},
    {"ComponentAbove255", [](Extension& e) { e.tcb[7].value = number(256); }},
    {"ComponentNegative", [](Extension& e) { e.tcb[7].value = {2, 1, 0x80}; }},
    {"ComponentNotMinimal", [](Extension& e) { e.tcb[7].value = {2, 2, 0, 1}; }},
    {"PceSvnAbove65535", [](Extension& e) { e.tcb[16].value = number(0x10000); }},
    {"PceSvnAbsent", [](Extension& e) { e.tcb.erase(e.tcb.begin() + 16); }},
    {"CpuSvnShort", [](Extension& e) { e.tcb[17].value = octets(15, 1); }},
    {"FlagTwice", [](Extension& e) { e.flags.push_back(e.flags[0]); }},
    {"Flag4", [](Extension& e) { e.flags.push_back({"7.4", {1, 1, 0}}); }},
    {"FlagNotDer", [](Extension& e) { e.flags[1].value = {1, 1, 1}; }},
    {"FlagIsANumber", [](Extension& e) { e.flags[1].value = number(1); }},
};

TEST(IntelPck, EveryDamageIsRefused) {
  for (const Damage& damage : kDamages) {
    Extension e = good();
    damage.apply(e);
    const auto info = parse(encode(e));
    ASSERT_FALSE(info) << damage.name;
    EXPECT_EQ(info.error().reason, "pck.extension") << damage.name;
  }
}

TEST(IntelPck, BytesAroundAreRefused) {
  const Bytes whole = encode(good());
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse(longer));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
  }
}

}  // namespace
}  // namespace atoma::evidence::intel
