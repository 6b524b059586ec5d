// Event logs for tests: bytes as firmware writes them, with digests that fit unless told otherwise.
#pragma once

#include <vector>

#include "atoma/evidence/eventlog/event_log.h"
#include "atoma/wire/reader.h"

namespace atoma::evidence::eventlog {

struct TestLog {
  std::vector<HashAlgorithm> banks;
  Bytes bytes;

  // A CCEL has SHA-384 alone, a TPM's log two banks here.
  static TestLog ccel() { return TestLog({HashAlgorithm::kSha384}); }
  static TestLog pcrs() { return TestLog({HashAlgorithm::kSha256, HashAlgorithm::kSha384}); }

  explicit TestLog(std::vector<HashAlgorithm> list) : banks(std::move(list)) {
    Bytes spec = to_bytes(std::string_view("Spec ID Event03\0", 16));
    append(spec, ByteArray<8>{0, 0, 0, 0, 0, 2, 0, 2});
    wire::append_le(spec, banks.size(), 4);
    for (const auto bank : banks) {
      wire::append_le(spec, static_cast<std::uint16_t>(bank), 2);
      wire::append_le(spec, digest_size(bank), 2);
    }
    spec.push_back(0);
    header(0, kEvNoAction);
    bytes.resize(bytes.size() + 20);
    sized(spec);
  }

  void header(std::uint32_t index, std::uint32_t type) {
    wire::append_le(bytes, index, 4);
    wire::append_le(bytes, type, 4);
  }
  void sized(ByteView data) {
    wire::append_le(bytes, data.size(), 4);
    append(bytes, data);
  }
  // `hashed` is what is measured, where it is not `data` itself.
  TestLog& add(std::uint32_t index, std::uint32_t type, ByteView data, ByteView hashed) {
    header(index, type);
    wire::append_le(bytes, banks.size(), 4);
    for (const auto bank : banks) {
      wire::append_le(bytes, static_cast<std::uint16_t>(bank), 2);
      append(bytes, hash_of(bank, {hashed}));
    }
    sized(data);
    return *this;
  }
  TestLog& add(std::uint32_t index, std::uint32_t type, ByteView data) {
    return add(index, type, data, data);
  }
  TestLog& add(std::uint32_t index, std::uint32_t type, std::string_view text) {
    return add(index, type, as_bytes(text));
  }
  TestLog& separator(std::uint32_t index) { return add(index, kEvSeparator, Bytes(4)); }
};

// UEFI_VARIABLE_DATA of a variable in the global name space.
inline Bytes global_variable(std::string_view name, ByteView value) {
  Bytes out{0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11,
            0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C};
  wire::append_le(out, name.size(), 8);
  wire::append_le(out, value.size(), 8);
  for (const char c : name) wire::append_le(out, static_cast<std::uint8_t>(c), 2);
  append(out, value);
  return out;
}

// One record of a canonical event log.
inline void append_tlv(Bytes& out, std::uint8_t type, ByteView value) {
  out.push_back(type);
  wire::append_be(out, value.size(), 4);
  append(out, value);
}

inline Bytes cel_record(std::uint64_t number, std::uint8_t index_type, std::uint8_t index,
                        std::string_view text) {
  Bytes out, recnum, nested, content, digests;
  wire::append_be(recnum, number, 8);
  append_tlv(out, 0, recnum);
  append_tlv(out, index_type, Bytes{index});
  append_tlv(nested, 0, as_bytes(text));
  append_tlv(content, 80, nested);
  append_tlv(digests, 0x0C, hash_of(HashAlgorithm::kSha384, {content}));
  append_tlv(out, 3, digests);
  append(out, content);
  return out;
}

}  // namespace atoma::evidence::eventlog
