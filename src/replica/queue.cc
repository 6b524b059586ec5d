#include "atoma/replica/queue.h"

#include <algorithm>

#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"

namespace atoma::replica {
namespace {

constexpr std::string_view kBatchMagic = "ATOMABQ1";
constexpr std::string_view kHeadMagic = "ATOMAHD1";
constexpr std::string_view kLeaderMagic = "ATOMALD1";

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Code::kDataLoss, "queue.corrupt", "the commit queue holds " + std::string(what));
}

bool is_magic(wire::Reader& in, std::string_view magic) {
  return as_text(in.take(magic.size())) == magic;
}

std::string take_text(wire::Reader& in) {
  const std::size_t size = in.u16_be();
  return std::string(as_text(in.take(size)));
}

bool is_name(std::string_view text, std::size_t size_max) {
  return !text.empty() && text.size() <= size_max &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

Bytes encode_batch(const Batch& batch) {
  Bytes out = to_bytes(kBatchMagic);
  wire::append_be(out, batch.first_index, 8);
  wire::append_be(out, batch.term, 8);
  append(out, batch.root);
  wire::append_be(out, batch.entries.size(), 4);
  for (const Bytes& entry : batch.entries) {
    wire::append_be(out, entry.size(), 2);
    append(out, entry);
  }
  return out;
}

Result<Batch> parse_batch(ByteView bytes) {
  wire::Reader in(bytes);
  Batch out;
  if (!is_magic(in, kBatchMagic)) return corrupt("a batch that does not begin as one");
  out.first_index = in.u64_be();
  out.term = in.u64_be();
  out.root = in.take_array<sizeof(Hash)>();
  const std::uint32_t count = in.u32_be();
  if (!in.ok() || count == 0 || count > kBatchEntriesMax ||
      out.first_index > merkle::kSizeMax - count) {
    return corrupt("a batch with an impossible number of entries");
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const ByteView entry = in.take(in.u16_be());
    if (entry.empty()) return corrupt("a batch that ends inside an entry, or an empty entry");
    out.entries.push_back(to_bytes(entry));
  }
  if (!in.finish()) return corrupt("a batch with more than its entries");
  return out;
}

Bytes encode_head(const Head& head) {
  Bytes out = to_bytes(kHeadMagic);
  wire::append_be(out, head.size, 8);
  append(out, head.root);
  return out;
}

Result<Head> parse_head(ByteView bytes) {
  wire::Reader in(bytes);
  const bool magic = is_magic(in, kHeadMagic);
  Head out;
  out.size = in.u64_be();
  out.root = in.take_array<sizeof(Hash)>();
  if (!magic || !in.finish() || out.size > merkle::kSizeMax) return corrupt("no head");
  return out;
}

Bytes encode_leader(std::string_view node, std::string_view url) {
  Bytes out = to_bytes(kLeaderMagic);
  for (const std::string_view text : {node, url}) {
    wire::append_be(out, text.size(), 2);
    append(out, text);
  }
  return out;
}

Result<Leader> parse_leader(ByteView bytes) {
  wire::Reader in(bytes);
  const bool magic = is_magic(in, kLeaderMagic);
  Leader out;
  out.node = take_text(in);
  out.url = take_text(in);
  if (magic && in.finish() && is_name(out.node, kNodeNameMax) && is_name(out.url, kUrlMax)) {
    return out;
  }
  return corrupt("no leader");
}

}  // namespace atoma::replica
