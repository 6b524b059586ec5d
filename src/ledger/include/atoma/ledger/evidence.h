// How entries name what is too large for the log, or nobody else's business: by digest, size and
// media type. The bytes lie in an evidence store, found by their digest.
//
//   ATOMA_TRY(const EvidenceRef quote, keeper.keep(bytes, media::kCpuEvidence, Standing::kProven));
//   body.evidence_files.push_back(quote);   // only now: what the log names is there
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/result.h"
#include "atoma/crypto/digest.h"

namespace atoma::ledger {

struct EvidenceRef {
  crypto::Digest256 sha256{};
  std::uint64_t size = 0;
  std::string media_type;

  bool operator==(const EvidenceRef&) const = default;
};

// What one attestation names at most: evidence, logs and manifests that a request may bring, those
// at hand, and what else the verdict stands on (verifier/subject.h, at_hand.h).
inline constexpr std::size_t kEvidenceRefsMax = 96;
inline constexpr std::size_t kMediaTypeMax = 127;

// "type/subtype" without parameters, in lower case (RFC 6838 §4.2).
bool is_media_type(std::string_view text);

// What a verifier keeps.
namespace media {
inline constexpr std::string_view kCpuEvidence = "application/vnd.atoma.cpu-evidence";
inline constexpr std::string_view kTpmEvidence = "application/vnd.atoma.tpm-evidence+json";
inline constexpr std::string_view kComposite = "application/vnd.atoma.composite+json";
inline constexpr std::string_view kEventLog = "application/vnd.atoma.event-log";
inline constexpr std::string_view kRim = "application/vnd.atoma.rim+xml";
inline constexpr std::string_view kOcsp = "application/vnd.atoma.ocsp+json";
inline constexpr std::string_view kPlatformKeys = "application/vnd.atoma.platform-keys+json";
inline constexpr std::string_view kCollateral = "application/vnd.atoma.collateral+json";
inline constexpr std::string_view kPolicy = "application/vnd.atoma.policy";
inline constexpr std::string_view kJwt = "application/eat+jwt";  // RFC 9782
inline constexpr std::string_view kCwt = "application/eat+cwt";
inline constexpr std::string_view kJwks = "application/jwk-set+json";  // RFC 7517 §8.5.2
}  // namespace media

// Whether bytes were found good before they are kept: who makes things up must not be able to fill
// a store for those who prove something.
enum class Standing : std::uint8_t { kUnproven = 0, kProven };

class EvidenceKeeper {
 public:
  virtual ~EvidenceKeeper() = default;
  // When this returns, `bytes` are durable and found by their digest. Waits for the disk. Safe from
  // any thread. Errors: "evidence.size", "evidence.media_type", "evidence.full", those of
  // store::FileSystem.
  virtual Result<EvidenceRef> keep(ByteView bytes, std::string_view media_type,
                                   Standing standing) = 0;
};

}  // namespace atoma::ledger
