// A software AWS: root, zonal and instance authorities, and one enclave's key, which signs
// attestation documents as the Nitro hypervisor does (nsm-api).
//
//   const auto platform = NitroPlatform::create(entropy, now);
//   const Bytes document = platform.document({.timestamp = now, .user_data = report_data});
//   anchors.sample_roots = {platform.root_digest()};
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/pki/issue.h"

namespace atoma::sample_tee {

// Every field of the payload, and the forms in which devices have written it. The defaults pass a
// strict policy.
struct NitroDocumentTemplate {
  Time timestamp;
  std::uint64_t timestamp_ms_extra = 0;
  std::string module_id = "i-00000000000000000-enc0000000000000000";
  std::string digest = "SHA384";
  // By index; PCR0 is not zero.
  std::vector<Bytes> pcrs{Bytes(48, 1), Bytes(48, 2), Bytes(48, 3), Bytes(48), Bytes(48, 4)};
  std::optional<Bytes> public_key, user_data, nonce;

  bool tagged = false;
  bool indefinite = false;  // the payload as 0xBF … 0xFF
  bool sorted = false;      // deterministic order of the keys
  bool nulls = true;        // absent fields as null; else not there
  Bytes protected_header{0xA1, 0x01, 0x38, 0x22};
  // The payload's items, key and value in turn, may be changed before they are put together.
  std::function<void(std::vector<Bytes>&)> edit_payload;
  std::optional<Bytes> payload;  // instead of all that would be put together
};

class NitroPlatform {
 public:
  // Certificates from root (0) to leaf (3) may be changed before they are signed.
  using Edit = std::function<void(std::size_t index, pki::CertificateTemplate&)>;

  static NitroPlatform create(Entropy& entropy, Time now, const Edit& edit = {});

  Bytes document(const NitroDocumentTemplate& content) const;
  // A document's payload alone.
  Bytes payload(const NitroDocumentTemplate& content) const;

  // DER, root first, leaf last; `document` carries all of them.
  std::vector<Bytes> certificates;
  crypto::EcPrivateKey leaf_key;
  crypto::Digest256 root_digest() const { return crypto::sha256(certificates.front()); }

 private:
  NitroPlatform(std::vector<Bytes> chain, crypto::EcPrivateKey key)
      : certificates(std::move(chain)), leaf_key(std::move(key)) {}
};

}  // namespace atoma::sample_tee
