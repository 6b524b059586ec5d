// Reproducible randomness for this module's tests.
#pragma once

#include "atoma/base/entropy.h"
#include "atoma/crypto/digest.h"

namespace atoma::crypto {

// SHA-256(seed ‖ counter), block after block.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint8_t seed) : seed_(seed) {}

  void fill(MutableByteView out) override {
    while (!out.empty()) {
      const ByteArray<2> input = {seed_, counter_++};
      const Digest256 block = sha256(input);
      const std::size_t size = std::min(out.size(), block.size());
      std::ranges::copy(ByteView(block).first(size), out.begin());
      out = out.subspan(size);
    }
  }

 private:
  std::uint8_t seed_;
  std::uint8_t counter_ = 0;
};

// Gives out exactly these bytes; more is a mistake of the test.
class FixedEntropy final : public Entropy {
 public:
  explicit FixedEntropy(Bytes bytes) : bytes_(std::move(bytes)) {}

  void fill(MutableByteView out) override {
    std::ranges::copy(ByteView(bytes_).subspan(used_, out.size()), out.begin());
    used_ += out.size();
  }
  bool used_up() const { return used_ == bytes_.size(); }

 private:
  Bytes bytes_;
  std::size_t used_ = 0;
};

}  // namespace atoma::crypto
