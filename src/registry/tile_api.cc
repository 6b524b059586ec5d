#include "atoma/registry/tile_api.h"

#include "atoma/base/limits.h"
#include "atoma/wire/json_writer.h"

namespace atoma::registry {
namespace {

using http::Request;
using http::Respond;
using http::Response;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kBytes = "application/octet-stream";
// A checkpoint is old as soon as an entry comes; a tile, by its name, is what it is for good.
constexpr std::string_view kBriefly = "public, max-age=2";
constexpr std::string_view kForGood = "public, max-age=31536000, immutable";
constexpr std::string_view kRetryAfter = "1";

Response answer(std::string_view type, Bytes body, std::string_view caching) {
  return {.status = 200,
          .content_type = std::string(type),
          .body = std::move(body),
          .headers = {{"Cache-Control", std::string(caching)}}};
}

// What a full or a stopped log answers can be tried again.
Response refusal(const Error& error, std::string_view correlation_id) {
  Response out = http::problem(error, correlation_id);
  if (out.status == 429 || out.status == 503) {
    out.headers.push_back({"Retry-After", std::string(kRetryAfter)});
  }
  return out;
}

Result<Bytes> read_tile(const Registry& registry, const Published& published,
                        const Request& request) {
  auto tile = merkle::parse_tile_path(std::string_view(request.path).substr(1));
  if (!tile) return fail(Code::kNotFound, "merkle.tile_path", tile.error().message);
  ATOMA_TRY(const auto shown, published());
  const std::uint64_t size = shown.checkpoint.size;
  if (tile->width > merkle::tile_width(tile->level, tile->index, size)) {
    return fail(Code::kNotFound, "ledger.tile", "the checkpoint does not cover all of this tile");
  }
  return registry.tile(*tile);
}

void add_one(Registry& registry, Request request, Respond respond) {
  std::vector<Bytes> entries;
  entries.push_back(std::move(request.body));
  registry.append_all(std::move(entries), [id = std::move(request.correlation_id),
                                           respond = std::move(respond)](auto index) mutable {
    respond(index ? Response{.status = 200,
                             .content_type = std::string(kText),
                             .body = to_bytes(std::to_string(*index)),
                             .headers = {}}
                  : refusal(index.error(), id));
  });
}

void add_many(Registry& registry, Request request, Respond respond) {
  const auto views = merkle::parse_entries(request.body, kAddEntriesMax);
  if (!views) return respond(refusal(views.error(), request.correlation_id));
  std::vector<Bytes> entries;
  entries.reserve(views->size());
  for (const ByteView view : *views) entries.push_back(to_bytes(view));
  registry.append_all(
      std::move(entries), [id = std::move(request.correlation_id), count = views->size(),
                           respond = std::move(respond)](auto first) mutable {
        if (!first) return respond(refusal(first.error(), id));
        wire::JsonWriter out;
        out.begin_object().member("first", *first).member("count", count).end_object();
        respond(http::json(200, out.str()));
      });
}

}  // namespace

void mount_tile_api(http::Router& router, const Registry& registry, Published published) {
  const Registry* const log = &registry;
  if (!published)
    published = [log] { return Result<tlog::SignedCheckpoint>(log->latest_checkpoint()); };
  router.add(http::Method::kGet, "/checkpoint", [published](Request request, Respond respond) {
    const auto shown = published();
    respond(shown ? answer(kText, to_bytes(shown->note), kBriefly)
                  : refusal(shown.error(), request.correlation_id));
  });
  router.add(http::Method::kGet, "/tile/{path...}",
             [log, published](Request request, Respond respond) {
               auto tile = read_tile(*log, published, request);
               respond(tile ? answer(kBytes, *std::move(tile), kForGood)
                            : refusal(tile.error(), request.correlation_id));
             });
  router.add(http::Method::kGet, "/log/verifier-key", [log](Request, Respond respond) {
    respond(answer(kText, to_bytes(log->verifier_key().to_string() + "\n"), kBriefly));
  });
}

void mount_add_api(http::Router& router, Registry& registry) {
  Registry* const log = &registry;
  http::RouteOptions one;
  one.content_types = {std::string(http::kAnyContentType)};
  one.body_max = limits::kLogEntryMax;
  one.runs = http::Runs::kOnLoop;
  router.add(
      http::Method::kPost, "/add",
      [log](Request request, Respond respond) {
        add_one(*log, std::move(request), std::move(respond));
      },
      std::move(one));
  http::RouteOptions many;
  many.content_types = {std::string(kBytes)};
  many.body_max = kAddBodyMax;
  router.add(
      http::Method::kPost, "/v1/log/entries",
      [log](Request request, Respond respond) {
        add_many(*log, std::move(request), std::move(respond));
      },
      std::move(many));
}

}  // namespace atoma::registry
