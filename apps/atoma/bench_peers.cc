// Google's verifiers beside ours, on the same bytes at the same clock: real evidence, real roots.
// They run as one process (bench/peers/peers.go) that does and times what it is told to, so that
// rounds interleave. They offer no cache: what they do for one quote, they do for each.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <format>

#include "atoma/appraisal/appraiser.h"
#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/batch_ecdsa/decider.h"
#include "bench.h"
#include "collateral_folder.h"
#include "conformance/files.h"

namespace atoma::app {
namespace {

using appraisal::Appraiser;
using appraisal::Policy;
using appraisal::Request;
using appraisal::Verdict;
using evidence::Detail;

constexpr std::size_t kBatch = 64;
constexpr double kTdxGoal = 20;
constexpr double kSnpGoal = 5;

// The Go program. It ends with us: its input closes.
class PeerProcess {
 public:
  explicit PeerProcess(const PeersOptions& options) {
    std::array<int, 2> questions{}, answers{};
    ATOMA_CHECK(pipe(questions.data()) == 0 && pipe(answers.data()) == 0);
    child_ = fork();
    ATOMA_CHECK(child_ >= 0);
    if (child_ == 0) {
      dup2(questions[0], STDIN_FILENO);
      dup2(answers[1], STDOUT_FILENO);
      ::close(questions[1]);
      ::close(answers[0]);
      execl(options.program.c_str(), options.program.c_str(), options.folder.c_str(),
            options.tdx_at.c_str(), options.snp_at.c_str(), nullptr);
      _exit(127);
    }
    ::close(questions[0]);
    ::close(answers[1]);
    questions_ = fdopen(questions[1], "w");
    answers_ = fdopen(answers[0], "r");
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;
  ~PeerProcess() {
    std::fclose(questions_);
    std::fclose(answers_);
    waitpid(child_, nullptr, 0);
  }

  // Errors: "bench.peer" when it is gone; it has said why on its stderr.
  Result<double> seconds(std::string_view what, std::uint64_t n) {
    const std::string question = std::format("{} {}\n", what, n);
    std::array<char, 64> line{};
    if (std::fputs(question.c_str(), questions_) < 0 || std::fflush(questions_) != 0 ||
        std::fgets(line.data(), line.size(), answers_) == nullptr) {
      return fail(Code::kUnavailable, "bench.peer",
                  std::format("the peers' program did not do {}", what));
    }
    return std::strtod(line.data(), nullptr);
  }

  Timed operation(std::string what) {
    return [this, what = std::move(what)](std::uint64_t n) {
      const auto seconds = this->seconds(what, n);
      ATOMA_CHECK(seconds.has_value());  // it could, before the measurements
      return *seconds;
    };
  }

 private:
  pid_t child_ = -1;
  std::FILE* questions_ = nullptr;
  std::FILE* answers_ = nullptr;
};

struct Evidence {
  Bytes quote, report;
  evidence::intel::CollateralFiles collateral;
  std::vector<Bytes> endorsements;
  Time tdx_at, snp_at;
};

Result<Evidence> read_evidence(const PeersOptions& options) {
  Evidence out;
  const std::string folder = options.folder + "/";
  ATOMA_TRY(out.quote, conformance::read_file(folder + "quote.bin", limits::kEvidenceMax));
  ATOMA_TRY(out.report, conformance::read_file(folder + "report.bin", limits::kEvidenceMax));
  ATOMA_TRY(out.collateral, read_collateral_folder(folder + "collateral"));
  for (const auto* name : {"vcek.der", "ask_ark.pem"}) {
    ATOMA_TRY(auto bytes, conformance::read_file(folder + name, limits::kCrlMax));
    out.endorsements.push_back(std::move(bytes));
  }
  ATOMA_TRY(out.tdx_at, parse_time(options.tdx_at));
  ATOMA_TRY(out.snp_at, parse_time(options.snp_at));
  return out;
}

std::shared_ptr<const evidence::intel::Collateral> parse(
    const evidence::intel::CollateralFiles& files) {
  auto parsed = evidence::intel::Collateral::parse(files);
  ATOMA_CHECK(parsed.has_value());
  return *std::move(parsed);
}

evidence::amd::Endorsements parse(const std::vector<Bytes>& files) {
  const std::vector<ByteView> views(files.begin(), files.end());
  auto parsed = evidence::amd::Endorsements::parse(views);
  ATOMA_CHECK(parsed.has_value());
  return *std::move(parsed);
}

// What the peers check, and what policies ask besides. There is no AMD revocation list in the
// folder, and go-sev-guest is not asked for one either.
std::shared_ptr<const Policy> make_policy(bool revocation_known) {
  auto policy = std::make_shared<Policy>(Policy::strict("the peers compare no measurements"));
  if (!revocation_known) policy->revocation_known = appraisal::Require::any("no list is at hand");
  return policy;
}

void must_accept(const appraisal::AttestationResult& result) {
  ATOMA_CHECK(result.verdict() == Verdict::kAccepted);
}

Timed one_by_one(Appraiser& appraiser, const Request& request) {
  return on_this_thread([&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      must_accept(appraiser.appraise(request, Detail::kFailures));
    }
  });
}

Timed in_batches(Appraiser& appraiser, const Request& request) {
  return on_this_thread([&appraiser, requests = std::vector(kBatch, request)](std::uint64_t n) {
    for (std::uint64_t done = 0; done < n; done += kBatch) {
      const auto batch = std::span(requests).first(std::min<std::size_t>(kBatch, n - done));
      for (const auto& result : appraiser.appraise_all(batch, Detail::kFailures)) {
        must_accept(result);
      }
    }
  });
}

Appraiser with_kernel(std::shared_ptr<const Policy> policy) {
  return Appraiser(std::move(policy), std::make_unique<batch_ecdsa::BatchDecider>());
}

std::string kernel_note(std::string_view warm) {
  return std::format("64 in a batch, {}; kernel {}", warm, name(batch_ecdsa::best_backend()));
}

void measure_tdx(const Evidence& in, PeerProcess& peers, std::vector<Measurement>& out) {
  const auto policy = make_policy(true);
  const auto collateral = parse(in.collateral);
  const Request request{.evidence = in.quote, .collateral = &*collateral, .at = in.tdx_at};
  const Timed with_collateral = peers.operation("tdx_collateral");
  Appraiser cold(policy), warm(policy), batches = with_kernel(policy);
  const Timed from_nothing = on_this_thread([&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      cold.forget();
      const auto fresh = parse(in.collateral);
      must_accept(cold.appraise({.evidence = in.quote, .collateral = &*fresh, .at = in.tdx_at},
                                Detail::kFailures));
    }
  });
  out.push_back(compare_timed("tdx_cold", from_nothing, with_collateral, 1, 0,
                              "go-tdx-guest with collateral and CRLs; ours also knows nothing"));
  out.push_back(compare_timed("tdx_warm", one_by_one(warm, request), with_collateral, 1, kTdxGoal,
                              "the same; ours one by one, collateral, chain and key known"));
  out.push_back(compare_timed("tdx_warm_batch", in_batches(batches, request), with_collateral, 1,
                              kTdxGoal, kernel_note("warm, its key has a table")));
  out.push_back(compare_timed("tdx_warm_no_collateral", one_by_one(warm, request),
                              peers.operation("tdx_quote"), 1, 0,
                              "go-tdx-guest without collateral: it trusts any TCB and no CRL"));
}

void measure_snp(const Evidence& in, PeerProcess& peers, std::vector<Measurement>& out) {
  const auto policy = make_policy(false);
  const auto endorsements = parse(in.endorsements);
  const Request request{.evidence = in.report, .endorsements = &endorsements, .at = in.snp_at};
  const Timed chain = peers.operation("snp_chain");
  Appraiser warm(policy), batches = with_kernel(policy);
  const Timed from_nothing = on_this_thread([&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      Appraiser cold(policy);
      const auto fresh = parse(in.endorsements);
      must_accept(cold.appraise({.evidence = in.report, .endorsements = &fresh, .at = in.snp_at},
                                Detail::kFailures));
    }
  });
  out.push_back(compare_timed("snp_cold", from_nothing, chain, 1, 0,
                              "go-sev-guest, full chain; ours also knows nothing"));
  out.push_back(compare_timed("snp_warm", one_by_one(warm, request), chain, 1, 0,
                              "the same; ours one by one, chain known: one P-384 in OpenSSL"));
  out.push_back(compare_timed("snp_warm_batch", in_batches(batches, request), chain, 1, kSnpGoal,
                              kernel_note("warm, the VCEK has a table")));
  out.push_back(compare_timed("snp_warm_signature", one_by_one(warm, request),
                              peers.operation("snp_signature"), 1, 0,
                              "go-sev-guest, the report's signature alone"));
}

// The service's rates of the same run: a core's seconds with all of HTTP, JSON, and a signed
// answer.
void add_service(const Progress& progress, double peer_rate, std::vector<Measurement>& out) {
  for (auto& service : bench_service(progress)) {
    const bool batch = service.name.starts_with("service_batch");
    if (!batch && !service.name.starts_with("service_single")) continue;
    service.reference = peer_rate;
    service.ratio = service.value / peer_rate;
    service.goal = kTdxGoal;
    service.note = std::format(
        "go-tdx-guest with collateral, as a library; ours {} over HTTP on one core, {}, "
        "signed answers, warm, a sample platform's quote",
        batch ? "64 in a request" : "one in a request",
        service.name.ends_with("_cbor") ? "CBOR" : "JSON");
    out.push_back(std::move(service));
  }
}

}  // namespace

Result<std::vector<Measurement>> bench_peers(const PeersOptions& options,
                                             const Progress& progress) {
  signal(SIGPIPE, SIG_IGN);
  PeerProcess peers(options);
  for (const auto* what : {"tdx_collateral", "tdx_quote", "snp_chain", "snp_signature"}) {
    ATOMA_TRY([[maybe_unused]] const double seconds, peers.seconds(what, 1));
  }
  ATOMA_TRY(const auto evidence, read_evidence(options));
  std::vector<Measurement> out;
  progress("TDX beside go-tdx-guest");
  measure_tdx(evidence, peers, out);
  progress("SNP beside go-sev-guest");
  measure_snp(evidence, peers, out);
  const double peer_rate = operations_per_second_timed(peers.operation("tdx_collateral"));
  add_service(progress, peer_rate, out);
  return out;
}

}  // namespace atoma::app
