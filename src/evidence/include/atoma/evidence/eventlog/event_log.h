// Event logs: what was extended into a TPM's PCRs or a TD's RTMRs, told by the guest. Nobody signs
// a log. It is believed as far as its replay gives the registers that hardware signed (replay.h),
// and of an event only the bytes whose hash is the digest are believed (typed.h): neither its type
// nor its label is measured.
//
//   ATOMA_TRY(const auto log, parse_event_log(bytes));
//   ATOMA_TRY(const auto registers, replay({&log, 1}, HashAlgorithm::kSha384));
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/evidence/hash_algorithm.h"

namespace atoma::evidence::eventlog {

// Which registers the indices of a log name.
enum class Registers : std::uint8_t { kPcr, kRtmr };
inline constexpr std::size_t kPcrs = 24;
inline constexpr std::size_t kRtmrs = 4;
constexpr std::size_t register_count(Registers registers) {
  return registers == Registers::kPcr ? kPcrs : kRtmrs;
}

enum class Source : std::uint8_t { kTcg, kDstack, kCel };

// TCG PC Client Platform Firmware Profile §10.4.1.
enum EventType : std::uint32_t {
  kEvPostCode = 0x01,
  kEvNoAction = 0x03,
  kEvSeparator = 0x04,
  kEvAction = 0x05,
  kEvEventTag = 0x06,
  kEvSCrtmContents = 0x07,
  kEvSCrtmVersion = 0x08,
  kEvPlatformConfigFlags = 0x0A,
  kEvCompactHash = 0x0C,
  kEvIpl = 0x0D,
  kEvDstackRuntime = 0x08000001,
  kEvEfiVariableDriverConfig = 0x80000001,
  kEvEfiVariableBoot = 0x80000002,
  kEvEfiBootServicesApplication = 0x80000003,
  kEvEfiBootServicesDriver = 0x80000004,
  kEvEfiRuntimeServicesDriver = 0x80000005,
  kEvEfiGptEvent = 0x80000006,
  kEvEfiAction = 0x80000007,
  kEvEfiPlatformFirmwareBlob = 0x80000008,
  kEvEfiPlatformFirmwareBlob2 = 0x8000000A,
  kEvEfiHandoffTables2 = 0x8000000B,
  kEvEfiVariableBoot2 = 0x8000000C,
  kEvEfiVariableAuthority = 0x800000E0,
};

struct EventDigest {
  HashAlgorithm algorithm = HashAlgorithm::kNone;
  ByteView value;
};

// Views point into the log that holds the event.
struct Event {
  Source source = Source::kTcg;
  std::uint32_t index = 0;  // PCR or RTMR number; of an event that extends nothing: as it stands
  std::uint32_t type = 0;   // CEL: the content's type
  bool extended = true;     // false: EV_NO_ACTION
  std::vector<EventDigest> digests;
  // TCG: the event's data. dstack and CEL: what the digest is the hash of, made from the payload.
  ByteView data;
  // Zero bytes at the end of `data` that the log's area was cut before (parse_tcg_log).
  std::size_t cut_zeros = 0;
  std::string_view name;  // dstack: the event's name; else empty
  ByteView payload;       // dstack, CEL
  // The log brought a digest, and it is not the hash of the payload. `digests` has the hash.
  bool supplied_digest_differs = false;

  // Empty when the event has none of this algorithm.
  ByteView digest(HashAlgorithm algorithm) const;
};

// Owns the bytes; move-only, moving keeps the views good.
class EventLog {
 public:
  EventLog(EventLog&&) noexcept = default;
  EventLog& operator=(EventLog&&) noexcept = default;

  Registers registers() const { return registers_; }
  Source source() const { return source_; }
  const std::vector<Event>& events() const { return events_; }
  // What PCR 0 starts with: 0, 3 or 4 (StartupLocality).
  std::uint8_t startup_locality() const { return startup_locality_; }

 private:
  friend struct LogBuilder;
  EventLog() = default;

  Registers registers_ = Registers::kPcr;
  Source source_ = Source::kTcg;
  std::uint8_t startup_locality_ = 0;
  std::vector<Event> events_;
  Bytes bytes_;
  std::deque<Bytes> owned_;
};

// TCG2 logs of TPMs and CCEL logs of TDs: a Spec ID event and TCG_PCR_EVENT2s, or TCG_PCR_EVENTs
// with SHA-1 alone. The log ends with its bytes or with zeros or 0xFF to the end of its area. An
// area may be handed over with its last zeros cut off, also those that belong to the last event's
// data. In a CCEL index 0 means MRTD, which nothing extends, and 1 to 4 mean RTMR 0 to 3. Errors:
// "eventlog.too_large", "eventlog.too_many", "eventlog.truncated", "eventlog.spec_id",
// "eventlog.digests" (none, too many, foreign or twice), "eventlog.event_too_large",
// "eventlog.index", "eventlog.startup_locality".
Result<EventLog> parse_tcg_log(ByteView bytes, Registers registers);

// The JSON of dstack: an array of {imr, event_type, digest, event, event_payload[, version]}, or an
// object whose member event_log is one or is the text of one. The digest of a runtime event (type
// 0x08000001) is computed: V1 is SHA-384(type LE ‖ ":" ‖ name ‖ ":" ‖ payload), V2 the SHA-384 of
// {"name","payload","type"} in the canonical JSON of RFC 8785.
// Errors: "eventlog.too_large", "eventlog.too_many", "eventlog.json", "eventlog.index",
// "eventlog.digests", "eventlog.event_too_large", and those of JsonDocument::parse.
Result<EventLog> parse_dstack_log(ByteView bytes);

// Google's canonical event log (TCG CEL TLV; go-tpm-tools): records of number, PCR or RTMR, digests
// and content. Each digest is compared with the content's hash; the hash counts.
// Errors: "eventlog.too_large", "eventlog.too_many", "eventlog.cel", "eventlog.index",
// "eventlog.digests", "eventlog.event_too_large".
Result<EventLog> parse_cel_log(ByteView bytes);

// The format by its first bytes, and whose registers: a log with SHA-384 alone is a CCEL.
Result<EventLog> parse_event_log(ByteView bytes);

}  // namespace atoma::evidence::eventlog
