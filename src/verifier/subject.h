// What is to be appraised, of every kind that the library knows:
//
//   "evidence"   one CPU's; beside it "platform_keys" for CCA
//   "tpm"        a TPM's, as guest tools write it (evidence/tpm/evidence_file.h)
//   "gpus"       [{"report", "cert_chain"}]: devices of one host alone
//   "composite"  a CPU's and its GPUs' (api/composite.schema.json)
//
// What are documents in JSON ("tpm", "composite", "platform_keys") are texts in a body of CBOR.
//
// Beside them, where their kind has a use for it: "collateral", "endorsements", "event_logs",
// "rims", "ocsp", "gpus_expected". A member that has none is refused, and so is a second subject.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "atoma/appraisal/composite_file.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/cca/verify.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/tpm/evidence_file.h"
#include "atoma/http/fields.h"

namespace atoma::verifier {

// The largest composite with manifests and a log beside it.
inline constexpr std::size_t kSubjectBodyMax = 3 * 1024 * 1024;
inline constexpr std::size_t kEndorsementFilesMax = 8;
// A boot has one log, a guest adds its own.
inline constexpr std::size_t kEventLogsMax = 8;
// A host's devices share one or two versions of driver and firmware.
inline constexpr std::size_t kRimsMax = 16;
// Three authorities of each device, two of each manifest.
inline constexpr std::size_t kOcspFilesMax = 256;

// Devices of one host, without the CPU that drives them.
struct GpuHost {
  std::vector<appraisal::CompositeFile::Gpu> gpus;
};

struct Subject {
  using Other =
      std::variant<std::monostate, evidence::tpm::EvidenceFile, GpuHost, appraisal::CompositeFile>;

  Bytes evidence;  // of one CPU; empty where `other` holds something
  evidence::Tee tee = evidence::Tee::kUnknown;
  Other other;
  std::string document;  // what `other` was read from, where that is one text
  // Null: what is at hand is tried.
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  std::shared_ptr<const evidence::amd::Endorsements> endorsements;
  std::shared_ptr<const evidence::cca::PlatformKeys> platform_keys;
  std::vector<Bytes> event_logs;
  std::vector<Bytes> rims, ocsp;
  std::optional<std::uint64_t> gpus_expected;

  bool is_cpu() const { return std::holds_alternative<std::monostate>(other); }
  bool has_gpus() const {
    return std::holds_alternative<GpuHost>(other) ||
           std::holds_alternative<appraisal::CompositeFile>(other);
  }
};

// Reads it out of a request whose other members the caller reads.
class SubjectReader {
 public:
  // Complaints come out of in.finish(), which the caller calls before take(): a wrong member is
  // named before a wrong file. The document outlives this.
  explicit SubjectReader(http::FieldReader& in);

  bool is_cpu() const { return is_cpu_; }
  bool is_gpus() const { return gpus_.has_value(); }
  // The evidence itself is not parsed: what is wrong with it belongs into the verdict. Errors:
  // those of Collateral, Endorsements and PlatformKeys, of parse_evidence_file and
  // parse_composite_file.
  Result<Subject> take();

 private:
  void read_gpus(http::FieldReader& in);

  Subject out_;
  bool is_cpu_ = false;
  // Documents in JSON.
  std::optional<std::string_view> tpm_, composite_, platform_keys_;
  std::optional<http::Value> gpus_;
  std::optional<http::Value> collateral_;
  std::optional<std::vector<Bytes>> endorsements_;
};

}  // namespace atoma::verifier
