#include "atoma/registry/api.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "atoma/ledger/entry_json.h"
#include "atoma/tlog/bundle.h"
#include "atoma/tlog/tlog_proof.h"
#include "atoma/wire/text.h"

namespace atoma::registry {
namespace {

using http::Request;
using http::Respond;
using http::Response;
using tlog::Ledger;
using wire::JsonWriter;

Result<std::uint64_t> number(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The plain form only: no sign, no leading zeros.
  const bool plain = !text.empty() && (text == "0" || text.front() != '0');
  if (plain && error == std::errc() && end == text.data() + text.size()) return value;
  return malformed("request.field", "\"" + std::string(name) + "\": expected a whole number");
}

Result<std::uint64_t> query_number(const Request& request, std::string_view name,
                                   std::optional<std::uint64_t> otherwise = std::nullopt) {
  const auto text = request.query_value(name);
  if (text) return number(name, *text);
  if (otherwise) return *otherwise;
  return malformed("request.missing_field", "\"" + std::string(name) + "\" is missing");
}

void write_hashes(JsonWriter& out, std::string_view name, const merkle::Proof& proof) {
  out.key(name).begin_array();
  for (const auto& hash : proof) out.value(wire::base64_encode(hash));
  out.end_array();
}

// "json" is what a typed entry says, for people: nothing that is signed.
void write_entry(JsonWriter& out, std::uint64_t index, ByteView entry) {
  out.begin_object()
      .member("index", index)
      .member("leaf_hash", wire::base64_encode(merkle::leaf_hash(entry)))
      .member("entry", wire::base64_encode(entry));
  if (const auto typed = ledger::parse_entry(entry)) {
    out.key("json");
    ledger::write_entry_json(out, *typed);
  }
  out.end_object();
}

Response text(std::string_view body) {
  return {.status = 200, .content_type = "text/plain", .body = to_bytes(body), .headers = {}};
}

Response key(const Ledger& ledger) { return text(ledger.verifier_key().to_string() + "\n"); }

Result<std::string> entry(const Ledger& ledger, const Request& request) {
  ATOMA_TRY(const auto index, number("index", request.param("index")));
  ATOMA_TRY(const auto bytes, ledger.entry(index));
  JsonWriter out;
  write_entry(out, index, bytes);
  return out.take();
}

Result<std::string> entries(const Ledger& ledger, const Request& request) {
  ATOMA_TRY(const auto start, query_number(request, "start", 0));
  ATOMA_TRY(const auto limit, query_number(request, "limit", kEntriesPageMax));
  if (limit > kEntriesPageMax) {
    return malformed("request.field", "\"limit\": at most " + std::to_string(kEntriesPageMax));
  }
  const std::uint64_t size = ledger.latest_checkpoint().checkpoint.size;
  JsonWriter out;
  out.begin_object().member("size", size).key("entries").begin_array();
  for (std::uint64_t i = start; i < size && i - start < limit; ++i) {
    ATOMA_TRY(const auto bytes, ledger.entry(i));
    write_entry(out, i, bytes);
  }
  return out.end_array().end_object().take();
}

Result<std::string> inclusion(const Ledger& ledger, const Request& request) {
  const auto newest = ledger.latest_checkpoint().checkpoint.size;
  ATOMA_TRY(const auto index, query_number(request, "index"));
  ATOMA_TRY(const auto size, query_number(request, "size", newest));
  ATOMA_TRY(const auto proof, ledger.prove_inclusion(index, size));
  ATOMA_TRY(const auto bytes, ledger.entry(index));
  JsonWriter out;
  out.begin_object()
      .member("index", index)
      .member("size", size)
      .member("leaf_hash", wire::base64_encode(merkle::leaf_hash(bytes)));
  write_hashes(out, "proof", proof);
  return out.end_object().take();
}

Result<std::string> consistency(const Ledger& ledger, const Request& request) {
  ATOMA_TRY(const auto old_size, query_number(request, "old"));
  ATOMA_TRY(const auto new_size, query_number(request, "new"));
  ATOMA_TRY(const auto proof, ledger.prove_consistency(old_size, new_size));
  JsonWriter out;
  out.begin_object().member("old", old_size).member("new", new_size);
  write_hashes(out, "proof", proof);
  return out.end_object().take();
}

Result<std::string> bundle(const Ledger& ledger, const Request& request) {
  ATOMA_TRY(const auto index, number("index", request.param("index")));
  ATOMA_TRY(const auto bundle, tlog::make_bundle(ledger, index));
  return tlog::encode_bundle(bundle);
}

// Under the checkpoint that is shown: with witnesses, the one that they cosigned.
Result<std::string> offline_proof(const Ledger& ledger, const Published& published,
                                  const Request& request) {
  ATOMA_TRY(const auto index, number("index", request.param("index")));
  ATOMA_TRY(const auto shown, published());
  const std::uint64_t size = shown.checkpoint.size;
  if (index >= size) {
    return fail(Code::kNotFound, "ledger.index", "the checkpoint does not cover this entry");
  }
  ATOMA_TRY(auto inclusion, ledger.prove_inclusion(index, size));
  return tlog::encode_tlog_proof({.extra = std::nullopt,
                                  .index = index,
                                  .inclusion = std::move(inclusion),
                                  .checkpoint = shown.note});
}

}  // namespace

void mount_log_api(http::Router& router, const tlog::Ledger& ledger, Published published) {
  const Ledger* const log = &ledger;
  const auto add_text = [&](std::string_view path, Response (*answer)(const Ledger&)) {
    router.add(http::Method::kGet, path,
               [log, answer](Request, Respond respond) { respond(answer(*log)); });
  };
  using Answer = Result<std::string> (*)(const Ledger&, const Request&);
  const auto add = [&](std::string_view path, Answer answer, std::vector<std::string> query = {}) {
    router.add(http::Method::kGet, path,
               [log, answer](Request request, Respond respond) {
                 const auto body = answer(*log, request);
                 respond(body ? http::json(200, *body)
                              : http::problem(body.error(), request.correlation_id));
               },
               {.content_types = {}, .body_max = 0, .query = std::move(query)});
  };
  if (!published) {
    published = [log] { return Result<tlog::SignedCheckpoint>(log->latest_checkpoint()); };
  }
  router.add(http::Method::kGet, "/v1/log/proof/{index}",
             [log, published](const Request& request, Respond respond) {
               const auto proof = offline_proof(*log, published, request);
               respond(proof ? text(*proof) : http::problem(proof.error(), request.correlation_id));
             });
  router.add(
      http::Method::kGet, "/v1/log/checkpoint",
      [published = std::move(published)](Request request, Respond respond) {
        const auto shown = published();
        respond(shown ? text(shown->note) : http::problem(shown.error(), request.correlation_id));
      });
  add_text("/v1/log/key", key);
  add("/v1/log/entries", entries, {"start", "limit"});
  add("/v1/log/entries/{index}", entry);
  add("/v1/log/inclusion", inclusion, {"index", "size"});
  add("/v1/log/consistency", consistency, {"old", "new"});
  add("/v1/log/bundle/{index}", bundle);
}

}  // namespace atoma::registry
