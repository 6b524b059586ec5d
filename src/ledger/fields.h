// Reads a body's map field by field; what nobody asked for is refused at the end. Private to this
// module. Every failure is "rule.body" and says which field of which type was wrong.
#pragma once

#include <string>

#include "atoma/ledger/entry.h"
#include "atoma/wire/cbor.h"

namespace atoma::ledger {

// One item as a field's value. Errors: "rule.body".
class FieldValue {
 public:
  FieldValue(wire::CborItem item, std::string where) : item_(item), where_(std::move(where)) {}

  Result<std::uint64_t> number() const;
  Result<Time> time() const;
  Result<Duration> duration() const;
  Result<bool> boolean() const;
  Result<std::string> text(std::size_t size_max) const;
  Result<Bytes> bytes(std::size_t size_min, std::size_t size_max) const;
  Result<Hash> digest() const;
  Result<std::vector<FieldValue>> array(std::size_t count_max) const;
  const wire::CborItem& item() const { return item_; }

  std::unexpected<Error> wrong(std::string_view expected) const;

 private:
  wire::CborItem item_;
  std::string where_;
};

class Fields {
 public:
  // `what` names the map in errors: an entry's type.
  static Result<Fields> parse(ByteView map, std::string what);

  Result<FieldValue> need(std::int64_t key);
  std::optional<FieldValue> maybe(std::int64_t key);
  // After the last field.
  Status end() const;

 private:
  Fields(std::shared_ptr<const wire::CborDocument> document, std::string what)
      : document_(std::move(document)), what_(std::move(what)) {}

  std::shared_ptr<const wire::CborDocument> document_;  // items point into it
  std::string what_;
  std::size_t seen_ = 0;
};

}  // namespace atoma::ledger
