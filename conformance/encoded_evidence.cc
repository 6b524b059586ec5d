#include "encoded_evidence.h"

#include "atoma/wire/text.h"

namespace atoma::conformance {
namespace {

std::unexpected<Error> bad_format(const char* what) {
  return malformed("conformance.format", what);
}

Status decode(std::string_view encoding, Bytes& evidence) {
  if (encoding != "base64") return bad_format("the one encoding that is known is base64");
  std::string_view text = as_text(evidence);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  ATOMA_TRY(evidence, wire::base64_decode(text));
  return {};
}

Status cut(const wire::JsonValue& slice, Bytes& evidence) {
  const wire::JsonValue* at = slice.find("offset");
  const wire::JsonValue* size = slice.find("length");
  const auto offset = at == nullptr ? std::nullopt : at->unsigned_integer();
  const auto length = size == nullptr ? std::nullopt : size->unsigned_integer();
  if (!offset || !length || *offset > evidence.size() || *length > evidence.size() - *offset) {
    return bad_format("a slice needs an offset and a length inside the file");
  }
  evidence = to_bytes(ByteView(evidence).subspan(*offset, *length));
  return {};
}

}  // namespace

Status unwrap_evidence(const wire::JsonValue& inputs, Bytes& evidence) {
  if (const wire::JsonValue* encoding = inputs.find("encoding")) {
    ATOMA_TRY_VOID(decode(encoding->text(), evidence));
  }
  if (const wire::JsonValue* slice = inputs.find("slice")) {
    ATOMA_TRY_VOID(cut(*slice, evidence));
  }
  return {};
}

}  // namespace atoma::conformance
