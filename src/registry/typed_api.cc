#include "atoma/registry/typed_api.h"

#include <charconv>
#include <format>

#include "atoma/http/fields.h"
#include "atoma/ledger/bodies.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::registry {
namespace {

using http::Request;
using http::Respond;

Result<Bytes> entry_of(const Request& request) {
  ATOMA_TRY(const auto document, http::parse_body(request.body));
  http::FieldReader reader(document.root());
  Bytes entry = reader.bytes("entry", {1, ledger::kEntryMax});
  ATOMA_TRY_VOID(reader.finish());
  return entry;
}

http::Response answer(const Submitted& submitted) {
  const auto& receipt = submitted.receipt;
  wire::JsonWriter out;
  out.begin_object()
      .member("index", receipt.index)
      .member("leaf_hash", wire::base64_encode(receipt.leaf_hash))
      .member("duplicate", submitted.duplicate)
      .member("checkpoint", receipt.checkpoint.note)
      .key("proof")
      .begin_array();
  for (const auto& hash : receipt.inclusion) out.value(wire::base64_encode(hash));
  out.end_array().end_object();
  return http::json(submitted.duplicate ? 200 : 201, out.str());
}

// What the log names must be there before. Of what is no entry the rules say so.
Status check_kept(const EvidenceStore* evidence, ByteView bytes) {
  if (evidence == nullptr) return {};
  const auto entry = ledger::parse_entry(bytes);
  if (!entry) return {};
  const auto refs = ledger::read_evidence_refs(entry->statement);
  if (!refs) return {};
  for (const auto& ref : *refs) {
    const auto found = evidence->find(ref.sha256);
    if (found && found->bytes.size() == ref.size) continue;
    return fail(Code::kFailedPrecondition, "evidence.missing",
                std::format("the entry names {} bytes with the digest {}, which are not kept here: "
                            "POST /v1/evidence before",
                            ref.size, wire::hex_encode(ref.sha256)));
  }
  return {};
}

void submit(Sequencer& sequencer, const EvidenceStore* evidence, const Request& request,
            Respond respond) {
  auto entry = entry_of(request);
  if (!entry) return respond(http::problem(entry.error(), request.correlation_id));
  if (const auto kept = check_kept(evidence, *entry); !kept) {
    return respond(http::problem(kept.error(), request.correlation_id));
  }
  sequencer.submit(*std::move(entry), [id = request.correlation_id, respond = std::move(respond)](
                                          Result<Submitted> submitted) mutable {
    respond(submitted ? answer(*submitted) : http::problem(submitted.error(), id));
  });
}

Result<ledger::LabelName> label_of(const Request& request) {
  ledger::LabelName out{std::string(request.query_value("namespace").value_or("")),
                        std::string(request.query_value("label").value_or(""))};
  if (out.space.empty() || out.label.empty()) {
    return malformed("request.missing_field", "\"namespace\" and \"label\" are needed");
  }
  return out;
}

Result<std::string> head(Sequencer& sequencer, const Request& request) {
  ATOMA_TRY(const auto name, label_of(request));
  wire::JsonWriter out;
  out.begin_object().key("previous");
  ATOMA_TRY(const auto newest, sequencer.head(name));
  if (newest) {
    out.begin_object()
        .member("index", newest->index)
        .member("leaf_hash", wire::base64_encode(newest->leaf))
        .end_object();
  } else {
    out.null();
  }
  return out.end_object().take();
}

Result<std::uint64_t> map_head_below(const Request& request) {
  const auto text = request.query_value("map_head_below");
  if (!text) return ledger::kNewestMapHead;
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error == std::errc() && end == text->data() + text->size()) return out;
  return malformed("request.field", "\"map_head_below\": expected a whole number");
}

Result<std::string> lookup(Sequencer& sequencer, const Request& request) {
  ATOMA_TRY(const auto name, label_of(request));
  ATOMA_TRY(const auto below, map_head_below(request));
  ATOMA_TRY(const auto found, sequencer.lookup(name, below));
  wire::JsonWriter out;
  out.begin_object().member("lookup", wire::base64_encode(ledger::encode_lookup(found)));
  return out.end_object().take();
}

}  // namespace

void mount_typed_api(http::Router& router, Sequencer& sequencer, const EvidenceStore* evidence) {
  Sequencer* const owner = &sequencer;
  router.add(
      http::Method::kPost, "/v1/registry/entries",
      [owner, evidence](const Request& request, Respond respond) {
        submit(*owner, evidence, request, std::move(respond));
      },
      {.content_types = {"application/json"}, .body_max = 2 * ledger::kEntryMax, .query = {}});
  using Answer = Result<std::string> (*)(Sequencer&, const Request&);
  const auto add = [&](std::string_view path, Answer make, std::vector<std::string> query) {
    router.add(http::Method::kGet, path,
               [owner, make](const Request& request, Respond respond) {
                 const auto body = make(*owner, request);
                 respond(body ? http::json(200, *body)
                              : http::problem(body.error(), request.correlation_id));
               },
               {.content_types = {}, .body_max = 0, .query = std::move(query)});
  };
  add("/v1/registry/head", head, {"namespace", "label"});
  add("/v1/registry/lookup", lookup, {"namespace", "label", "map_head_below"});
}

}  // namespace atoma::registry
