// Every value's raw text parses to the same value, and so does what JsonWriter makes of it.
#include "atoma/wire/json.h"

#include "atoma/wire/json_writer.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using wire::JsonDocument;
using wire::JsonType;
using wire::JsonValue;
using wire::JsonWriter;

void check_same(const JsonValue& a, const JsonValue& b) {
  ATOMA_CHECK(a.type() == b.type() && a.name() == b.name() && a.text() == b.text());
  ATOMA_CHECK(a.boolean() == b.boolean() && a.integer() == b.integer());
  ATOMA_CHECK(a.unsigned_integer() == b.unsigned_integer());
  ATOMA_CHECK(a.items().size() == b.items().size());
  for (std::size_t i = 0; i < a.items().size(); ++i) check_same(a.items()[i], b.items()[i]);
}

void write(JsonWriter& out, const JsonValue& value) {
  if (value.is_string()) {
    out.value(value.text());
  } else if (value.is_array()) {
    out.begin_array();
    for (const JsonValue& item : value.items()) write(out, item);
    out.end_array();
  } else if (value.is_object()) {
    out.begin_object();
    for (const JsonValue& item : value.items()) write(out.key(item.name()), item);
    out.end_object();
  } else {
    out.raw(value.raw());
  }
}

void check_raw(const JsonValue& value) {
  const auto again = JsonDocument::parse(value.raw());
  ATOMA_CHECK(again.has_value() && again->root().raw() == value.raw());
  ATOMA_CHECK(again->root().items().size() == value.items().size());
  ATOMA_CHECK(again->root().text() == value.text());
  for (const JsonValue& item : value.items()) {
    ATOMA_CHECK(value.raw().data() <= item.raw().data());
    ATOMA_CHECK(item.raw().data() + item.raw().size() <= value.raw().data() + value.raw().size());
    ATOMA_CHECK(!value.is_object() || value.find(item.name()) == &item);
    check_raw(item);
  }
}

}  // namespace

void one_input(ByteView in) {
  const auto document = JsonDocument::parse(as_text(in));
  if (!document) return;
  check_raw(document->root());
  for (const auto style : {JsonWriter::Style::kCompact, JsonWriter::Style::kIndented}) {
    JsonWriter out(style);
    write(out, document->root());
    const auto again = JsonDocument::parse(out.str());
    ATOMA_CHECK(again.has_value());
    check_same(document->root(), again->root());
  }
}

}  // namespace atoma::fuzz
