// What the verifier remembers changes its speed and nothing else.
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

using sample_tee::IntelPlatform;

bool same(const Findings& a, const Findings& b) {
  return std::ranges::equal(a.items(), b.items(), [](const Finding& x, const Finding& y) {
    return x.id == y.id && x.outcome == y.outcome && x.expected == y.expected &&
           x.actual == y.actual && x.check_class == y.check_class && x.severity == y.severity &&
           x.clause == y.clause;
  });
}

// Inside every window, and outside of all.
constexpr Time kTimes[] = {kTestNow, kTestNow + kDay + Duration{1}, Time{0}};

TEST(IntelCache, WarmFindingsEqualColdOnes) {
  for (const Tee tee : {Tee::kTdx, Tee::kSgx}) {
    for (const Detail detail : {Detail::kAll, Detail::kFailures}) {
      TestCase c(tee);
      Verifier verifier(c.anchors);
      verify(verifier, c, detail);
      EXPECT_EQ(verifier.facts(), 3u);
      for (const Time at : kTimes) {
        c.at = at;
        const Verdict cold = verify(c, detail);
        const Verdict warm = verify(verifier, c, detail);
        EXPECT_TRUE(same(cold.findings, warm.findings));
        EXPECT_EQ(cold.findings.checks_made(), warm.findings.checks_made());
        EXPECT_EQ(cold.result.authenticity, warm.result.authenticity);
        EXPECT_EQ(cold.result.root, warm.result.root);
      }
      EXPECT_EQ(verifier.facts(), 3u);
    }
  }
}

// A fact made without texts does not answer who wants them.
TEST(IntelCache, DetailMayChangeBetweenCalls) {
  const TestCase c;
  const Verdict cold = verify(c, Detail::kAll);
  Verifier verifier(c.anchors);
  for (const Detail detail :
       {Detail::kFailures, Detail::kAll, Detail::kFailures, Detail::kAll, Detail::kAll}) {
    const Verdict verdict = verify(verifier, c, detail);
    EXPECT_EQ(verdict.result.authenticity, Authenticity::kYes);
    EXPECT_EQ(verdict.findings.checks_made(), cold.findings.checks_made());
    if (detail == Detail::kAll) {
      EXPECT_TRUE(same(verdict.findings, cold.findings));
    }
  }
  EXPECT_EQ(verifier.facts(), 6u);  // one set of each detail
}

// Each window alone: the warm verifier refuses by exactly the check of what expired.
TEST(IntelCache, ClockIsComparedEachTime) {
  const ValidityWindow brief{kTestWindow.not_before, kTestNow + Duration{10}};
  const auto expires = [&](const char* id, auto shorten) {
    TestCase c;
    shorten(c);
    Verifier verifier(c.anchors);
    EXPECT_EQ(verify(verifier, c).ids(), Ids{}) << id;
    c.at = kTestNow + Duration{10};
    EXPECT_EQ(verify(verifier, c).ids(), Ids{}) << id;
    c.at = kTestNow + Duration{11};
    for (const Detail detail : {Detail::kAll, Detail::kFailures}) {
      const Verdict verdict = verify(verifier, c, detail);
      EXPECT_EQ(verdict.ids(), Ids{id});
      EXPECT_EQ(verdict.result.authenticity, Authenticity::kNo);
    }
    c.at = kTestNow;  // and a clock set right again accepts again
    EXPECT_EQ(verify(verifier, c).ids(), Ids{}) << id;
    EXPECT_EQ(verifier.facts(), 3u) << id;
  };
  expires("intel.pck_crl.validity",
          [&](TestCase& c) { c.files.pck_crl = c.platform.pck_crl(brief); });
  expires("intel.root_crl.validity",
          [&](TestCase& c) { c.files.root_crl = c.platform.root_crl(brief); });
  expires("intel.tcb_info.validity", [&](TestCase& c) {
    c.change_tcb_info([&](TcbInfo& info) { info.next_update = brief.not_after; });
  });
  expires("intel.qe_identity.validity", [&](TestCase& c) {
    c.change_qe_identity([&](QeIdentity& qe) { qe.next_update = brief.not_after; });
  });
  expires("intel.pck.validity", [&](TestCase& c) {
    auto leaf = leaf_template(c);
    leaf.validity.not_after = brief.not_after;
    set_leaf(c, leaf);
  });
  expires("intel.tcb_signing.validity", [&](TestCase& c) {
    auto signer = tcb_signer_template(c);
    signer.validity.not_after = brief.not_after;
    set_tcb_signer(c, signer, c.platform.keys().root);
  });
}

// Collateral is part of every fact: a new list is asked, and so is a new TCB info.
TEST(IntelCache, NewCollateralIsAsked) {
  TestCase c;
  Verifier verifier(c.anchors);
  EXPECT_EQ(verify(verifier, c).ids(), Ids{});
  const CollateralFiles old = c.files;
  c.files.pck_crl = c.platform.pck_crl(kTestWindow, {leaf_template(c).serial});
  EXPECT_EQ(verify(verifier, c).ids(), Ids{"intel.pck_crl.leaf"});
  c.files = old;
  c.files.root_crl =
      c.platform.root_crl(kTestWindow, {sample_tee::intel_tcb_signer_template({}).serial});
  EXPECT_EQ(verify(verifier, c).ids(), Ids{"intel.root_crl.tcb_signer"});
  c.files = old;
  c.change_tcb_info([](TcbInfo& info) { info.levels[0].status = TcbStatus::kRevoked; });
  EXPECT_EQ(verify(verifier, c).result.quote->tcb_status(), TcbStatus::kRevoked);
  c.files = old;
  c.change_qe_identity([](QeIdentity& qe) { qe.levels[0].isv_svn = 9; });
  EXPECT_EQ(verify(verifier, c).result.quote->tcb_status(), TcbStatus::kOutOfDate);
  c.files = old;
  EXPECT_EQ(verify(verifier, c).result.quote->tcb_status(), TcbStatus::kUpToDate);
}

// A warm key vouches for its own quotes alone.
TEST(IntelCache, WarmKeyStillChecksTheQuote) {
  TestCase c;
  Verifier verifier(c.anchors);
  EXPECT_EQ(verify(verifier, c).ids(), Ids{});
  c.quote[48 + 136] ^= 1;  // MRTD
  EXPECT_EQ(verify(verifier, c).ids(), Ids{"intel.quote.signature"});
  c.change_td([](auto& td) { td.mrsigner_seam[0] = 1; });
  EXPECT_EQ(verify(verifier, c).ids(), Ids{"intel.module.mrsigner"});
  EXPECT_EQ(verifier.facts(), 3u);
}

struct Failed {
  const char* name;
  void (*damage)(TestCase&);
  std::size_t facts;  // what was genuine beside the failure
};
const Failed kFailed[] = {
    {"nothing of it is known", [](TestCase& c) { c.anchors = {}; }, 0},
    {"another's chain", [](TestCase& c) { c.quote = stranger().quote_td({}); }, 1},
    {"revoked leaf",
     [](TestCase& c) {
       c.files.pck_crl = c.platform.pck_crl(kTestWindow, {leaf_template(c).serial});
     },
     1},
    {"TCB info forged", [](TestCase& c) { flip_signature_digit(c.files.tcb_info); }, 1},
    {"QE report forged",
     [](TestCase& c) {
       const auto at = parse_quote(c.quote)->qe_report_signature.data() - c.quote.data();
       c.quote[static_cast<std::size_t>(at) + 63] ^= 1;
     },
     2},
    {"foreign quoting enclave",
     [](TestCase& c) { change_qe(c, [](auto& qe) { qe.isv_prod_id = 9; }); }, 2},
    {"TCB info absent", [](TestCase& c) { c.files.tcb_info.clear(); }, 1},
    {"no chain to look at",
     [](TestCase& c) {
       c.change_quote([](auto& q) {
         q.certification_type = 1;
         q.certification_data = Bytes(16, 1);
       });
     },
     1},
};

TEST(IntelCache, WhatFailedIsNotKept) {
  for (const Failed& row : kFailed) {
    TestCase c;
    row.damage(c);
    Verifier verifier(c.anchors);
    for (int i = 0; i < 3; ++i) {
      EXPECT_NE(verify(verifier, c).result.authenticity, Authenticity::kYes) << row.name;
      EXPECT_EQ(verifier.facts(), row.facts) << row.name;
    }
  }
}

TEST(IntelCache, ForgetDropsEverything) {
  const TestCase c;
  Verifier verifier(c.anchors);
  EXPECT_EQ(verifier.facts(), 0u);
  verify(verifier, c);
  EXPECT_EQ(verifier.facts(), 3u);
  verifier.forget();
  EXPECT_EQ(verifier.facts(), 0u);
  EXPECT_EQ(verify(verifier, c).ids(), Ids{});
  Verifier moved = std::move(verifier);
  EXPECT_EQ(moved.facts(), 3u);
}

// Platforms of one Intel: same root and collateral, each its own PCK and attestation key.
std::vector<Bytes> quotes_of_many_platforms(const TestCase& c, std::size_t count) {
  std::vector<Bytes> quotes;
  for (std::size_t i = 0; i < count; ++i) {
    TestEntropy entropy(static_cast<std::uint8_t>(100 + i));
    const auto own = sample_tee::IntelKeys::generate(entropy);
    auto leaf = leaf_template(c);
    leaf.public_key_info = key_info(own.pck);
    leaf.serial = {0x51, static_cast<std::uint8_t>(i)};
    Bytes chain = to_bytes(wire::encode_pem(
        "CERTIFICATE", pki::issue_certificate(leaf, pki::Signer(c.platform.keys().pck_ca))));
    for (const auto& der : {c.platform.certificates().pck_ca, c.platform.certificates().root}) {
      append(chain, wire::encode_pem("CERTIFICATE", der));
    }
    quotes.push_back(sample_tee::make_intel_quote({}, own.pck, own.attestation, chain));
  }
  return quotes;
}

TEST(IntelCache, StaysWithinItsBounds) {
  TestCase c;
  const auto quotes = quotes_of_many_platforms(c, 6);
  struct Row {
    CacheLimits limits;
    std::size_t facts;
  };
  const Row rows[] = {{{1, 1, 1}, 3}, {{0, 0, 0}, 0}, {{4, 2, 3}, 6}, {{1, 6, 6}, 13}, {{}, 13}};
  for (const Row& row : rows) {
    Verifier verifier(c.anchors, row.limits);
    for (int round = 0; round < 2; ++round) {
      for (const Bytes& quote : quotes) {
        c.quote = quote;
        EXPECT_EQ(verify(verifier, c).ids(), Ids{});
        EXPECT_LE(verifier.facts(), row.facts);
      }
    }
    EXPECT_EQ(verifier.facts(), row.facts);
  }
}

// One genuine chain can be spelled in any number of ways: more facts, but never above the bound,
// and few of them under the hash of one key, so that the search for it stays short.
TEST(IntelCache, SpellingsOfOneChainStayWithinTheBound) {
  TestCase c;
  Verifier verifier(c.anchors, {.collateral_sets = 2, .pck_chains = 4, .attestation_keys = 5});
  for (std::size_t spaces = 0; spaces < 12; ++spaces) {
    c.change_quote([&](auto& q) {
      q.certification_data = c.platform.pck_chain();
      q.certification_data.resize(q.certification_data.size() + spaces, ' ');
    });
    EXPECT_EQ(verify(verifier, c).ids(), Ids{});
    EXPECT_LE(verifier.facts(), 1u + 4 + 4);
  }
  EXPECT_EQ(verifier.facts(), 9u);
}

TEST(IntelCache, CollateralSetsStayWithinTheBound) {
  TestCase c;
  Verifier verifier(c.anchors, {.collateral_sets = 2, .pck_chains = 2, .attestation_keys = 2});
  for (std::uint32_t number = 1; number < 8; ++number) {
    c.change_tcb_info([&](TcbInfo& info) { info.evaluation_number = number; });
    EXPECT_EQ(verify(verifier, c).ids(), Ids{});
  }
  EXPECT_EQ(verifier.facts(), 6u);
}

}  // namespace
}  // namespace atoma::evidence::intel
