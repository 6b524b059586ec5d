#include "atoma/verifier/service.h"

#include "appraisal_pool.h"
#include "atoma/base/check.h"
#include "atoma/cose/ear_token.h"
#include "atoma/crypto/digest.h"
#include "atoma/http/fields.h"
#include "atoma/ledger/bodies.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "batch_answer.h"
#include "bind.h"
#include "kept.h"
#include "published_keys.h"
#include "requests.h"
#include "traced.h"
#include "used_sets.h"

namespace atoma::verifier {
namespace {

// "{}" and white space.
constexpr std::size_t kChallengeBodyMax = 1024;
constexpr std::string_view kAttestations = "attestations";  // namespace of their labels
constexpr std::size_t kBatchBodyMax = limits::kCborBodyMax;

std::vector<std::string> json_or_cbor() { return {"application/json", "application/cbor"}; }

std::shared_ptr<const cose::EpochKeys> keys_of(Config& config) {
  ATOMA_CHECK(config.key_period >= kKeyPeriodMin && config.key_period <= kKeyPeriodMax &&
              config.key_period.s >= 2 * config.ear_lifetime.s);
  return std::make_shared<const cose::EpochKeys>(std::move(config.signing_seed), config.key_period);
}

Policies policies_of(const Config& config) {
  auto policies = Policies::create({"", config.policy, config.policy_text}, config.tenants);
  ATOMA_CHECK(policies.has_value());
  return *std::move(policies);
}

AtHand sets_of(Config& config, UsedSets& used) {
  used.remember(config.at_hand.collateral, config.at_hand.endorsements);
  return std::move(config.at_hand);
}

// A token, and the key that verifies it.
struct SignedEar {
  cose::EarFormat format;
  Bytes token;  // as the format has it
  std::string jwks;
  Time expires_at;

  std::string text() const { return cose::ear_text(format, token); }
};

// A policy's verdicts are one label: its history is who was judged by it.
ledger::Draft make_draft(const Appraised& result, ByteView key, const SignedEar& ear,
                         std::vector<ledger::EvidenceRef> kept) {
  const bool accepted = result.verdict() == appraisal::Verdict::kAccepted;
  const bool decided = accepted || result.verdict() == appraisal::Verdict::kRefused;
  const auto& collateral = result.collateral_digest();
  ledger::AttestationBody body{
      .verdict = accepted  ? "accepted"
                 : decided ? "refused"
                           : "undecided",
      .evidence = result.evidence_digest(),
      .policy = result.policy_digest(),
      .collateral = all_zero(collateral) ? std::nullopt : std::optional(collateral),
      .key = crypto::sha256(key),
      .ear = tlog::token_digest(ear.text()),
      .tee = result.tee(),
      .measurement = result.launch_measurement(),
      .sample = result.sample(),
      .kept = std::move(kept)};
  return {.type = "attestation",
          .label = {std::string(kAttestations), wire::hex_encode(result.policy_digest())},
          .expiry = ear.expires_at,
          .body = ledger::encode_attestation(body)};
}

http::Response appraised(const Appraised& result, const SignedEar& ear, http::BodyForm form) {
  const auto verdict = appraisal::verdict_name(result.verdict());
  const auto format = cose::ear_format_name(ear.format);
  if (form == http::BodyForm::kCbor) {
    wire::CborWriter out;
    out.begin_map().key("ear");
    cose::write_ear(out, ear.format, ear.token);
    out.key("format").value(format).key("verdict").value(verdict);
    return http::cbor(200, out.end_map().take());
  }
  wire::JsonWriter out;
  out.begin_object()
      .member("verdict", verdict)
      .member("format", format)
      .member("ear", ear.text())
      .end_object();
  return http::json(200, out.take());
}

http::Response as_answer(const NamedPolicy& named) {
  wire::JsonWriter out;
  out.begin_object()
      .member("name", named.policy->name)
      .member("sha256", wire::hex_encode(named.policy->digest))
      .member("text", named.text)
      .end_object();
  return http::json(200, out.str());
}

}  // namespace

struct Service::Impl {
  Impl(Config given, ledger::Writer& the_writer, ledger::EvidenceKeeper& the_keeper,
       const tlog::Ledger& the_log, const Clock& the_clock, Entropy& the_entropy)
      : config(std::move(given)),
        writer(the_writer),
        keeper(the_keeper),
        log(the_log),
        clock(the_clock),
        entropy(the_entropy),
        keys(keys_of(config)),
        published(keys, the_clock),
        challenges(std::move(config.nonce_key)),
        policies(policies_of(config)),
        used(config.kv),
        pool({.policies = policies.all(),
              .at_hand = sets_of(config, used),
              .keys = keys,
              .threads = config.threads,
              .waiting_max = config.waiting_max,
              .make_decider = std::move(config.make_decider),
              .metrics = config.metrics}) {
    if (config.metrics != nullptr) {
      config.metrics->verifier_waiting.read_from(
          [this] { return static_cast<double>(pool.waiting()); });
    }
  }

  http::Response challenge(const http::Request& request);
  http::Response policy(const http::Request& request) const;
  http::Response policy_by_digest(const http::Request& request) const;
  void attest(const http::Request& request, http::Respond respond);
  void appraise(const http::Request& request, http::Respond respond);
  void appraise_batch(const http::Request& request, http::Respond respond);

  // Whose policy counts, and what the evidence must hold.
  Status prepare(const AttestRequest& request, Appraisal& appraisal) const;
  // A signed EAR. `key_sha256` is "" where no key is bound.
  SignedEar make_ear(const Appraisal& appraisal, const Appraised& result, cose::EpochSigner& signer,
                     ByteView nonce, std::string key_sha256);
  Bytes make_ear_batch(std::vector<cose::EarItem> items, Time at, ByteView nonce,
                       cose::EarFormat format, const cose::EpochKey& key);
  // Of what the verdict is about and stands on.
  Result<std::vector<ledger::EvidenceRef>> keep(const Appraisal& appraisal, const Appraised& result,
                                                const SignedEar& ear);
  void record(const Appraisal& appraisal, const Appraised& result, SignedEar ear, ByteView key,
              std::string id, std::shared_ptr<http::Respond> answer);

  Config config;
  ledger::Writer& writer;
  ledger::EvidenceKeeper& keeper;
  const tlog::Ledger& log;
  const Clock& clock;
  Entropy& entropy;
  const std::shared_ptr<const cose::EpochKeys> keys;
  const PublishedKeys published;
  Challenges challenges;
  const Policies policies;
  UsedSets used;
  AppraisalPool pool;  // last: its threads use all of the above
};

http::Response Service::Impl::challenge(const http::Request& request) {
  const auto body = http::parse_body(request.body);
  const Status empty =
      body ? http::FieldReader(body->root()).finish() : Status(std::unexpected(body.error()));
  if (!empty) return http::problem(empty.error(), request.correlation_id);
  const auto issued = challenges.issue(clock.now(), entropy);
  wire::JsonWriter out;
  out.begin_object()
      .member("nonce", wire::base64_encode(issued.nonce))
      .member("expires_at", format_time(issued.expires_at))
      .end_object();
  return http::json(200, out.str());
}

http::Response Service::Impl::policy(const http::Request& request) const {
  const auto place = policies.find(request.query_value("tenant").value_or(""));
  if (!place) return http::problem(place.error(), request.correlation_id);
  return as_answer(policies.at(*place));
}

http::Response Service::Impl::policy_by_digest(const http::Request& request) const {
  const auto count = policies.all().size();
  for (std::size_t i = 0; i < count; ++i) {
    if (wire::hex_encode(policies.at(i).policy->digest) == request.param("sha256")) {
      return as_answer(policies.at(i));
    }
  }
  return http::problem(
      Error{Code::kNotFound, "policy.unknown", "no policy of this server has this digest"},
      request.correlation_id);
}

SignedEar Service::Impl::make_ear(const Appraisal& appraisal, const Appraised& result,
                                  cose::EpochSigner& signer, ByteView nonce,
                                  std::string key_sha256) {
  const telemetry::Span span(appraisal.trace, "verifier.sign");
  ByteArray<16> id{};
  entropy.fill(id);
  const auto ear = result.make_ear({.issuer = config.issuer,
                                    .id = wire::hex_encode(id),
                                    .nonce = wire::base64_encode(nonce),
                                    .key_sha256 = std::move(key_sha256),
                                    .build = config.build,
                                    .issued_at = result.verified_at(),
                                    .lifetime = config.ear_lifetime});
  const auto& [format, algorithm] = appraisal.form;
  const auto& key = signer.at(ear.issued_at, algorithm);
  return {format, cose::sign_ear(ear, format, key.key, key.kid), key.jwks, ear.expires_at};
}

Bytes Service::Impl::make_ear_batch(std::vector<cose::EarItem> items, Time at, ByteView nonce,
                                    cose::EarFormat format, const cose::EpochKey& key) {
  ByteArray<16> id{};
  entropy.fill(id);
  const cose::EarBatch batch{.issuer = config.issuer,
                             .id = wire::hex_encode(id),
                             .issued_at = at,
                             .expires_at = at + config.ear_lifetime,
                             .nonce = wire::base64_encode(nonce),
                             .developer = std::string(appraisal::kEarDeveloper),
                             .build = config.build,
                             .items = std::move(items)};
  if (format == cose::EarFormat::kCwt) return cose::sign_ear_batch_cwt(batch, key.key, key.kid);
  return to_bytes(cose::sign_ear_batch(batch, key.key, key.kid));
}

Result<std::vector<ledger::EvidenceRef>> Service::Impl::keep(const Appraisal& appraisal,
                                                             const Appraised& result,
                                                             const SignedEar& ear) {
  const Subject& subject = appraisal.subject;
  if (subject.collateral != nullptr && !all_zero(result.collateral_digest())) {
    used.remember(*subject.collateral, result.collateral_digest(), UsedSets::Whose::kRequest);
  }
  if (subject.endorsements != nullptr) {
    used.remember(*subject.endorsements, UsedSets::Whose::kRequest);
  }
  const telemetry::Span span(appraisal.trace, "verifier.keep");
  const bool jwt = ear.format == cose::EarFormat::kJwt;
  return keep_evidence(keeper,
                       {.subject = subject,
                        .accepted = result.verdict() == appraisal::Verdict::kAccepted,
                        .from_hand = result.from_hand(),
                        .policy = policies.at(appraisal.policy).text,
                        .vendor_set = used.find(wire::hex_encode(result.collateral_digest())),
                        .token = tlog::token_bytes(ear.text()),
                        .token_type = jwt ? ledger::media::kJwt : ledger::media::kCwt,
                        .jwks = ear.jwks});
}

// Keeps what the entry names, writes the verdict to the ledger, and only then answers.
void Service::Impl::record(const Appraisal& appraisal, const Appraised& result, SignedEar ear,
                           ByteView key, std::string id, std::shared_ptr<http::Respond> answer) {
  auto kept = keep(appraisal, result, ear);
  if (!kept) return (*answer)(http::problem(kept.error(), id));
  auto draft = make_draft(result, key, ear, *std::move(kept));
  const auto began = appraisal.trace ? appraisal.trace->now() : telemetry::UnixNanos{};
  auto done = [this, answer = std::move(answer), ear = std::move(ear),
               verdict = appraisal::verdict_name(result.verdict()),
               evidence = appraisal.subject.evidence, id = std::move(id), trace = appraisal.trace,
               began](Result<ledger::Written> written) {
    if (trace) trace->add("registry.append", began, trace->now());
    if (!written) return (*answer)(http::problem(written.error(), id));
    const auto& receipt = written->receipt;
    auto bundle = tlog::make_bundle(std::move(written->entry), receipt, log.verifier_key());
    bundle.ear = ear.text();
    bundle.jwks = ear.jwks;
    // Of other kinds the result names a digest of several parts.
    if (!evidence.empty()) bundle.evidence = evidence;
    wire::JsonWriter out;
    out.begin_object()
        .member("verdict", verdict)
        .member("format", cose::ear_format_name(ear.format))
        .member("ear", *bundle.ear)
        .member("index", receipt.index)
        .key("bundle")
        .raw(tlog::encode_bundle(bundle))
        .end_object();
    (*answer)(http::json(200, out.str()));
  };
  writer.write(std::move(draft), config.entry_key, std::move(done));
}

Status Service::Impl::prepare(const AttestRequest& request, Appraisal& appraisal) const {
  ATOMA_TRY(appraisal.policy, policies.find(appraisal.tenant));
  return bind_subject(appraisal, request.nonce, request.key, *policies.at(appraisal.policy).policy);
}

void Service::Impl::attest(const http::Request& request, http::Respond respond) {
  const auto trace = begin_trace(config.tracer, "/v1/attest", request, respond);
  auto parsed = parse_attest_request(request.body);
  if (!parsed) return respond(http::problem(parsed.error(), request.correlation_id));
  Appraisal appraisal = std::move(parsed->appraisal);
  appraisal.trace = trace;
  const Time now = appraisal.at = clock.now();
  if (const auto ready = prepare(*parsed, appraisal); !ready) {
    return respond(http::problem(ready.error(), request.correlation_id));
  }
  // Only now: a malformed request must not use up somebody's nonce.
  if (const auto fresh = challenges.consume(parsed->nonce, now); !fresh) {
    return respond(http::problem(fresh.error(), request.correlation_id));
  }
  // std::function copies what it holds; a Respond can't be copied.
  auto answer = std::make_shared<http::Respond>(std::move(respond));
  appraisal.done = [this, answer, nonce = parsed->nonce, key = std::move(parsed->key),
                    id = request.correlation_id](const Appraisal& done, const Appraised& result,
                                                 cose::EpochSigner& signer) {
    record(done, result, make_ear(done, result, signer, nonce, tlog::digest_hex(key)), key, id,
           answer);
  };
  std::vector<Appraisal> one;
  one.push_back(std::move(appraisal));
  if (const auto taken = pool.submit(std::move(one)); !taken) {
    (*answer)(http::problem(taken.error(), request.correlation_id));
  }
}

void Service::Impl::appraise(const http::Request& request, http::Respond respond) {
  const auto trace = begin_trace(config.tracer, "/v1/appraise", request, respond);
  const auto form = http::body_form(request);
  auto parsed = parse_appraise_request(request.body, form);
  if (!parsed) return respond(http::problem(parsed.error(), request.correlation_id));
  const auto policy = policies.find(parsed->appraisal.tenant);
  if (!policy) return respond(http::problem(policy.error(), request.correlation_id));
  auto answer = std::make_shared<http::Respond>(std::move(respond));
  std::vector<Appraisal> one;
  Appraisal& appraisal = one.emplace_back(std::move(parsed->appraisal));
  appraisal.policy = *policy;
  appraisal.trace = trace;
  appraisal.at = clock.now();
  appraisal.done = [this, answer, form, nonce = std::move(parsed->nonce)](
                       const Appraisal& done, const Appraised& result, cose::EpochSigner& signer) {
    (*answer)(appraised(result, make_ear(done, result, signer, nonce, ""), form));
  };
  if (const auto taken = pool.submit(std::move(one)); !taken) {
    (*answer)(http::problem(taken.error(), request.correlation_id));
  }
}

void Service::Impl::appraise_batch(const http::Request& request, http::Respond respond) {
  const auto trace = begin_trace(config.tracer, "/v1/appraise/batch", request, respond);
  const auto form = http::body_form(request);
  auto parsed = parse_appraise_batch(request.body, form);
  if (!parsed) return respond(http::problem(parsed.error(), request.correlation_id));
  const Time now = clock.now();
  auto sign = [this, now, trace, token = parsed->form, nonce = std::move(parsed->nonce)](
                  std::vector<cose::EarItem> items, cose::EpochSigner& signer) {
    const telemetry::Span span(trace, "verifier.sign");
    return make_ear_batch(std::move(items), now, nonce, token.format,
                          signer.at(now, token.algorithm));
  };
  auto answers = std::make_shared<BatchAnswer>(*parsed, form, std::move(sign), std::move(respond));
  std::vector<Appraisal> good;
  good.reserve(parsed->items.size());
  for (std::size_t i = 0; i < parsed->items.size(); ++i) {
    auto& item = parsed->items[i];
    const auto policy =
        item ? policies.find(item->tenant) : Result<std::size_t>(std::unexpected(item.error()));
    if (!policy) {
      answers->set_problem(i, policy.error());
      continue;
    }
    Appraisal& appraisal = good.emplace_back(*std::move(item));
    appraisal.policy = *policy;
    appraisal.trace = trace;
    appraisal.at = now;
    appraisal.done = [answers, i](const Appraisal&, const Appraised& result,
                                  cose::EpochSigner& signer) { answers->set(i, result, signer); };
  }
  if (good.empty()) return answers->finish_without();
  answers->expect(good.size());
  if (const auto taken = pool.submit(std::move(good)); !taken) {
    answers->refuse(http::problem(taken.error(), request.correlation_id));
  }
}

Service::Service(Config config, ledger::Writer& writer, ledger::EvidenceKeeper& keeper,
                 const tlog::Ledger& log, const Clock& clock, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(config), writer, keeper, log, clock, entropy)) {}

Service::~Service() = default;

std::string Service::jwks() const { return impl_->published.now()->jwks; }

Time Service::next_rotation() const {
  return impl_->keys->start_of(impl_->keys->epoch_at(impl_->clock.now()) + 1);
}

void Service::use(AtHand at_hand) {
  at_hand.cut_to_bounds();
  impl_->used.remember(at_hand.collateral, at_hand.endorsements);
  impl_->pool.use(std::move(at_hand));
}

void Service::mount(http::Router& router) {
  Impl* const impl = impl_.get();
  router.add(
      http::Method::kPost, "/v1/challenge",
      [impl](http::Request request, http::Respond respond) { respond(impl->challenge(request)); },
      {.content_types = {"application/json"}, .body_max = kChallengeBodyMax, .query = {}});
  router.add(http::Method::kPost, "/v1/attest",
             [impl](http::Request request, http::Respond respond) {
               impl->attest(request, std::move(respond));
             },
             {.content_types = {"application/json"}, .body_max = kSubjectBodyMax, .query = {}});
  router.add(http::Method::kPost, "/v1/appraise",
             [impl](http::Request request, http::Respond respond) {
               impl->appraise(request, std::move(respond));
             },
             {.content_types = json_or_cbor(), .body_max = kSubjectBodyMax, .query = {}});
  router.add(http::Method::kPost, "/v1/appraise/batch",
             [impl](http::Request request, http::Respond respond) {
               impl->appraise_batch(request, std::move(respond));
             },
             {.content_types = json_or_cbor(), .body_max = kBatchBodyMax, .query = {}});
  router.add(
      http::Method::kGet, "/v1/policy",
      [impl](http::Request request, http::Respond respond) { respond(impl->policy(request)); },
      {.content_types = {}, .body_max = 0, .query = {"tenant"}});
  router.add(http::Method::kGet, "/v1/policy/{sha256}",
             [impl](http::Request request, http::Respond respond) {
               respond(impl->policy_by_digest(request));
             });
  impl->used.mount(router);
  impl->published.mount(router);
}

}  // namespace atoma::verifier
