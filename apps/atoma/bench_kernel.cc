// What the batch kernel verifies per core beside OpenSSL: keys seen for the first time and keys
// with tables, batches of 8 and 64, every signature under a key of its own.
#include <format>

#include "atoma/base/check.h"
#include "atoma/batch_ecdsa/batch_verifier.h"
#include "atoma/crypto/digest.h"
#include "atoma/crypto/reference.h"
#include "atoma/crypto/system_entropy.h"
#include "bench.h"

namespace atoma::app {
namespace {

using batch_ecdsa::Backend;
using batch_ecdsa::BatchVerifier;
using batch_ecdsa::Job;
using crypto::Curve;
using crypto::ReferenceVerifier;

struct Signatures {
  Signatures(Curve curve, std::size_t count) {
    crypto::SystemEntropy entropy;
    const Bytes message(100, 0x5A);
    const Bytes digest = curve == Curve::kP256 ? to_bytes(crypto::sha256(message))
                                               : to_bytes(crypto::sha384(message));
    bytes.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto key = crypto::EcPrivateKey::generate(curve, entropy);
      const auto& kept = bytes.emplace_back(Owned{key.public_xy(), digest, key.sign(message)});
      jobs.push_back({curve, kept.xy, kept.digest, kept.signature});
    }
  }

  struct Owned {
    Bytes xy, digest, signature;
  };
  std::vector<Owned> bytes;
  std::vector<Job> jobs;
};

// Verifies n signatures, and some more to fill the last batch.
void verify_batches(BatchVerifier& verifier, std::vector<Job>& jobs, std::uint64_t n) {
  for (std::uint64_t done = 0; done < n; done += jobs.size()) {
    verifier.verify(jobs);
    for (const Job& job : jobs) ATOMA_CHECK(job.valid);
  }
}

struct Kind {
  Curve curve;
  const char* name;
  double goal_cold, goal_warm;
};

Measurement measure(const Kind& kind, bool warm, std::size_t batch, Backend backend) {
  Signatures signatures(kind.curve, batch);
  const std::size_t tables = warm ? batch : 0;
  BatchVerifier verifier(backend, {.tables_max = tables, .signatures_before = 1});
  // Each call makes one table at most.
  for (std::size_t i = 0; i < tables; ++i) verifier.verify(signatures.jobs);
  ATOMA_CHECK(verifier.tables() == tables || backend == Backend::kOpenSsl);
  ReferenceVerifier reference(kind.curve == Curve::kP256
                                  ? ReferenceVerifier::Algorithm::kEcdsaP256
                                  : ReferenceVerifier::Algorithm::kEcdsaP384);
  const double goal = warm ? kind.goal_warm : kind.goal_cold;
  auto out = compare(
      std::format("{} {} {}", kind.name, warm ? "warm" : "cold", batch),
      [&](std::uint64_t n) { verify_batches(verifier, signatures.jobs, n); },
      [&](std::uint64_t n) {
        for (std::uint64_t i = 0; i < n; ++i) reference.verify_once();
      },
      1, batch < 8 ? 0 : goal, "");
  const auto& stats = verifier.stats();
  out.note = std::format("{}, {} of {} lanes filled, {} keys", name(verifier.backend()),
                         stats.lanes_filled, stats.lanes_run, batch);
  return out;
}

}  // namespace

std::vector<Measurement> bench_kernel(const Progress& progress) {
  std::vector<Measurement> out;
  const Backend backend = batch_ecdsa::best_backend();
  // Without vector instructions there is nothing to reach.
  const bool kernel = backend != Backend::kOpenSsl;
  for (const Kind& kind : {Kind{Curve::kP256, "p256", kernel ? 3.0 : 0, kernel ? 5.0 : 0},
                           Kind{Curve::kP384, "p384", kernel ? 5.0 : 0, kernel ? 10.0 : 0}}) {
    for (const std::size_t batch : {1, 2, 4, 8, 64}) {
      progress(std::format("{}: batches of {}", kind.name, batch));
      out.push_back(measure(kind, false, batch, backend));
      if (kernel) out.push_back(measure(kind, true, batch, backend));
    }
  }
  return out;
}

}  // namespace atoma::app
