// Certificates and lists of Intel and AMD.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "atoma/pki/crl.h"
#include "atoma/pki/public_key.h"

namespace atoma::pki {
namespace {

std::optional<std::string> read_file(const std::string& name) {
  const char* const root = std::getenv("ATOMA_VECTORS");
  std::ifstream in(std::string(root ? root : "") + "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return in ? std::optional(text.str()) : std::nullopt;
}

std::vector<Certificate> certificates(const std::string& name) {
  const auto text = read_file(name);
  EXPECT_TRUE(text) << name;
  auto parsed = parse_certificates(as_bytes(text.value_or("")));
  EXPECT_TRUE(parsed) << name << " " << parsed.error().to_string();
  return parsed ? std::move(*parsed) : std::vector<Certificate>();
}

bool signed_by(const Certificate& issuer, const Signed& part) {
  auto key = PublicKey::create(issuer);
  return key && key->verified(part);
}

class VendorFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (read_file("snp/cases.json")) return;
    if (std::getenv("CI")) FAIL() << "no vectors: ATOMA_VECTORS/snp";
    std::cerr << "*** SKIPPED, NOT TESTED: ATOMA_VECTORS/snp and tdx are missing\n";
    GTEST_SKIP() << "ATOMA_VECTORS/snp and tdx are missing";
  }
};

TEST_F(VendorFiles, AmdChains) {
  for (const std::string line : {"milan", "genoa", "turin"}) {
    for (const std::string& name : {"ask_ark_" + line, "asvk_ark_" + line + "_vlek"}) {
      const auto chain = certificates("snp/roots/" + name + ".pem");
      ASSERT_EQ(chain.size(), 2u) << name;
      EXPECT_TRUE(signed_by(chain[1], chain[0].signed_part())) << name;
      EXPECT_TRUE(signed_by(chain[1], chain[1].signed_part())) << name;
      EXPECT_FALSE(signed_by(chain[0], chain[1].signed_part())) << name;
      EXPECT_TRUE(chain[0].is_ca() && chain[1].is_ca());
      EXPECT_TRUE(chain[1].key_usage()->crl_sign);
      EXPECT_FALSE(chain[0].key_usage()->crl_sign);
      EXPECT_EQ(chain[0].path_length(), 0u);
    }
  }
}

TEST_F(VendorFiles, AmdKeys) {
  const struct {
    const char *leaf, *issuers;
  } cases[] = {{"milan_v2_vcek", "ask_ark_milan"},
               {"milan_dstack", "ask_ark_milan"},
               {"milan_v3_vlek_aws", "asvk_ark_milan_vlek"},
               {"turin_vcek_only", "ask_ark_turin"}};
  for (const auto& c : cases) {
    const auto leaf = certificates(std::string("snp/") + c.leaf + "/ek.der");
    const auto issuers = certificates(std::string("snp/roots/") + c.issuers + ".pem");
    ASSERT_EQ(leaf.size(), 1u);
    EXPECT_EQ(leaf[0].key_algorithm(), KeyAlgorithm::kEcP384);
    EXPECT_TRUE(equal(leaf[0].serial(), Bytes{0}));
    EXPECT_TRUE(equal(leaf[0].issuer(), issuers[0].subject()));
    EXPECT_TRUE(signed_by(issuers[0], leaf[0].signed_part()));
  }
  const auto bad = certificates("snp/milan_v2_bad_vcek_new/ek.der");
  const auto issuers = certificates("snp/roots/ask_ark_milan.pem");
  EXPECT_FALSE(signed_by(issuers[0], bad[0].signed_part()));
}

TEST_F(VendorFiles, IntelChainAndLists) {
  const std::string set = "tdx/collateral/90c06f_2026-02/";
  const auto root = certificates("tdx/roots/intel_sgx_root_ca.der");
  const auto chain = certificates(set + "pck_crl_issuer_chain.pem");
  ASSERT_EQ(root.size(), 1u);
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_EQ(root[0].subject_cn(), "Intel SGX Root CA");
  EXPECT_TRUE(equal(chain[1].der(), root[0].der()));
  EXPECT_TRUE(signed_by(root[0], chain[0].signed_part()));
  const auto root_crl = parse_crl(as_bytes(read_file(set + "root_crl.der").value()));
  const auto pck_crl = parse_crl(as_bytes(read_file(set + "pck_crl.der").value()));
  ASSERT_TRUE(root_crl && pck_crl);
  EXPECT_TRUE(signed_by(root[0], root_crl->signed_part()));
  EXPECT_TRUE(signed_by(chain[0], pck_crl->signed_part()));
  EXPECT_FALSE(signed_by(root[0], pck_crl->signed_part()));
  EXPECT_TRUE(equal(pck_crl->issuer(), chain[0].subject()));
  EXPECT_TRUE(root_crl->has_number() && pck_crl->has_number());
  EXPECT_GT(pck_crl->entries(), 0u);
}

}  // namespace
}  // namespace atoma::pki
