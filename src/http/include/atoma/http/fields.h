// Reads a request's body field by field, in JSON or in CBOR: every member that is asked for must be
// there, and every member that is there must be asked for. The first complaint is remembered and
// comes out of finish().
//
// The two forms say the same, member by member. What JSON has as text in base64 is a byte string in
// CBOR; a file that is JSON itself is an object in JSON and a text in CBOR.
//
//   ATOMA_TRY(const auto body, http::parse_body(request.body));
//   http::FieldReader in(body.root());
//   const Bytes nonce = in.bytes("nonce", {32, 32});
//   ATOMA_TRY_VOID(in.finish());
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"
#include "atoma/http/message.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/json.h"

namespace atoma::http {

struct SizeRange {
  std::size_t min = 0;
  std::size_t max = 0;
};

enum class BodyForm : std::uint8_t { kJson, kCbor };

// As the request's Content-Type says; JSON unless it is CBOR.
BodyForm body_form(const Request& request);

// A value in a body: a cheap view, good while the body stays where it is.
class Value {
 public:
  // A value is read wherever an object of JSON is.
  explicit(false) Value(const wire::JsonValue& value) : value_(&value) {}
  explicit Value(wire::CborItem item) : value_(item) {}

  bool is_object() const;  // a map in CBOR
  bool is_array() const;
  bool is_cbor() const { return std::holds_alternative<wire::CborItem>(value_); }
  std::optional<std::string_view> text() const;
  std::optional<std::uint64_t> number() const;
  // Nothing where it is none, or of another size. Canonical base64 (RFC 4648 §4) in JSON.
  std::optional<Bytes> bytes(SizeRange size) const;
  // A document that is JSON itself: the exact bytes of an object, or a text in CBOR.
  std::optional<std::string_view> document() const;

  std::optional<Value> find(std::string_view name) const;
  std::vector<Value> items() const;  // of an array
  // Of an object's members; nothing for a key that is no text.
  std::vector<std::optional<std::string_view>> names() const;

  // Null in CBOR.
  const wire::JsonValue* json() const;

 private:
  std::variant<const wire::JsonValue*, wire::CborItem> value_;
};

class Body {
 public:
  Value root() const;

 private:
  friend Result<Body> parse_body(ByteView, BodyForm);
  using Document = std::variant<wire::JsonDocument, wire::CborDocument>;
  explicit Body(Document document) : document_(std::move(document)) {}

  Document document_;
};

// A body in CBOR must outlive what is returned. Maps may be in any order there; else it must be
// deterministic (RFC 8949 §4.2.1).
// Errors: those of JsonDocument::parse or CborDocument::parse, "request.field" when the body is no
// object.
Result<Body> parse_body(ByteView body, BodyForm form = BodyForm::kJson);

// A reader of one object. Views live as long as the body; names must outlive the reader.
class FieldReader {
 public:
  // `path` names the object in errors: "rule."; empty for the body itself.
  explicit FieldReader(Value object, std::string path = "");

  // A string of so many bytes.
  std::string_view text(std::string_view name, SizeRange size);
  Bytes bytes(std::string_view name, SizeRange size);
  // The same for what must be wiped; the caller wipes the body.
  SecretBytes secret(std::string_view name, SizeRange size);
  // The same as bytes for a member that may be absent, which gives none.
  Bytes optional_bytes(std::string_view name, std::size_t size_max);
  std::uint64_t number(std::string_view name);
  // Nothing when absent: whether that is wrong is the caller's to say.
  std::optional<Value> optional(std::string_view name);
  bool has(std::string_view name) { return optional(name).has_value(); }
  // Nothing after a complaint.
  std::optional<Value> required(std::string_view name, std::string_view form);

  // Complains that the member is not of this form.
  void refuse(std::string_view name, std::string_view form);
  // Takes over the complaint of a nested reader.
  void check(const Status& nested);
  bool good() const { return !error_; }
  BodyForm form() const { return object_.is_cbor() ? BodyForm::kCbor : BodyForm::kJson; }

  // Errors: "request.missing_field", "request.field" (wrong type, size or encoding),
  // "request.unknown_field".
  Status finish() const;

 private:
  std::string bytes_form(SizeRange size) const;

  Value object_;
  std::string path_;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

}  // namespace atoma::http
