#include "atoma/merkle/hash.h"

namespace atoma::merkle {
namespace {
constexpr ByteArray<1> kLeafPrefix{0x00};
constexpr ByteArray<1> kNodePrefix{0x01};
}  // namespace

ByteView hash_bytes(std::span<const Hash> hashes) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(hashes.data())),
          hashes.size_bytes()};
}

Hash leaf_hash(ByteView entry) { return crypto::sha256({kLeafPrefix, entry}); }

Hash node_hash(const Hash& left, const Hash& right) {
  return crypto::sha256({kNodePrefix, left, right});
}

Hash empty_root() { return crypto::sha256(ByteView{}); }

}  // namespace atoma::merkle
