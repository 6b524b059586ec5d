#include "atoma/evidence/amd/endorsements.h"

#include "atoma/base/limits.h"
#include "atoma/wire/der.h"
#include "atoma/wire/pem.h"

namespace atoma::evidence::amd {
namespace {

using pki::Certificate;
using pki::Crl;

// The files' contents before anybody has a role.
struct Pool {
  std::vector<Certificate> certificates;
  std::vector<Crl> crls;

  Status add_certificate(ByteView der) {
    for (const auto& known : certificates) {
      if (equal(known.der(), der)) return {};
    }
    if (certificates.size() == limits::kCertificatesMax) {
      return malformed("endorsements.too_many",
                       "more than " + std::to_string(limits::kCertificatesMax) + " certificates");
    }
    ATOMA_TRY(auto certificate, Certificate::parse(der));
    certificates.push_back(std::move(certificate));
    return {};
  }

  Status add_crl(ByteView der) {
    for (const auto& known : crls) {
      if (equal(known.der(), der)) return {};
    }
    if (!crls.empty()) {
      return malformed("endorsements.crl", "two different revocation lists; one product has one");
    }
    ATOMA_TRY(auto crl, Crl::parse(der));
    crls.push_back(std::move(crl));
    return {};
  }

  Status add_file(ByteView file) {
    if (!wire::looks_like_pem(file)) return is_crl(file) ? add_crl(file) : add_certificate(file);
    ATOMA_TRY(const auto blocks, wire::parse_pem(as_text(file), limits::kCertificatesMax));
    for (const auto& block : blocks) {
      if (block.label == "X509 CRL") {
        ATOMA_TRY_VOID(add_crl(block.der));
      } else if (block.label == "CERTIFICATE") {
        ATOMA_TRY_VOID(add_certificate(block.der));
      } else {
        return malformed("x509.label", "expected CERTIFICATE or X509 CRL, found " + block.label);
      }
    }
    return {};
  }

  // A certificate's signed part begins with [0] version, a list's with an INTEGER.
  static bool is_crl(ByteView der) {
    wire::DerReader in(der);
    return in.enter(wire::kDerSequence).enter(wire::kDerSequence).peek() == wire::kDerInteger;
  }
};

enum class Role : std::uint8_t { kLeaf, kIntermediate, kRoot };

Role role_of(const Certificate& certificate) {
  if (certificate.key_algorithm() != pki::KeyAlgorithm::kRsa) return Role::kLeaf;
  const bool self_issued = equal(certificate.subject(), certificate.issuer());
  return self_issued ? Role::kRoot : Role::kIntermediate;
}

// The first with this role, or a later one whose subject is `name`.
std::optional<Certificate> take(std::vector<Certificate>& from, Role role,
                                std::optional<ByteView> name) {
  Certificate* chosen = nullptr;
  for (auto& candidate : from) {
    if (role_of(candidate) != role) continue;
    const bool fits = name && equal(candidate.subject(), *name);
    if (chosen == nullptr || (fits && !equal(chosen->subject(), *name))) chosen = &candidate;
  }
  if (chosen == nullptr) return std::nullopt;
  return std::move(*chosen);
}

std::optional<ByteView> issuer_of(const std::optional<Certificate>& certificate) {
  return certificate ? std::optional(certificate->issuer()) : std::nullopt;
}

}  // namespace

Result<Endorsements> Endorsements::parse(std::span<const ByteView> files) {
  Pool pool;
  for (const ByteView file : files) ATOMA_TRY_VOID(pool.add_file(file));
  const auto leaves = std::ranges::count_if(
      pool.certificates, [](const auto& c) { return role_of(c) == Role::kLeaf; });
  if (leaves > 1) {
    return malformed("endorsements.leaf", "two different VCEK or VLEK certificates");
  }
  Endorsements out;
  out.leaf_ = take(pool.certificates, Role::kLeaf, std::nullopt);
  out.intermediate_ = take(pool.certificates, Role::kIntermediate, issuer_of(out.leaf_));
  out.root_ = take(pool.certificates, Role::kRoot, issuer_of(out.intermediate_));
  if (!pool.crls.empty()) out.crl_ = std::move(pool.crls.front());
  out.digest_ = out.compute_digest();
  return out;
}

std::vector<Bytes> Endorsements::files() const {
  std::vector<Bytes> out;
  for (const auto* part : {leaf(), intermediate(), root()}) {
    if (part != nullptr) out.push_back(to_bytes(part->der()));
  }
  if (crl_) out.push_back(to_bytes(crl_->der()));
  return out;
}

crypto::Digest256 Endorsements::compute_digest() const {
  const auto der = [](const auto& part) { return part ? part->der() : ByteView(); };
  const std::array<ByteView, 4> parts{der(leaf_), der(intermediate_), der(root_), der(crl_)};
  return digest_of_files(parts);
}

crypto::Digest256 digest_of_files(std::span<const ByteView> files) {
  crypto::Digest256 digest{};
  for (const ByteView file : files) digest = crypto::sha256({digest, crypto::sha256(file)});
  return digest;
}

}  // namespace atoma::evidence::amd
