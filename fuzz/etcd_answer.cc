// What an etcd may answer: whatever is taken keeps its bounds, and success is etcd's own word.
#include "atoma/etcd/answer.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  if (const auto range = etcd::parse_range(in)) {
    ATOMA_CHECK(range->revision > 0 && range->kvs.size() <= etcd::kKeysMax);
    for (const auto& kv : range->kvs) {
      ATOMA_CHECK(!kv.key.empty() && kv.key.size() <= etcd::kKeyMax);
      ATOMA_CHECK(kv.create_revision > 0 && kv.create_revision <= kv.mod_revision);
      ATOMA_CHECK(kv.value.size() <= in.size());
    }
  }
  if (const auto txn = etcd::parse_txn(in)) {
    ATOMA_CHECK(txn->revision > 0);
    ATOMA_CHECK(!txn->succeeded || as_text(in).contains("true"));
  }
  if (const auto lease = etcd::parse_lease(in)) ATOMA_CHECK(lease->id != 0);
  if (const auto lease = etcd::parse_keep_alive(in)) ATOMA_CHECK(lease->id != 0);
  if (const auto member = etcd::parse_member(in)) ATOMA_CHECK(member->id != 0);
  for (const char c : etcd::parse_complaint(in)) ATOMA_CHECK(c >= 0x20 && c <= 0x7E);
}

}  // namespace atoma::fuzz
