// Writes deterministic CBOR (RFC 8949 §4.2.1). Keys may come in any order: a map is sorted when it
// ends. Writing a key twice, or a key without a value, is our own mistake and stops the process.
//
//   CborWriter out;
//   out.begin_map().key(1).value(-7).key(4).bytes(kid).end_map();
//   out.take()
#pragma once

#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"

namespace atoma::wire {

class CborWriter {
 public:
  CborWriter& value(std::uint64_t number);
  CborWriter& value(std::int64_t number);
  CborWriter& value(int number) { return value(std::int64_t{number}); }
  CborWriter& value(std::string_view text);
  CborWriter& value(const char* text) { return value(std::string_view(text)); }
  CborWriter& value(bool b);
  CborWriter& bytes(ByteView bytes);
  CborWriter& null();
  // The item that is written next stands under `number`.
  CborWriter& tag(std::uint64_t number);
  // One item that already is deterministic CBOR.
  CborWriter& raw(ByteView item);

  CborWriter& begin_array();
  CborWriter& end_array();
  CborWriter& begin_map();
  CborWriter& end_map();
  // A key is a value like any other; the name says which of the two is meant.
  CborWriter& key(std::int64_t number) { return value(number); }
  CborWriter& key(std::string_view text) { return value(text); }

  // The one item that was written.
  Bytes take();

 private:
  // A container that has begun: its head is put before its items when their number is known.
  struct Open {
    std::size_t at;     // its first item, in out_
    std::size_t first;  // the same, in starts_
  };

  void begin_item();
  Open close();
  void sort_pairs(const Open& map);
  void insert_head(std::size_t at, std::uint8_t major, std::uint64_t count);

  Bytes out_;
  std::vector<std::size_t> starts_;  // of the items of all open containers, and of the outermost
  std::vector<Open> open_;
  bool after_tag_ = false;
};

}  // namespace atoma::wire
