// TPM quotes and HCL reports for tests: bytes as a TPM and a paravisor write them.
#pragma once

#include <vector>

#include "atoma/evidence/tpm/verify.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::tpm {

inline void append_sized(Bytes& out, ByteView part) {
  wire::append_be(out, part.size(), 2);
  append(out, part);
}

struct TestQuote {
  Bytes nonce = to_bytes("challenge");
  HashAlgorithm bank = HashAlgorithm::kSha256;
  std::uint32_t mask = 0xFFFFFF;
  bool clock_safe = true;
  std::uint64_t firmware_version = 0x2020031200120003;
  std::vector<Bytes> pcrs = default_pcrs(32);

  static std::vector<Bytes> default_pcrs(std::size_t size) {
    std::vector<Bytes> out;
    for (std::uint8_t i = 0; i < kPcrs; ++i) out.emplace_back(size, i);
    return out;
  }

  PcrValues values() const {
    PcrValues out{.bank = bank, .values = {}};
    for (std::size_t i = 0; i < kPcrs; ++i) out.values[i] = pcrs[i];
    return out;
  }

  Bytes selections() const {
    Bytes out;
    wire::append_be(out, 1, 4);
    wire::append_be(out, static_cast<std::uint16_t>(bank), 2);
    out.push_back(3);
    wire::append_le(out, mask, 3);
    return out;
  }

  Bytes encode() const { return encode(selections()); }
  Bytes encode(const Bytes& selection) const {
    Bytes out, chosen;
    wire::append_be(out, 0xFF544347, 4);
    wire::append_be(out, 0x8018, 2);
    append_sized(out, Bytes(34, 0x0B));
    append_sized(out, nonce);
    wire::append_be(out, 1000, 8);
    wire::append_be(out, 2, 4);
    wire::append_be(out, 0, 4);
    out.push_back(clock_safe ? 1 : 0);
    wire::append_be(out, firmware_version, 8);
    append(out, selection);
    for (std::size_t i = 0; i < kPcrs; ++i) {
      if ((mask >> i & 1) != 0) append(chosen, pcrs[i]);
    }
    append_sized(out, hash_of(HashAlgorithm::kSha256, {chosen}));
    return out;
  }
};

// TPMT_SIGNATURE of an RSA scheme.
inline Bytes rsa_signature(std::uint16_t scheme, HashAlgorithm hash, ByteView signature) {
  Bytes out;
  wire::append_be(out, scheme, 2);
  wire::append_be(out, static_cast<std::uint16_t>(hash), 2);
  append_sized(out, signature);
  return out;
}

inline Bytes ecdsa_signature(HashAlgorithm hash, ByteView raw) {
  Bytes out;
  wire::append_be(out, 0x0018, 2);
  wire::append_be(out, static_cast<std::uint16_t>(hash), 2);
  append_sized(out, raw.first(raw.size() / 2));
  append_sized(out, raw.subspan(raw.size() / 2));
  return out;
}

inline std::string hcl_claims(const crypto::RsaPrivateKey& ak) {
  return R"({"keys":[{"kid":"HCLAkPub","key_ops":["sign"],"kty":"RSA","e":")" +
         wire::base64url_encode(ak.exponent()) + R"(","n":")" +
         wire::base64url_encode(ak.modulus()) +
         R"("}],"vm-configuration":{"secure-boot":true,"vmUniqueId":"one"},"user-data":"00"})";
}

struct TestHcl {
  Bytes hardware_report = Bytes(1184);
  std::uint32_t type = 2;
  std::uint32_t hash_type = 1;
  std::string claims;
  std::size_t padding = 64;

  Bytes encode() const {
    Bytes out = to_bytes("HCLA");
    out.resize(32);
    append(out, hardware_report);
    wire::append_le(out, claims.size() + 20, 4);
    wire::append_le(out, 1, 4);
    wire::append_le(out, type, 4);
    wire::append_le(out, hash_type, 4);
    wire::append_le(out, claims.size(), 4);
    append(out, claims);
    out.resize(out.size() + padding);
    return out;
  }
};

}  // namespace atoma::evidence::tpm
