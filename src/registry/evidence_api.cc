#include "atoma/registry/evidence_api.h"

#include "atoma/http/bearer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::registry {
namespace {

using crypto::Digest256;
using http::Request;
using http::Respond;
using http::Response;

// By its name it is what it is for good; but what a token opened belongs in nobody else's cache.
constexpr std::string_view kForAll = "public, max-age=31536000, immutable";
constexpr std::string_view kForOne = "private, max-age=31536000, immutable";

class EvidenceApi {
 public:
  EvidenceApi(EvidenceStore& store, EvidenceAccess access, Elsewhere elsewhere)
      : store_(store), access_(std::move(access)), elsewhere_(std::move(elsewhere)) {}

  Response get(const Request& request) const {
    const bool known = is_reader(request);
    if (!known && !access_.open) return http::unauthorized("evidence", request.correlation_id);
    auto found = find(request, known);
    if (!found) return http::problem(found.error(), request.correlation_id);
    return {.status = 200,
            .content_type = std::move(found->media_type),
            .body = std::move(found->bytes),
            .headers = {{"Cache-Control", std::string(access_.open ? kForAll : kForOne)}}};
  }

  Response post(const Request& request) const {
    if (!is_admin(request)) return http::unauthorized("admin", request.correlation_id);
    const auto type = http::media_type(request.header("Content-Type").value_or(""));
    const auto kept = store_.keep(request.body, type, ledger::Standing::kProven);
    if (!kept) return http::problem(kept.error(), request.correlation_id);
    wire::JsonWriter out;
    out.begin_object()
        .member("sha256", wire::hex_encode(kept->sha256))
        .member("size", kept->size)
        .member("media_type", kept->media_type)
        .end_object();
    return http::json(201, out.str());
  }

 private:
  bool is_admin(const Request& request) const {
    return http::presents(request, access_.admin_token.expose("comparison with a request's"));
  }
  bool is_reader(const Request& request) const {
    return http::presents(request, access_.reader_token.expose("comparison with a request's")) ||
           is_admin(request);
  }

  Result<Evidence> find(const Request& request, bool may_ask) const {
    Digest256 sha256{};
    if (!wire::hex_decode_into(request.param("sha256"), sha256) ||
        wire::hex_encode(sha256) != request.param("sha256")) {
      return malformed("request.field", "the digest: 64 digits of lower-case hexadecimal");
    }
    const auto local = request.query_value("local");
    if (local && *local != "true") return malformed("request.field", "\"local\": expected true");
    auto here = store_.find(sha256);
    if (here || !elsewhere_ || !may_ask || local) return here;
    auto there = elsewhere_(sha256);
    if (!there) return here;
    // The next reader finds it here, if there is room; this one has it either way.
    static_cast<void>(store_.keep(there->bytes, there->media_type, ledger::Standing::kUnproven));
    return there;
  }

  EvidenceStore& store_;
  const EvidenceAccess access_;
  const Elsewhere elsewhere_;
};

}  // namespace

void mount_evidence_api(http::Router& router, EvidenceStore& store, EvidenceAccess access,
                        Elsewhere elsewhere) {
  const auto api =
      std::make_shared<const EvidenceApi>(store, std::move(access), std::move(elsewhere));
  router.add(http::Method::kGet, "/v1/evidence/{sha256}",
             [api](const Request& request, Respond respond) { respond(api->get(request)); },
             {.content_types = {}, .body_max = 0, .query = {"local"}});
  router.add(http::Method::kPost, "/v1/evidence",
             [api](const Request& request, Respond respond) { respond(api->post(request)); },
             {.content_types = {std::string(http::kAnyContentType)},
              .body_max = limits::kRequestBodyMax,
              .query = {}});
}

}  // namespace atoma::registry
