// Fixed keys and vector files for the tests of this module.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "atoma/tlog/cosignature.h"

namespace atoma::tlog {

inline crypto::Ed25519PrivateKey test_key(std::uint8_t n) {
  ByteArray<32> seed{};
  seed.fill(n);
  return crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed));
}

inline NoteSigner test_signer(std::string name = "example.org/log", std::uint8_t n = 1) {
  return *NoteSigner::create(std::move(name), test_key(n));
}

inline Cosigner test_witness(std::string name = "witness.example/w1", std::uint8_t n = 2) {
  return *Cosigner::create(std::move(name), test_key(n));
}

inline Cosigner test_ml_dsa_witness(std::string name = "witness.example/m1", std::uint8_t n = 2) {
  ByteArray<32> seed{};
  seed.fill(n);
  return *Cosigner::create(std::move(name),
                           crypto::MlDsa44PrivateKey::from_seed(Secret<32>::copy_of(seed)));
}

inline std::optional<std::string> read_vector(const std::string& name) {
  const char* root = std::getenv("ATOMA_VECTORS");
  std::ifstream in(std::string(root ? root : "") + "/tlog/" + name, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Without the vectors: a loud skip, and a failure in CI.
#define ATOMA_NEED_VECTORS()                                                    \
  if (!read_vector("MANIFEST.json")) {                                          \
    if (std::getenv("CI")) FAIL() << "no vectors at ATOMA_VECTORS/tlog";        \
    std::cerr << "*** SKIPPED, NOT TESTED: no vectors at ATOMA_VECTORS/tlog\n"; \
    GTEST_SKIP() << "no vectors at ATOMA_VECTORS/tlog";                         \
  }                                                                             \
  static_assert(true)

}  // namespace atoma::tlog
