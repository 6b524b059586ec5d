// Reads a JSON body field by field: every member that is asked for must be there, and every member
// that is there must be asked for. The first complaint is remembered and comes out of finish().
//
//   ATOMA_TRY(const auto body, http::parse_body(request.body));
//   http::FieldReader in(body.root());
//   const Bytes nonce = in.base64("nonce", {32, 32});
//   ATOMA_TRY_VOID(in.finish());
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"
#include "atoma/wire/json.h"

namespace atoma::http {

// Errors: those of JsonDocument::parse, "request.field" when the body is no object.
Result<wire::JsonDocument> parse_body(ByteView body);

struct SizeRange {
  std::size_t min = 0;
  std::size_t max = 0;
};

// A reader of one object. Views live as long as the document; names must outlive the reader.
class FieldReader {
 public:
  // `path` names the object in errors: "rule."; empty for the body itself.
  explicit FieldReader(const wire::JsonValue& object, std::string path = "");

  // A string of so many bytes.
  std::string_view text(std::string_view name, SizeRange size);
  // Canonical base64 (RFC 4648 §4) of so many bytes.
  Bytes base64(std::string_view name, SizeRange size);
  // The same for what must be wiped; the caller wipes the body.
  SecretBytes secret(std::string_view name, SizeRange size);
  // The same as base64 for a member that may be absent, which gives no bytes.
  Bytes optional_base64(std::string_view name, std::size_t size_max);
  std::uint64_t number(std::string_view name);
  // Null when absent: whether that is wrong is the caller's to say.
  const wire::JsonValue* optional(std::string_view name);
  // Null after a complaint.
  const wire::JsonValue* required(std::string_view name, std::string_view form);

  // Complains that the member is not of this form.
  void refuse(std::string_view name, std::string_view form);
  // Takes over the complaint of a nested reader.
  void check(const Status& nested);
  bool good() const { return !error_; }

  // Errors: "request.missing_field", "request.field" (wrong type, size or encoding),
  // "request.unknown_field".
  Status finish() const;

 private:
  const wire::JsonValue& object_;
  std::string path_;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

}  // namespace atoma::http
