// Secrets have types: move-only, wiped when destroyed, not printable, opened by a named reason
// that can be searched for.
//
//   SecretBytes key = …;
//   aead_seal(key.expose("data key for the envelope"), …);
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "atoma/base/bytes.h"

namespace atoma {

// Overwrites memory in a way that the compiler keeps.
void wipe(MutableByteView memory);

// Constant time in the contents; lengths are public.
bool ct_equal(ByteView a, ByteView b);

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes&& value) : value_(std::move(value)) {}
  explicit SecretBytes(std::size_t size) : value_(size) {}
  SecretBytes(SecretBytes&& other) noexcept : value_(std::exchange(other.value_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(value_); }

  static SecretBytes copy_of(ByteView value) { return SecretBytes(to_bytes(value)); }

  std::size_t size() const { return value_.size(); }
  ByteView expose(std::string_view /*reason*/) const { return value_; }
  MutableByteView expose_mutable(std::string_view /*reason*/) { return value_; }

 private:
  Bytes value_;
};

// A secret of fixed size without a heap allocation.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  Secret(Secret&& other) noexcept : value_(other.value_) { wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    value_ = other.value_;
    wipe(other.value_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(value_); }

  static Secret copy_of(std::span<const std::uint8_t, N> value) {
    Secret secret;
    std::ranges::copy(value, secret.value_.begin());
    return secret;
  }

  std::span<const std::uint8_t, N> expose(std::string_view /*reason*/) const { return value_; }
  std::span<std::uint8_t, N> expose_mutable(std::string_view /*reason*/) { return value_; }

 private:
  std::array<std::uint8_t, N> value_{};
};

}  // namespace atoma
