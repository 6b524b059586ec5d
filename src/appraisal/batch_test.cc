// appraise_all() says what appraise() says, whatever is in the batch, and whoever decides.
#include <gtest/gtest.h>

#include "amd/test_platform.h"
#include "atoma/appraisal/appraiser.h"
#include "intel/test_platform.h"

namespace atoma::appraisal {
namespace {

using evidence::Detail;
using evidence::Tee;
using evidence::intel::TestCase;

// Decides like OpenSSL, and counts.
class CountingDecider final : public crypto::SignatureDecider {
 public:
  explicit CountingDecider(std::vector<std::size_t>& sizes) : sizes_(sizes) {}
  void decide(std::span<crypto::SignatureJob> jobs) override {
    sizes_.push_back(jobs.size());
    one_by_one_.decide(jobs);
  }

 private:
  std::vector<std::size_t>& sizes_;
  crypto::OneByOneDecider one_by_one_;
};

// Finds nothing good.
class RefusingDecider final : public crypto::SignatureDecider {
 public:
  void decide(std::span<crypto::SignatureJob>) override {}
};

// Evidence with what it needs; each damage breaks a signature or what it stands on.
struct Batch {
  struct Item {
    std::string name;
    Bytes evidence;
    std::shared_ptr<const evidence::intel::Collateral> collateral;
  };

  Batch() {
    const Bytes quote = tdx.quote;
    add("genuine", quote);
    add("genuine again", quote);
    add("SGX", sgx.quote, sgx);
    add("body changed", flipped(quote, 48 + 136));
    add("attestation key off the curve", flipped(quote, at_in_quote(&Quote::attestation_key)));
    add("QE report changed", flipped(quote, at_in_quote(&Quote::qe_report_signature) - 1));
    add("QE report signature changed", flipped(quote, at_in_quote(&Quote::qe_report_signature)));
    add("signature r of zero", zeroed(quote, at_in_quote(&Quote::signature), 32));
    add("cut", Bytes(quote.begin(), quote.begin() + 700));
    add("no collateral", quote, nullptr);
    TestCase forged;
    forged.files.tcb_info[forged.files.tcb_info.size() - 5] ^= 1;  // a digit of the signature
    add("TCB info forged", quote, forged);
    TestCase relisted;
    relisted.files.pck_crl.back() ^= 1;
    add("PCK CRL forged", quote, relisted);
    add("genuine at the end", quote);
    snp_policy_root = snp.vendor.root_digest();
    const Bytes report = sample_tee::make_amd_report(snp.report_content, snp.key);
    add("SNP", report);
    add("SNP changed", flipped(report, 0x90));
    add("SNP s of zero", zeroed(report, 0x2A0 + 72, 72));
  }

  using Quote = evidence::intel::Quote;
  std::size_t at_in_quote(ByteView Quote::* member) const {
    const auto parsed = *evidence::intel::parse_quote(tdx.quote);
    return static_cast<std::size_t>((parsed.*member).data() - tdx.quote.data());
  }
  static Bytes flipped(Bytes bytes, std::size_t at) {
    bytes[at] ^= 1;
    return bytes;
  }
  static Bytes zeroed(Bytes bytes, std::size_t at, std::size_t size) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, std::uint8_t{0});
    return bytes;
  }

  void add(std::string name, Bytes bytes) { add(std::move(name), std::move(bytes), tdx); }
  void add(std::string name, Bytes bytes, const TestCase& c) {
    items.push_back({std::move(name), std::move(bytes), evidence::intel::must_parse(c.files)});
  }
  void add(std::string name, Bytes bytes, std::nullptr_t) {
    items.push_back({std::move(name), std::move(bytes), nullptr});
  }

  std::shared_ptr<const Policy> policy() const {
    auto out = std::make_shared<Policy>(Policy::strict("tests"));
    out->sample = SamplePolicy{{tdx.platform.root_digest(), snp_policy_root}};
    return out;
  }

  std::vector<Request> requests() const {
    std::vector<Request> out;
    for (const auto& item : items) {
      out.push_back({.evidence = item.evidence,
                     .collateral = item.collateral.get(),
                     .endorsements = &*endorsements,
                     .at = evidence::intel::kTestNow});
    }
    return out;
  }

  TestCase tdx;
  TestCase sgx{Tee::kSgx};
  evidence::amd::TestPlatform snp;
  Result<evidence::amd::Endorsements> endorsements = evidence::amd::parse_endorsements(snp.chain());
  crypto::Digest256 snp_policy_root{};
  std::vector<Item> items;
};

const Batch& batch() {
  static const Batch batch;
  return batch;
}

void expect_same(const std::vector<AttestationResult>& together, Appraiser& alone, Detail detail) {
  const auto requests = batch().requests();
  ASSERT_EQ(together.size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto one = alone.appraise(requests[i], detail);
    EXPECT_EQ(to_json(together[i]), to_json(one)) << batch().items[i].name;
    EXPECT_EQ(together[i].findings().checks_made(), one.findings().checks_made())
        << batch().items[i].name;
    EXPECT_EQ(together[i].findings().later(), nullptr);
  }
}

TEST(AppraiseAll, SaysWhatAppraiseSays) {
  for (const Detail detail : {Detail::kAll, Detail::kFailures}) {
    Appraiser together(batch().policy()), alone(batch().policy());
    for (int round = 0; round < 3; ++round) {  // cold, then warm
      expect_same(together.appraise_all(batch().requests(), detail), alone, detail);
    }
  }
}

TEST(AppraiseAll, AcceptsAndRefusesByName) {
  Appraiser appraiser(batch().policy());
  const auto results = appraiser.appraise_all(batch().requests(), Detail::kFailures);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string& name = batch().items[i].name;
    const bool good = name.starts_with("genuine") || name == "SGX" || name == "SNP";
    EXPECT_EQ(results[i].authenticity() == evidence::Authenticity::kYes, good) << name;
  }
}

TEST(AppraiseAll, NeedsNoDeciderToBeRight) {
  Appraiser together(batch().policy(), std::make_unique<RefusingDecider>());
  Appraiser alone(batch().policy());
  for (int round = 0; round < 2; ++round) {
    expect_same(together.appraise_all(batch().requests(), Detail::kAll), alone, Detail::kAll);
  }
}

// What was established in one batch is known in the next: nine signatures, then one.
TEST(AppraiseAll, RemembersWhatWasFoundGood) {
  std::vector<std::size_t> sizes;
  Appraiser appraiser(batch().policy(), std::make_unique<CountingDecider>(sizes));
  const std::vector<Request> one = {batch().requests()[0]};
  appraiser.appraise_all(one, Detail::kFailures);
  appraiser.appraise_all(one, Detail::kFailures);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{9, 1}));
}

// Eight quotes of a platform that nobody knows: its chain once, then a signature each.
TEST(AppraiseAll, EstablishesAnUnknownKeyOnceInABatch) {
  std::vector<std::size_t> sizes;
  Appraiser appraiser(batch().policy(), std::make_unique<CountingDecider>(sizes));
  const std::vector<Request> eight(8, batch().requests()[0]);
  for (const auto& result : appraiser.appraise_all(eight, Detail::kFailures)) {
    EXPECT_EQ(result.authenticity(), evidence::Authenticity::kYes);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{9, 7}));
}

// A forgery that comes first neither spoils the others nor makes them wait in turn.
TEST(AppraiseAll, AForgeryCostsTheOthersOneRound) {
  std::vector<std::size_t> sizes;
  Appraiser appraiser(batch().policy(), std::make_unique<CountingDecider>(sizes));
  const auto requests = batch().requests();
  const auto forged = std::ranges::find(batch().items, "body changed", &Batch::Item::name);
  std::vector<Request> some(4, requests[0]);
  some[0] = requests[static_cast<std::size_t>(forged - batch().items.begin())];
  const auto results = appraiser.appraise_all(some, Detail::kFailures);
  EXPECT_EQ(results[0].authenticity(), evidence::Authenticity::kNo);
  for (std::size_t i = 1; i < some.size(); ++i) {
    EXPECT_EQ(results[i].authenticity(), evidence::Authenticity::kYes);
  }
  // The forgery alone establishes its genuine key, without the queue.
  EXPECT_EQ(sizes, (std::vector<std::size_t>{9, 3}));
}

// A forged set is asked again each time: what was presumed of it was dropped.
TEST(AppraiseAll, ForgetsWhatWasNotFoundGood) {
  std::vector<std::size_t> sizes;
  Appraiser appraiser(batch().policy(), std::make_unique<CountingDecider>(sizes));
  const auto& items = batch().items;
  const auto forged = std::ranges::find(items, "TCB info forged", &Batch::Item::name);
  const std::vector<Request> one = {
      batch().requests()[static_cast<std::size_t>(forged - items.begin())]};
  for (int round = 0; round < 3; ++round) {
    const auto results = appraiser.appraise_all(one, Detail::kFailures);
    EXPECT_EQ(results[0].authenticity(), evidence::Authenticity::kNo);
  }
  // The genuine PCK chain of the first round is known later on; the collateral never is.
  EXPECT_EQ(sizes, (std::vector<std::size_t>{9, 5, 5}));
}

TEST(AppraiseAll, OfNothingIsNothing) {
  Appraiser appraiser(batch().policy());
  EXPECT_TRUE(appraiser.appraise_all({}, Detail::kAll).empty());
}

}  // namespace
}  // namespace atoma::appraisal
