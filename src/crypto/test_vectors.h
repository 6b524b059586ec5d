// Published vectors for tests. They are not part of this repository: ATOMA_VECTORS names the
// folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "atoma/base/secret.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::crypto {

// The parsed file, or nothing when the folder is absent: then the caller skips. Under CI an absent
// file is a failure.
inline std::optional<wire::JsonDocument> load_vectors(const std::string& path) {
  const char* folder = std::getenv("ATOMA_VECTORS");
  std::ifstream file(std::string(folder == nullptr ? "" : folder) + "/" + path, std::ios::binary);
  if (folder == nullptr || !file) {
    std::cerr << "*** VECTORS ABSENT: " << path << " (set ATOMA_VECTORS to their folder)\n";
    EXPECT_EQ(std::getenv("CI"), nullptr) << path << " must be present under CI";
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto document = wire::JsonDocument::parse(text);
  EXPECT_TRUE(document) << path << ": " << document.error().to_string();
  if (!document) return std::nullopt;
  return *std::move(document);
}

inline Bytes hex_member(const wire::JsonValue& object, std::string_view name) {
  const wire::JsonValue* value = object.find(name);
  const auto bytes = wire::hex_decode(value == nullptr ? "missing" : value->text());
  EXPECT_TRUE(bytes) << "member " << name;
  return bytes.value_or(Bytes{});
}

inline std::int64_t number_member(const wire::JsonValue& object, std::string_view name) {
  const wire::JsonValue* value = object.find(name);
  const auto number = value == nullptr ? std::nullopt : value->integer();
  EXPECT_TRUE(number) << "member " << name;
  return number.value_or(-1);
}

inline Secret<32> secret32(ByteView bytes) {
  return Secret<32>::copy_of(std::span<const std::uint8_t, 32>(bytes));
}

}  // namespace atoma::crypto
