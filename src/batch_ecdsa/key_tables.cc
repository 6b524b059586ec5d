#include "key_tables.h"

#include <algorithm>
#include <array>

namespace atoma::batch_ecdsa {
namespace {

// Curve and point in one name, without an allocation for each look-up.
class Name {
 public:
  Name(crypto::Curve curve, ByteView xy) : size_(1 + xy.size()) {
    bytes_[0] = static_cast<std::uint8_t>(curve);
    std::ranges::copy(xy, bytes_.begin() + 1);
  }
  std::string_view view() const { return as_text(ByteView(bytes_).first(size_)); }

 private:
  ByteArray<1 + 2 * 48> bytes_;
  std::size_t size_;
};

}  // namespace

KeyTables::Entries::iterator KeyTables::find_entry(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return entries_.end();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second;
}

const KeyTables::Table* KeyTables::find(crypto::Curve curve, ByteView xy) {
  if (tables_ == 0) return nullptr;
  const auto entry = find_entry(Name(curve, xy).view());
  return entry == entries_.end() || entry->table.empty() ? nullptr : &entry->table;
}

bool KeyTables::count(crypto::Curve curve, ByteView xy) {
  if (limits_.tables_max == 0 || limits_.keys_max == 0) return false;
  const Name name(curve, xy);
  auto entry = find_entry(name.view());
  if (entry == entries_.end()) {
    if (entries_.size() >= limits_.keys_max) {
      drop_table(entries_.back());
      by_name_.erase(entries_.back().name);
      entries_.pop_back();
    }
    entries_.push_front({.name = std::string(name.view()), .table = {}});
    entry = entries_.begin();
    by_name_.emplace(entry->name, entry);
  }
  if (entry->signatures < limits_.signatures_before) ++entry->signatures;
  return entry->table.empty() && entry->signatures >= limits_.signatures_before;
}

void KeyTables::keep(crypto::Curve curve, ByteView xy, Table table) {
  const auto entry = find_entry(Name(curve, xy).view());
  if (entry == entries_.end()) return;
  if (entry->table.empty() && tables_ >= limits_.tables_max) {
    const auto oldest = std::find_if(entries_.rbegin(), entries_.rend(),
                                     [](const Entry& e) { return !e.table.empty(); });
    drop_table(*oldest);
    oldest->signatures = 0;
  }
  if (entry->table.empty()) ++tables_;
  entry->table = std::move(table);
}

void KeyTables::drop_table(Entry& entry) {
  if (entry.table.empty()) return;
  entry.table = {};
  --tables_;
}

}  // namespace atoma::batch_ecdsa
