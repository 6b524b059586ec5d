#include "atoma/collateral/source.h"

#include "test_source.h"
#include "test_world.h"

namespace atoma::collateral {
namespace {

using test::outcome;
using test::world;

const std::string kChip(128, 'a');

Endpoints endpoints() {
  Endpoints out;
  for (const char* assignment :
       {"intel=http://localhost:1/pcs/", "amd=http://localhost:2", "nvidia-rim=http://localhost:3",
        "nvidia-ocsp=http://localhost:4/ocsp"}) {
    EXPECT_TRUE(out.set(assignment)) << assignment;
  }
  return out;
}

std::string target(std::string_view name) {
  const auto ask = ask_for(*Item::parse(name), endpoints(), world().gpu_chain);
  return ask ? std::string(http::method_name(ask->method)) + " " + ask->url.target
             : std::string(ask.error().reason);
}

TEST(Source, IsAskedAsItsVendorSays) {
  EXPECT_EQ(target("intel/tcb_info/tdx/00806f050000"),
            "GET /pcs/tdx/certification/v4/tcb?fmspc=00806f050000");
  EXPECT_EQ(target("intel/tcb_info/sgx/00806f050000"),
            "GET /pcs/sgx/certification/v4/tcb?fmspc=00806f050000");
  EXPECT_EQ(target("intel/qe_identity/tdx"), "GET /pcs/tdx/certification/v4/qe/identity");
  EXPECT_EQ(target("intel/pck_crl/processor"),
            "GET /pcs/sgx/certification/v4/pckcrl?ca=processor&encoding=der");
  EXPECT_EQ(target("intel/root_crl"), "GET /pcs/sgx/certification/v4/rootcacrl");
  EXPECT_EQ(target("amd/cert_chain/milan"), "GET /vcek/v1/Milan/cert_chain");
  EXPECT_EQ(target("amd/vlek_cert_chain/genoa"), "GET /vlek/v1/Genoa/cert_chain");
  EXPECT_EQ(target("amd/crl/turin"), "GET /vcek/v1/Turin/crl");
  EXPECT_EQ(target("amd/vcek/milan/" + kChip + "-4.0.24.217"),
            "GET /vcek/v1/Milan/" + kChip + "?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=217");
  EXPECT_EQ(target("amd/vcek/turin/0123456789abcdef-1.4.0.24.217"),
            "GET /vcek/v1/Turin/0123456789abcdef?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=24&"
            "ucodeSPL=217");
  EXPECT_EQ(target("nvidia/rim/NV_GPU_DRIVER_GH100_550.144.03"),
            "GET /v1/rim/NV_GPU_DRIVER_GH100_550.144.03");
  EXPECT_EQ(target("nvidia/ocsp/" + std::string(64, '0')), "POST /ocsp");
}

TEST(Source, OfTheRootListMayBeAnother) {
  auto there = endpoints();
  ASSERT_TRUE(there.set("intel-root-crl=http://localhost:5/IntelSGXRootCA.der?x=1"));
  const auto ask = ask_for(*Item::parse("intel/root_crl"), there, {});
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->url.authority(), "localhost:5");
  EXPECT_EQ(ask->url.target, "/IntelSGXRootCA.der?x=1");
}

TEST(Source, IsNotAskedWithoutAUrl) {
  EXPECT_FALSE(Endpoints().any());
  for (const char* name : {"intel/root_crl", "amd/crl/milan", "nvidia/rim/X"}) {
    EXPECT_EQ(outcome(ask_for(*Item::parse(name), {}, {})), "collateral.source") << name;
  }
  const auto item = *Item::parse("nvidia/ocsp/" + std::string(64, '0'));
  EXPECT_EQ(outcome(ask_for(item, endpoints(), {})), "collateral.subject");
  EXPECT_EQ(outcome(ask_for(item, endpoints(), std::span(world().gpu_chain).last(1))),
            "collateral.subject");
}

TEST(Source, TakesGoodUrlsAlone) {
  Endpoints out;
  for (const char* bad : {"", "intel", "intel=", "=http://localhost", "arm=http://localhost",
                          "intel=ftp://localhost", "intel=localhost", "intel=http://localhost?x=1",
                          "INTEL=http://localhost", "amd=http://h/\n"}) {
    EXPECT_EQ(outcome(out.set(bad)), "collateral.url") << bad;
  }
  EXPECT_EQ(outcome(out.set("amd=http://h/" + std::string(2000, 'x'))), "collateral.url");
  EXPECT_FALSE(out.any());
}

http::ClientResponse response(std::vector<http::Field> headers, std::string_view body = "x") {
  return {.status = 200, .headers = std::move(headers), .body = to_bytes(body)};
}

std::string read(std::string_view name, const http::ClientResponse& from) {
  const auto answer = read_answer(*Item::parse(name), from);
  return answer ? std::string(as_text(answer->issuer_chain)) : std::string(answer.error().reason);
}

TEST(Answer, HasItsIssuersInAHeader) {
  const std::string pem(as_text(world().pck_ca_pem()));
  const std::string encoded = test::percent_encoded(as_bytes(pem));
  const std::string tcb = "intel/tcb_info/tdx/00806f050000";
  EXPECT_EQ(read(tcb, response({{"tcb-info-issuer-chain", encoded}})), pem);
  EXPECT_EQ(read(tcb, response({{"SGX-TCB-Info-Issuer-Chain", encoded}})), pem);
  EXPECT_EQ(
      read("intel/qe_identity/tdx", response({{"SGX-Enclave-Identity-Issuer-Chain", encoded}})),
      pem);
  EXPECT_EQ(read("intel/pck_crl/platform", response({{"SGX-PCK-CRL-Issuer-Chain", encoded}})), pem);
  EXPECT_EQ(read("intel/root_crl", response({})), "");
  // A plus is no space: base64 has many.
  EXPECT_EQ(*decode_issuer_chain("-----BEGIN a+b%2Bc%20%0a"), to_bytes("-----BEGIN a+b+c \n"));
}

TEST(Answer, WithoutGoodIssuersIsRefused) {
  const std::string tcb = "intel/tcb_info/tdx/00806f050000";
  const std::string encoded = test::percent_encoded(world().pck_ca_pem());
  EXPECT_EQ(read(tcb, response({})), "collateral.answer");
  EXPECT_EQ(read(tcb, response({{"SGX-PCK-CRL-Issuer-Chain", encoded}})), "collateral.answer");
  EXPECT_EQ(read(tcb, response({{"TCB-Info-Issuer-Chain", encoded},
                                {"SGX-TCB-Info-Issuer-Chain", encoded}})),
            "collateral.answer");
  const std::string begin = "-----BEGIN ";
  for (const std::string& bad :
       {begin + "%", begin + "%0", begin + "%0g", begin + "%%30", begin + "% 0", std::string(""),
        std::string("x"), begin + std::string(kIssuerChainMax, 'A')}) {
    EXPECT_EQ(outcome(decode_issuer_chain(bad)), "collateral.answer") << bad.substr(0, 20);
  }
}

TEST(Answer, KeepsAnEntityTagThatCanBeSentBack) {
  const auto item = *Item::parse("intel/root_crl");
  EXPECT_EQ(read_answer(item, response({{"ETag", "\"abc\""}}))->etag, "\"abc\"");
  EXPECT_EQ(read_answer(item, response({{"ETag", "\"a b\""}}))->etag, "");
  EXPECT_EQ(read_answer(item, response({{"ETag", std::string(kEtagMax + 1, 'a')}}))->etag, "");
}

TEST(Answer, HoldsAManifest) {
  const auto item = *Item::parse("nvidia/rim/A_1");
  const auto read_rim = [&](std::string_view body) {
    const auto answer = read_answer(item, response({}, body));
    return answer ? std::string(as_text(answer->content)) : std::string(answer.error().reason);
  };
  EXPECT_EQ(read_rim(R"({"id":"A_1","rim":"PHg+","rim_format":"SWIDTAG"})"), "<x>");
  EXPECT_EQ(read_rim(R"({"rim":"PHg+"})"), "<x>");
  EXPECT_EQ(read_rim(R"({"id":"A_2","rim":"PHg+"})"), "collateral.mismatch");
  for (const char* bad : {"", "<x>", "{}", R"({"rim":1})", R"({"rim":""})", R"({"rim":"PHg"})",
                          R"({"rim":"PHg+","rim":"PHg+"})"}) {
    EXPECT_EQ(read_rim(bad), "collateral.answer") << bad;
  }
  const std::string large = R"({"rim":")" + wire::base64_encode(Bytes(kContentMax + 1)) + "\"}";
  EXPECT_EQ(read_rim(large), "collateral.answer");
}

}  // namespace
}  // namespace atoma::collateral
