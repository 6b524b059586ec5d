// Against OpenSSL on ordinary signatures, whole and damaged, in batches of every size.
#include "atoma/batch_ecdsa/batch_verifier.h"

#include <random>

#include "test_backends.h"
#include "test_signatures.h"

namespace atoma::batch_ecdsa {
namespace {

using BatchVerifierTest = OnBackend;
INSTANTIATE_TEST_SUITE_P(Each, BatchVerifierTest, every_backend(), backend_name);

constexpr Curve kCurves[] = {Curve::kP256, Curve::kP384};

void flip(Bytes& bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
}

TEST(Backend, BestIsUsableAndNotForTests) {
  EXPECT_TRUE(usable(best_backend()));
  EXPECT_NE(best_backend(), Backend::kPortable);
  EXPECT_EQ(best_backend() == Backend::kAvx512Ifma, cpu_has(Backend::kAvx512Ifma));
}

TEST_P(BatchVerifierTest, EverySizeAndMixture) {
  std::mt19937_64 random(1);
  for (std::size_t size = 0; size <= 33; ++size) {
    std::vector<Signed> all;
    for (std::size_t i = 0; i < size; ++i) {
      all.push_back(sign(kCurves[random() % 2], random() % 5, random() % 100));
      if (random() % 3 == 0) flip(all.back().signature, random() % 256);
    }
    BatchVerifier verifier(GetParam());
    EXPECT_EQ(verify_all(verifier, all), expected(all)) << size;
    const Stats& stats = verifier.stats();
    EXPECT_EQ(stats.lanes_filled + stats.one_by_one, size);
    EXPECT_EQ(stats.lanes_run % 8U, 0U);
  }
}

TEST_P(BatchVerifierTest, OneBadAmongSevenGood) {
  for (const Curve curve : kCurves) {
    std::vector<Signed> all;
    for (std::uint64_t i = 0; i < 8; ++i) all.push_back(sign(curve, i, i));
    for (std::size_t bad = 0; bad < 8; ++bad) {
      for (Bytes Signed::* field : {&Signed::xy, &Signed::digest, &Signed::signature}) {
        auto damaged = all;
        flip(damaged[bad].*field, 13 * bad);
        std::vector<bool> answers(8, true);
        answers[bad] = false;
        BatchVerifier verifier(GetParam());
        EXPECT_EQ(verify_all(verifier, damaged), answers);
        EXPECT_EQ(verifier.stats().lanes_filled, GetParam() == Backend::kOpenSsl ? 0U : 8U);
      }
    }
  }
}

// Bits of every field, one signature for each; a whole one beside them.
TEST_P(BatchVerifierTest, EachFlippedBitIsRefused) {
  const std::size_t step = GetParam() == Backend::kPortable ? 29 : 1;
  for (const Curve curve : kCurves) {
    const Signed good = sign(curve, 1, 1);
    for (Bytes Signed::* field : {&Signed::xy, &Signed::digest, &Signed::signature}) {
      std::vector<Signed> all{good};
      for (std::size_t bit = 0; bit < 8 * (good.*field).size(); bit += step) {
        all.push_back(good);
        flip(all.back().*field, bit);
      }
      BatchVerifier verifier(GetParam());
      std::vector<bool> answers(all.size());
      answers[0] = true;
      EXPECT_EQ(verify_all(verifier, all), answers);
    }
  }
}

TEST_P(BatchVerifierTest, RandomSignaturesAsOpenSslSays) {
  std::mt19937_64 random(2);
  const int batches = GetParam() == Backend::kPortable ? 1 : 20;
  BatchVerifier verifier(GetParam());
  for (int batch = 0; batch < batches; ++batch) {
    std::vector<Signed> all;
    for (int i = 0; i < 128; ++i) {
      all.push_back(sign(kCurves[random() % 4 == 0], random() % 40, random()));
      if (random() % 4 == 0) flip(all.back().signature, random() % 512);
      if (random() % 16 == 0) flip(all.back().xy, random() % 512);
      if (random() % 16 == 0) flip(all.back().digest, random() % 256);
    }
    EXPECT_EQ(verify_all(verifier, all), expected(all));
  }
}

TEST_P(BatchVerifierTest, WrongLengthsAreRefusedAndHarmNobody) {
  for (const Curve curve : kCurves) {
    const Signed good = sign(curve, 1, 1);
    std::vector<Signed> all{good, good, good};
    for (Bytes Signed::* field : {&Signed::xy, &Signed::digest, &Signed::signature}) {
      for (const int change : {-1, 1, -1000}) {
        Signed bad = good;
        const auto size = static_cast<std::ptrdiff_t>((bad.*field).size()) + change;
        (bad.*field).resize(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, size)));
        all.push_back(bad);
      }
    }
    Signed other = good;
    other.curve = curve == Curve::kP256 ? Curve::kP384 : Curve::kP256;
    all.push_back(other);
    all.push_back(good);
    std::vector<bool> answers(all.size());
    answers[0] = answers[1] = answers[2] = answers.back() = true;
    BatchVerifier verifier(GetParam());
    EXPECT_EQ(verify_all(verifier, all), answers);
  }
}

}  // namespace
}  // namespace atoma::batch_ecdsa
