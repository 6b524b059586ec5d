// The signer's memory: the largest tree that this node may have signed, in a file of its own, so
// that it survives whatever is put back beside it. Written and synced before anything of that size
// is signed.
//
//   ATOMA_TRY(auto guard, Guard::open(files, data / "signer"));
//   if (guard.last() is ahead of what the queue says) refuse;
//   ATOMA_TRY_VOID(guard.advance({next.size(), next.root()}));   // only now sign
//
// The file has two slots, written in turn, each with a counter and a check: a torn write leaves the
// other one. Both torn or foreign is "guard.corrupt": nobody then knows what was signed.
// Not synchronised.
#pragma once

#include <memory>
#include <optional>

#include "atoma/merkle/hash.h"
#include "atoma/store/file.h"

namespace atoma::replica {

struct Tree {
  std::uint64_t size = 0;
  merkle::Hash root{};

  friend bool operator==(const Tree&, const Tree&) = default;
};

class Guard {
 public:
  // Makes the file where there is none. Errors: "guard.corrupt", those of store::FileSystem.
  static Result<Guard> open(store::FileSystem& files, const store::Path& path);

  const Tree& last() const { return last_; }  // size 0: nothing was ever signed
  // `tree` was proven to contain last(). Errors: "guard.rollback" when it is smaller, or as large
  // with another root; "store.io", after which it must be opened again.
  Status advance(const Tree& tree);

 private:
  explicit Guard(std::unique_ptr<store::File> file) : file_(std::move(file)) {}

  std::unique_ptr<store::File> file_;
  Tree last_;
  std::uint64_t counter_ = 0;
};

}  // namespace atoma::replica
