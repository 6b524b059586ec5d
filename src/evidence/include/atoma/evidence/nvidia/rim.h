// A reference integrity manifest of NVIDIA's: a SWID tag (ISO/IEC 19770-2:2015) with an enveloped
// XML signature, which says what each measurement of one driver or one firmware must be.
//
// What is read is what the signature covers: one Signature, a child of the root, over the whole
// document without itself. A manifest with a second Signature, an Object inside it, a Reference to
// anything but "", or other transforms is refused, so that nothing can be wrapped around signed
// parts.
#pragma once

#include <memory>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/nvidia/report.h"
#include "atoma/pki/certificate.h"

namespace atoma::evidence::nvidia {

struct GoldenMeasurement {
  std::size_t index = 0;            // 0-based: ReportFields::blocks()[index]
  std::vector<Bytes> alternatives;  // any of them may be measured; never empty
};

// Owns its bytes; move-only.
class Rim {
 public:
  // Errors: those of wire::XmlDocument and pki, "rim.structure" (not the elements and attributes of
  // such a tag), "rim.signature_form" (see above), "rim.resource" (a Resource that is malformed, or
  // an index that stands twice).
  static Result<Rim> parse(ByteView xml);

  const std::string& version() const { return version_; }  // colloquialVersion
  const std::string& product() const { return product_; }  // "GH100"
  // Active entries alone, by index.
  const std::vector<GoldenMeasurement>& golden() const { return golden_; }

  // KeyInfo, signer first. At least one.
  const std::vector<pki::Certificate>& certificates() const { return certificates_; }
  // The SHA-384 that the signature gives is that of the document.
  bool digest_matches() const { return digest_matches_; }
  // What the signer signed: SignedInfo in canonical form.
  pki::Signed signed_part() const {
    return {as_bytes(signed_info_), pki::SignatureAlgorithm::kEcdsaSha384, signature_};
  }
  // SHA-256 of the bytes as given.
  const crypto::Digest256& digest() const { return digest_; }

 private:
  Rim() = default;
  friend struct RimParser;

  std::string version_, product_, signed_info_;
  std::vector<GoldenMeasurement> golden_;
  std::vector<pki::Certificate> certificates_;
  Bytes signature_;
  bool digest_matches_ = false;
  crypto::Digest256 digest_{};
};

// A manifest to be found by what it says and judged by its bytes.
struct RimFile {
  Bytes xml;
  Rim rim;
};
// Errors: those of Rim::parse.
Result<std::shared_ptr<const RimFile>> parse_rim_file(Bytes xml);

// Indices at which a report has none of what the manifest allows, in order; a measurement that is
// not there differs. Index 35 does not count where the report says that NVDEC0 is off: its firmware
// does not run then.
std::vector<std::size_t> mismatches(const Rim& rim, const ReportFields& report);

// How two versions are compared: letters in either case (VBIOS versions are hexadecimal).
bool same_version(std::string_view a, std::string_view b);

}  // namespace atoma::evidence::nvidia
