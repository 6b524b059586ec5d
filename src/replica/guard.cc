#include "atoma/replica/guard.h"

#include <format>

#include "atoma/crypto/digest.h"
#include "atoma/wire/reader.h"

namespace atoma::replica {
namespace {

constexpr std::string_view kMagic = "ATOMASG1";
constexpr std::size_t kSlotSize = 512;  // what disks write whole
constexpr std::size_t kBodySize = 8 + 8 + 8 + 32;
constexpr std::size_t kFileSize = 2 * kSlotSize;

struct Slot {
  std::uint64_t counter = 0;
  Tree tree;
};

Bytes encode(const Slot& slot) {
  Bytes out = to_bytes(kMagic);
  wire::append_be(out, slot.counter, 8);
  wire::append_be(out, slot.tree.size, 8);
  append(out, slot.tree.root);
  append(out, crypto::sha256(out));
  out.resize(kSlotSize);
  return out;
}

std::optional<Slot> parse(ByteView bytes) {
  wire::Reader in(bytes);
  const bool magic = as_text(in.take(kMagic.size())) == kMagic;
  Slot out;
  out.counter = in.u64_be();
  out.tree.size = in.u64_be();
  out.tree.root = in.take_array<32>();
  const auto check = in.take_array<32>();
  if (magic && in.ok() && check == crypto::sha256(bytes.first(kBodySize))) return out;
  return std::nullopt;
}

}  // namespace

Result<Guard> Guard::open(store::FileSystem& files, const store::Path& path) {
  ATOMA_TRY(const bool there, files.exists(path));
  if (!there) {
    Bytes both = encode({});
    append(both, encode({}));
    ATOMA_TRY_VOID(store::replace_file(files, path, both));
  }
  ATOMA_TRY(auto file, files.open(path, store::OpenMode::kReadWrite));
  Bytes bytes(kFileSize);
  ATOMA_TRY(const std::size_t got, file->read(0, bytes));
  Guard out(std::move(file));
  const ByteView view(bytes);
  const auto a = parse(view.first(kSlotSize));
  const auto b = parse(view.subspan(kSlotSize));
  if (got != kFileSize || (!a && !b)) {
    return fail(Code::kDataLoss, "guard.corrupt",
                std::format("{} does not say what was signed last. Bring back a copy as new as the "
                            "newest checkpoint shown; without one this key must sign no more",
                            path.string()));
  }
  const Slot& newest = a && (!b || a->counter >= b->counter) ? *a : *b;
  out.last_ = newest.tree;
  out.counter_ = newest.counter;
  return out;
}

Status Guard::advance(const Tree& tree) {
  if (tree == last_) return {};
  if (tree.size <= last_.size) {
    return fail(
        Code::kDataLoss, "guard.rollback",
        std::format("a tree of {} entries after one of {} was signed", tree.size, last_.size));
  }
  const std::uint64_t counter = counter_ + 1;
  // The slot that does not hold the newest.
  ATOMA_TRY_VOID(file_->write((counter % 2) * kSlotSize, encode({counter, tree})));
  ATOMA_TRY_VOID(file_->sync());
  counter_ = counter;
  last_ = tree;
  return {};
}

}  // namespace atoma::replica
