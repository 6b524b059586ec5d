// Fixed-base tables of the keys whose signatures are seen often. Private.
//
// A key is counted from its first valid signature on, so that forged signatures under others' keys
// cost nothing here; whoever owns a key can have one table made for every `signatures_before` valid
// signatures that he had us verify. Both bounds replace what was not used for longest.
#pragma once

#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "atoma/batch_ecdsa/batch_verifier.h"

namespace atoma::batch_ecdsa {

class KeyTables {
 public:
  using Table = std::vector<std::uint64_t>;

  explicit KeyTables(KeyTableLimits limits) : limits_(limits) {}

  // The key's table or null; valid until the next count(). Marks the key as used.
  const Table* find(crypto::Curve curve, ByteView xy);

  // Counts a valid signature. True when the key has earned a table that it has not.
  bool count(crypto::Curve curve, ByteView xy);
  // Keeps the table of a key, in place of the oldest if there are too many.
  void keep(crypto::Curve curve, ByteView xy, Table table);

  std::size_t tables() const { return tables_; }
  std::size_t keys() const { return entries_.size(); }

 private:
  struct Entry {
    std::string name;  // curve and point
    std::uint32_t signatures = 0;
    Table table;  // empty: none
  };
  using Entries = std::list<Entry>;

  Entries::iterator find_entry(std::string_view name);
  void drop_table(Entry& entry);

  KeyTableLimits limits_;
  Entries entries_;                                                  // the last used first
  std::unordered_map<std::string_view, Entries::iterator> by_name_;  // views of the entries' names
  std::size_t tables_ = 0;
};

}  // namespace atoma::batch_ecdsa
