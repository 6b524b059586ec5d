#include "atoma/verifier/service.h"

#include "atoma/appraisal/binding.h"
#include "atoma/appraisal/ear.h"
#include "atoma/base/check.h"
#include "atoma/http/json_request.h"
#include "atoma/tlog/bundle.h"
#include "atoma/tlog/entry.h"
#include "atoma/wire/text.h"
#include "attest_request.h"
#include "workers.h"

namespace atoma::verifier {
namespace {

using appraisal::AttestationResult;
using appraisal::Verdict;
using evidence::Detail;

// "{}" and white space.
constexpr std::size_t kChallengeBodyMax = 1024;

std::string make_jwks(ByteView scalar) {
  auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, scalar);
  ATOMA_CHECK(key.has_value());
  auto pub = crypto::EcPublicKey::create(crypto::Curve::kP256, key->public_xy());
  ATOMA_CHECK(pub.has_value());
  cose::JwkSet keys;
  keys.add(*std::move(pub));
  return keys.to_json();
}

std::size_t not_good(const AttestationResult& result) {
  return static_cast<std::size_t>(
      std::ranges::count_if(result.findings().items(), [](const evidence::Finding& finding) {
        return finding.outcome == evidence::Outcome::kFail ||
               finding.outcome == evidence::Outcome::kMissing;
      }));
}

// What goes to ledger and client once the evidence is judged.
struct Judgement {
  std::string verdict;
  std::string ear;
  Bytes entry;
};

Bytes make_entry(const AttestationResult& result, const AttestRequest& request,
                 std::string_view ear) {
  wire::JsonWriter out = tlog::begin_entry("attestation", result.verified_at());
  const auto& collateral = result.collateral_digest();
  out.member("verdict", appraisal::verdict_name(result.verdict()))
      .member("tee", evidence::tee_name(result.tee()))
      .member("sample", result.sample())
      .member("tcb_status", result.tcb_status())
      .member("evidence_sha256", wire::hex_encode(result.evidence_digest()))
      .member("policy_sha256", wire::hex_encode(result.policy_digest()))
      .member("collateral_sha256", all_zero(collateral) ? "" : wire::hex_encode(collateral))
      .member("key_sha256", tlog::digest_hex(request.key))
      .member("ear_sha256", tlog::digest_hex(as_bytes(ear)))
      .member("nonce", wire::base64_encode(request.nonce))
      .end_object();
  return to_bytes(out.str());
}

}  // namespace

struct Service::Impl {
  Impl(Config given, tlog::Ledger& the_ledger, const Clock& the_clock, Entropy& the_entropy)
      : config(std::move(given)),
        ledger(the_ledger),
        clock(the_clock),
        entropy(the_entropy),
        jwks(make_jwks(config.signing_scalar.expose("the public half"))),
        workers(config.policy, std::move(config.signing_scalar)) {
    ATOMA_CHECK(config.collateral.size() <= kSetsMax && config.endorsements.size() <= kSetsMax);
  }

  http::Response challenge(const http::Request& request);
  http::Response policy() const;
  void attest(const http::Request& request, http::Respond respond);

  AttestationResult appraise(Worker& worker, const AttestRequest& request, ByteView report_data,
                             Time now) const;
  Judgement judge(const AttestRequest& request, Time now);

  Config config;
  tlog::Ledger& ledger;
  const Clock& clock;
  Entropy& entropy;
  const std::string jwks;
  Challenges challenges;
  Workers workers;
};

http::Response Service::Impl::challenge(const http::Request& request) {
  const auto body = http::parse_body(request.body);
  const Status empty =
      body ? http::FieldReader(body->root()).finish() : Status(std::unexpected(body.error()));
  if (!empty) return http::problem(empty.error(), request.correlation_id);
  const auto issued = challenges.issue(clock.now(), entropy);
  if (!issued) return http::problem(issued.error(), request.correlation_id);
  wire::JsonWriter out;
  out.begin_object()
      .member("nonce", wire::base64_encode(issued->nonce))
      .member("expires_at", format_time(issued->expires_at))
      .end_object();
  return http::json(200, out.str());
}

http::Response Service::Impl::policy() const {
  wire::JsonWriter out;
  out.begin_object()
      .member("name", config.policy->name)
      .member("sha256", wire::hex_encode(config.policy->digest))
      .member("text", config.policy_text)
      .end_object();
  return http::json(200, out.str());
}

// What the request brings, or else each set at hand until one is accepted; when none is, the one
// that came nearest, for its findings say best what is wrong.
AttestationResult Service::Impl::appraise(Worker& worker, const AttestRequest& request,
                                          ByteView report_data, Time now) const {
  appraisal::Request ask{.evidence = request.evidence,
                         .tee = request.tee,
                         .collateral = request.collateral.get(),
                         .endorsements = request.endorsements.get(),
                         .at = now,
                         .expected_report_data = report_data};
  const auto tee =
      request.tee == evidence::Tee::kUnknown ? appraisal::recognise(request.evidence) : request.tee;
  const bool amd = tee == evidence::Tee::kSnp;
  const std::size_t sets = amd ? config.endorsements.size() : config.collateral.size();
  const bool brought = amd ? request.endorsements != nullptr : request.collateral != nullptr;
  if (brought || sets == 0) return worker.appraiser.appraise(ask, Detail::kAll);

  std::optional<AttestationResult> best;
  for (std::size_t i = 0; i < sets; ++i) {
    if (amd) {
      ask.endorsements = config.endorsements[i].get();
    } else {
      ask.collateral = config.collateral[i].get();
    }
    auto result = worker.appraiser.appraise(ask, Detail::kAll);
    if (result.verdict() == Verdict::kAccepted) return result;
    if (!best || not_good(result) < not_good(*best)) best = std::move(result);
  }
  return *std::move(best);
}

Judgement Service::Impl::judge(const AttestRequest& request, Time now) {
  const Workers::Lease worker = workers.take();
  const auto report_data = appraisal::bind_report_data(request.nonce, request.key);
  const AttestationResult result = appraise(*worker, request, report_data, now);
  ByteArray<16> id{};
  entropy.fill(id);
  const cose::Ear ear = appraisal::make_ear(result, {.issuer = config.issuer,
                                                     .id = wire::hex_encode(id),
                                                     .nonce = wire::base64_encode(request.nonce),
                                                     .key_sha256 = tlog::digest_hex(request.key),
                                                     .build = config.build,
                                                     .issued_at = now,
                                                     .lifetime = config.ear_lifetime});
  Judgement out;
  out.verdict = appraisal::verdict_name(result.verdict());
  out.ear = cose::sign_ear(ear, worker->signing_key);
  out.entry = make_entry(result, request, out.ear);
  return out;
}

void Service::Impl::attest(const http::Request& request, http::Respond respond) {
  auto parsed = parse_attest_request(request.body);
  if (!parsed) return respond(http::problem(parsed.error(), request.correlation_id));
  const Time now = clock.now();
  // Only now: a malformed request must not use up somebody's nonce.
  if (const auto fresh = challenges.consume(parsed->nonce, now); !fresh) {
    return respond(http::problem(fresh.error(), request.correlation_id));
  }
  Judgement judgement = judge(*parsed, now);
  Bytes entry = judgement.entry;
  // std::function copies what it holds; a Respond can't be copied.
  auto answer = std::make_shared<http::Respond>(std::move(respond));
  ledger.append(std::move(entry), [this, answer, judgement = std::move(judgement),
                                   evidence = std::move(parsed->evidence),
                                   id = request.correlation_id](Result<tlog::Receipt> receipt) {
    if (!receipt) return (*answer)(http::problem(receipt.error(), id));
    auto bundle = tlog::make_bundle(judgement.entry, *receipt, ledger.verifier_key());
    bundle.ear = judgement.ear;
    bundle.jwks = jwks;
    bundle.evidence = evidence;
    wire::JsonWriter out;
    out.begin_object()
        .member("verdict", judgement.verdict)
        .member("ear", judgement.ear)
        .member("index", receipt->index)
        .key("bundle")
        .raw(tlog::encode_bundle(bundle))
        .end_object();
    (*answer)(http::json(200, out.str()));
  });
}

Service::Service(Config config, tlog::Ledger& ledger, const Clock& clock, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(config), ledger, clock, entropy)) {}

Service::~Service() = default;

const std::string& Service::jwks() const { return impl_->jwks; }

void Service::mount(http::Router& router) {
  Impl* const impl = impl_.get();
  router.add(
      http::Method::kPost, "/v1/challenge",
      [impl](http::Request request, http::Respond respond) { respond(impl->challenge(request)); },
      {.content_type = "application/json", .body_max = kChallengeBodyMax, .query = {}});
  router.add(
      http::Method::kPost, "/v1/attest",
      [impl](http::Request request, http::Respond respond) {
        impl->attest(request, std::move(respond));
      },
      {.content_type = "application/json", .body_max = limits::kRequestBodyMax, .query = {}});
  router.add(http::Method::kGet, "/v1/policy",
             [impl](http::Request, http::Respond respond) { respond(impl->policy()); });
  router.add(
      http::Method::kGet, "/.well-known/jwks.json",
      [impl](http::Request, http::Respond respond) { respond(http::json(200, impl->jwks)); });
}

}  // namespace atoma::verifier
