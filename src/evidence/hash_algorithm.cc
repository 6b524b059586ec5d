#include "atoma/evidence/hash_algorithm.h"

#include "atoma/crypto/digest.h"

namespace atoma::evidence {

std::size_t digest_size(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kNone:
      return 0;
    case HashAlgorithm::kSha1:
      return 20;
    case HashAlgorithm::kSha256:
      return 32;
    case HashAlgorithm::kSha384:
      return 48;
    case HashAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

std::string_view hash_name(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kNone:
      return "unknown";
    case HashAlgorithm::kSha1:
      return "sha1";
    case HashAlgorithm::kSha256:
      return "sha256";
    case HashAlgorithm::kSha384:
      return "sha384";
    case HashAlgorithm::kSha512:
      return "sha512";
  }
  return "unknown";
}

bool believed(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha256 || algorithm == HashAlgorithm::kSha384 ||
         algorithm == HashAlgorithm::kSha512;
}

Bytes hash_of(HashAlgorithm algorithm, std::initializer_list<ByteView> parts) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return to_bytes(ByteView(crypto::sha256(parts)));
    case HashAlgorithm::kSha384:
      return to_bytes(ByteView(crypto::sha384(parts)));
    case HashAlgorithm::kSha512:
      return to_bytes(ByteView(crypto::sha512(parts)));
    case HashAlgorithm::kNone:
    case HashAlgorithm::kSha1:
      break;
  }
  return {};
}

}  // namespace atoma::evidence
