// Every bound on hostile input, with its reason. Sizes in bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace atoma::limits {

// A TDX quote is 5 to 8 KiB, an SNP report 1,184 bytes; 64 KiB leaves room for GPU chains.
inline constexpr std::size_t kEvidenceMax = 64 * 1024;
// Three PCK or five AMD certificates in PEM stay under 16 KiB.
inline constexpr std::size_t kCertificateChainMax = 32 * 1024;
inline constexpr std::size_t kCertificateMax = 8 * 1024;
inline constexpr std::size_t kCertificatesMax = 8;
// The largest PCS CRL seen is below 4 KiB; revocation lists grow.
inline constexpr std::size_t kCrlMax = 256 * 1024;
inline constexpr std::size_t kCrlEntriesMax = 8192;
// An OCSP answer is 1 to 4 KiB with its responder's certificates, about one or a few certificates.
inline constexpr std::size_t kOcspMax = 64 * 1024;
inline constexpr std::size_t kOcspAnswersMax = 64;
// TCB info with TDX module identities is 5 to 10 KiB.
inline constexpr std::size_t kCollateralMax = 128 * 1024;
// Firmware hands over areas of 64 KiB to 1 MiB; a log of a long boot stays under 100 KiB.
inline constexpr std::size_t kEventLogMax = 4 * 1024 * 1024;
inline constexpr std::size_t kLogEventMax = 64 * 1024;
inline constexpr std::size_t kLogEventsMax = 16 * 1024;
inline constexpr std::size_t kLogDigestsMax = 8;
inline constexpr std::size_t kPolicyMax = 64 * 1024;
// HTTP bodies: evidence in base64 plus endorsements.
inline constexpr std::size_t kRequestBodyMax = 256 * 1024;
// RFC 8259 allows a parser to limit depth; nothing that we read nests deeper than 8.
inline constexpr int kJsonDepthMax = 16;
inline constexpr std::size_t kJsonNodesMax = 32 * 1024;
// CBOR: tokens and evidence; both end at 64 KiB.
inline constexpr std::size_t kCborSizeMax = 64 * 1024;
// The deepest thing read as CBOR, a CCA token's software component, lies 4 deep.
inline constexpr std::size_t kCborDepthMax = 16;
// An attestation result with 100 findings has 1,500 items, a Nitro document below 100.
inline constexpr std::size_t kCborItemsMax = 8 * 1024;
// A request in CBOR: as long as the longest that any route takes.
inline constexpr std::size_t kCborBodyMax = 8 * 1024 * 1024;
// DER: the deepest real structure (CRL entry extension) is 8.
inline constexpr int kDerDepthMax = 16;
// NVIDIA's reference manifests: 20 to 26 KiB, 64 to 128 resources of up to 16 hashes, 6 deep.
inline constexpr std::size_t kXmlMax = 256 * 1024;
inline constexpr int kXmlDepthMax = 16;
inline constexpr std::size_t kXmlElementsMax = 4096;
inline constexpr std::size_t kXmlAttributesMax = 64;
// C2SP tlog-tiles: an entry's length is a uint16.
inline constexpr std::size_t kLogEntryMax = 65535;
// C2SP signed-note: text and signatures of a checkpoint are small.
inline constexpr std::size_t kNoteMax = 64 * 1024;
inline constexpr std::size_t kNoteSignaturesMax = 64;
// A Merkle path in a tree of 2^63 leaves.
inline constexpr std::size_t kMerkleProofMax = 63;
// A released secret: keys and small credentials, not models.
inline constexpr std::size_t kSecretMax = 16 * 1024;

}  // namespace atoma::limits
