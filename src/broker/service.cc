#include "atoma/broker/service.h"

#include <algorithm>
#include <future>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/broker/rule.h"
#include "atoma/crypto/hpke.h"
#include "atoma/http/bearer.h"
#include "atoma/http/fields.h"
#include "atoma/ledger/bodies.h"
#include "atoma/tlog/bundle.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "release.h"
#include "secrets.h"

namespace atoma::broker {
namespace {

// A secret and its rule in base64 and JSON.
constexpr std::size_t kPutBodyMax = 64 * 1024;
// An EAR and a key.
constexpr std::size_t kReleaseBodyMax = 80 * 1024;
constexpr std::size_t kListMax = 256;
// Namespaces of what is on the ledger, and the label of refusals for names that no secret has: who
// makes up names must not make up labels.
constexpr std::string_view kSecretsSpace = "secrets";
constexpr std::string_view kReleasesSpace = "releases";
constexpr std::string_view kUnknownName = "(no such secret)";

Status check_name(std::string_view name) {
  if (is_secret_name(name)) return {};
  return malformed("request.field", "the name: letters, digits, '.', '_', '-', at most 128");
}

struct PutRequest {
  SecretBytes secret;
  std::string rule;
};

Result<PutRequest> parse_put_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  PutRequest out;
  out.secret = in.secret("secret", {1, limits::kSecretMax});
  const auto rule = in.required("rule", "an object");
  ATOMA_TRY_VOID(in.finish());
  ATOMA_TRY_VOID(parse_rule(*rule->json()));
  out.rule = rule->json()->raw();
  return out;
}

// What the requester gets, and what the ledger says of it.
struct Wrapped {
  StoredSecret secret;
  crypto::HpkeSealed sealed;
  std::string aad;
};

std::string write_release(const Wrapped& wrapped, std::uint64_t index, std::string_view bundle) {
  wire::JsonWriter out;
  out.begin_object()
      .member("name", wrapped.secret.name)
      .member("version", wrapped.secret.version)
      .member("enc", wire::base64_encode(wrapped.sealed.enc))
      .member("ciphertext", wire::base64_encode(wrapped.sealed.ciphertext))
      .member("aad", wrapped.aad)
      .member("index", index)
      .key("bundle")
      .raw(bundle)
      .end_object();
  return out.take();
}

}  // namespace

std::string release_aad(std::string_view name, std::uint64_t version, std::string_view ear_sha256) {
  wire::JsonWriter out;
  out.begin_object()
      .member("name", name)
      .member("version", version)
      .member("ear_sha256", ear_sha256)
      .end_object();
  return out.take();
}

bool is_secret_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kSecretNameMax && std::ranges::all_of(name, good);
}

struct Service::Impl {
  Impl(Config config, store::Kv& kv, ledger::Writer& the_writer, const tlog::Ledger& the_log,
       const Clock& the_clock, Entropy& the_entropy)
      : jwks(std::move(config.verifier_jwks)),
        default_policy(config.default_policy),
        admin_token(std::move(config.admin_token)),
        entry_key(std::move(config.entry_key)),
        writer(the_writer),
        log(the_log),
        clock(the_clock),
        entropy(the_entropy),
        secrets(kv, std::move(config.root_key), the_entropy) {
    ATOMA_CHECK(jwks && admin_token.size() > 0);
  }

  bool is_admin(const http::Request& request) const;
  http::Response put(http::Request& request);
  http::Response list(const http::Request& request) const;
  void release(const http::Request& request, http::Respond respond);

  Result<std::uint64_t> put_on_ledger(std::string_view name, std::uint64_t version,
                                      std::string_view rule);
  // The secret that `presented` may have.
  Result<StoredSecret> decide(const Presented& presented, std::string_view name, Time now) const;
  Result<Wrapped> wrap(const Presented& presented, StoredSecret secret);
  void answer_release(Presented presented, Wrapped wrapped, std::string id, http::Respond respond);
  void answer_refusal(const Presented& presented, std::string_view name, Error why, std::string id,
                      http::Respond respond);

  const std::function<std::string()> jwks;
  const crypto::Digest256 default_policy;
  const SecretBytes admin_token;
  const cose::SigningKey entry_key;
  ledger::Writer& writer;
  const tlog::Ledger& log;
  const Clock& clock;
  Entropy& entropy;
  Secrets secrets;
};

bool Service::Impl::is_admin(const http::Request& request) const {
  return http::presents(request, admin_token.expose("comparison with a request's"));
}

// Waits for the ledger: an administrator's request, few at a time, and the secret may be stored
// only behind its entry.
Result<std::uint64_t> Service::Impl::put_on_ledger(std::string_view name, std::uint64_t version,
                                                   std::string_view rule) {
  const auto done = std::make_shared<std::promise<Result<std::uint64_t>>>();
  writer.write({.type = "secret.put",
                .label = {std::string(kSecretsSpace), std::string(name)},
                .expiry = std::nullopt,
                .body = ledger::encode_secret_put({.name = std::string(name),
                                                   .version = version,
                                                   .rule = crypto::sha256(as_bytes(rule))})},
               entry_key, [done](const Result<ledger::Written>& written) {
                 done->set_value(
                     written.transform([](const ledger::Written& w) { return w.receipt.index; }));
               });
  return done->get_future().get();
}

http::Response Service::Impl::put(http::Request& request) {
  const std::string& id = request.correlation_id;
  if (!is_admin(request)) return http::unauthorized("admin", id);
  const std::string_view name = request.param("name");
  if (const auto good = check_name(name); !good) return http::problem(good.error(), id);
  const auto parsed = parse_put_request(request.body);
  wipe(request.body);
  if (!parsed) return http::problem(parsed.error(), id);
  const auto version = secrets.reserve_version(name);
  if (!version) return http::problem(version.error(), id);
  const auto index = put_on_ledger(name, *version, parsed->rule);
  if (!index) return http::problem(index.error(), id);
  const auto stored =
      secrets.put(name, *version, parsed->rule, parsed->secret.expose("sealing it for the store"));
  if (!stored) return http::problem(stored.error(), id);
  wire::JsonWriter out;
  out.begin_object()
      .member("name", name)
      .member("version", *version)
      .member("index", *index)
      .end_object();
  return http::json(201, out.str());
}

http::Response Service::Impl::list(const http::Request& request) const {
  if (!is_admin(request)) return http::unauthorized("admin", request.correlation_id);
  const auto found = secrets.list(request.query_value("after").value_or(""), kListMax);
  if (!found) return http::problem(found.error(), request.correlation_id);
  wire::JsonWriter out;
  out.begin_object().key("secrets").begin_array();
  for (const StoredSecret& secret : *found) {
    out.begin_object()
        .member("name", secret.name)
        .member("version", secret.version)
        .key("rule")
        .raw(secret.rule)
        .end_object();
  }
  out.end_array();
  if (found->size() == kListMax) out.member("next", found->back().name);
  out.end_object();
  return http::json(200, out.str());
}

Result<StoredSecret> Service::Impl::decide(const Presented& presented, std::string_view name,
                                           Time now) const {
  ATOMA_TRY_VOID(check_presented(presented, log, now));
  ATOMA_TRY(auto secret, secrets.find(name));
  if (!secret) {
    return fail(Code::kNotFound, "release.no_such_secret",
                "there is no secret \"" + std::string(name) + "\"");
  }
  // Not yet authentic, and need not be: a rule that somebody widened does not open the secret.
  const auto document = wire::JsonDocument::parse(secret->rule);
  const auto rule = document ? parse_rule(document->root())
                             : Result<ReleaseRule>(std::unexpected(document.error()));
  if (!rule) return fail(Code::kDataLoss, "secret.corrupt", "the stored rule does not parse");
  ATOMA_TRY_VOID(check_rule(*rule, presented.ear, default_policy, now));
  return *std::move(secret);
}

Result<Wrapped> Service::Impl::wrap(const Presented& presented, StoredSecret secret) {
  ATOMA_TRY(const auto value, secrets.open(secret));
  Wrapped out;
  out.aad = release_aad(secret.name, secret.version, presented.ear_sha256);
  ATOMA_TRY(out.sealed,
            crypto::hpke_seal(presented.request.key, as_bytes(kReleaseInfo), as_bytes(out.aad),
                              value.expose("wrapping it for the attested key"), entropy));
  out.secret = std::move(secret);
  return out;
}

void Service::Impl::release(const http::Request& request, http::Respond respond) {
  const std::string& id = request.correlation_id;
  const std::string name(request.param("name"));
  if (const auto good = check_name(name); !good) return respond(http::problem(good.error(), id));
  auto parsed = parse_release_request(request.body);
  if (!parsed) return respond(http::problem(parsed.error(), id));
  auto presented = authenticate(*std::move(parsed), jwks());
  if (!presented) return respond(http::problem(presented.error(), id));
  const Time now = clock.now();
  auto secret = decide(*presented, name, now);
  if (!secret) {
    const Error& why = secret.error();
    // Refusals are decisions and go to the ledger; trouble of ours is neither.
    if (!why.reason.starts_with("release.")) return respond(http::problem(why, id));
    return answer_refusal(*presented, name, why, id, std::move(respond));
  }
  auto wrapped = wrap(*presented, *std::move(secret));
  if (!wrapped) return respond(http::problem(wrapped.error(), id));
  answer_release(*std::move(presented), *std::move(wrapped), id, std::move(respond));
}

void Service::Impl::answer_release(Presented presented, Wrapped wrapped, std::string id,
                                   http::Respond respond) {
  const std::string name = wrapped.secret.name;
  ledger::Draft draft{
      .type = "release",
      .label = {std::string(kReleasesSpace), name},
      .expiry = std::nullopt,
      .body = ledger::encode_release({.name = name,
                                      .version = wrapped.secret.version,
                                      .attestation = presented.request.index,
                                      .ear = presented.ear_digest,
                                      .key = presented.key_digest,
                                      .ciphertext = crypto::sha256(wrapped.sealed.ciphertext)})};
  writer.write(
      std::move(draft), entry_key,
      [this, presented = std::move(presented), wrapped = std::move(wrapped), id = std::move(id),
       respond = std::move(respond)](Result<ledger::Written> written) mutable {
        if (!written) {
          const Error& why = written.error();
          if (!why.reason.starts_with("rule.")) return respond(http::problem(why, id));
          // The ledger's rules decide too: what the members revoked gets no secret.
          return answer_refusal(presented, wrapped.secret.name, why, std::move(id),
                                std::move(respond));
        }
        const auto& receipt = written->receipt;
        auto bundle = tlog::make_bundle(std::move(written->entry), receipt, log.verifier_key());
        bundle.ear = std::move(presented.request.token);
        bundle.jwks = std::move(presented.jwks);
        respond(
            http::json(200, write_release(wrapped, receipt.index, tlog::encode_bundle(bundle))));
      });
}

void Service::Impl::answer_refusal(const Presented& presented, std::string_view name, Error why,
                                   std::string id, http::Respond respond) {
  const auto secret = secrets.find(name);
  const bool known = secret && *secret;
  ledger::Draft draft{
      .type = "refusal",
      .label = {std::string(kReleasesSpace), std::string(known ? name : kUnknownName)},
      .expiry = std::nullopt,
      .body = ledger::encode_refusal({.name = std::string(name),
                                      .reason = std::string(why.reason),
                                      .ear = presented.ear_digest,
                                      .key = presented.key_digest})};
  writer.write(std::move(draft), entry_key,
               [why = std::move(why), id = std::move(id),
                respond = std::move(respond)](const Result<ledger::Written>& written) mutable {
                 respond(http::problem(written ? why : written.error(), id));
               });
}

Service::Service(Config config, store::Kv& kv, ledger::Writer& writer, const tlog::Ledger& log,
                 const Clock& clock, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(config), kv, writer, log, clock, entropy)) {}

Service::~Service() = default;

void Service::mount(http::Router& router) {
  Impl* const impl = impl_.get();
  router.add(http::Method::kPut, "/v1/secrets/{name}",
             [impl](http::Request request, http::Respond respond) { respond(impl->put(request)); },
             {.content_types = {"application/json"}, .body_max = kPutBodyMax, .query = {}});
  router.add(http::Method::kGet, "/v1/secrets",
             [impl](http::Request request, http::Respond respond) { respond(impl->list(request)); },
             {.content_types = {}, .body_max = 0, .query = {"after"}});
  router.add(http::Method::kPost, "/v1/secrets/{name}/release",
             [impl](http::Request request, http::Respond respond) {
               impl->release(request, std::move(respond));
             },
             {.content_types = {"application/json"}, .body_max = kReleaseBodyMax, .query = {}});
}

}  // namespace atoma::broker
