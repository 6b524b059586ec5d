// How far the signatures on a log were verified, kept from one run of its sequencer to the next: a
// log is replayed whole when it is opened, and verifying is most of what that takes. Size and root,
// signed with the sequencer's key, so that nobody else can spare an entry the verification.
#pragma once

#include "atoma/cose/key.h"
#include "atoma/merkle/hash.h"
#include "atoma/store/file.h"

namespace atoma::registry {

struct VerifiedTo {
  std::uint64_t size = 0;
  merkle::Hash root{};
};

class VerifiedMark {
 public:
  // Without files nothing is kept. `key` outlives this.
  VerifiedMark(store::FileSystem* files, store::Path path, const cose::SigningKey& key)
      : files_(files), path_(std::move(path)), key_(&key) {}

  // Size 0 where there is none that this key signed.
  VerifiedTo load();
  // Durable at some time: what is lost is only verified again.
  void save(const VerifiedTo& verified);
  // Of what was loaded or saved last.
  std::uint64_t size() const { return size_; }

 private:
  store::FileSystem* files_;
  store::Path path_;
  const cose::SigningKey* key_;
  std::uint64_t size_ = 0;
};

}  // namespace atoma::registry
