#include "subject.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/evidence/amd/issuers.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {
namespace {

using appraisal::CompositeFile;
using evidence::Tee;
using evidence::amd::Endorsements;
using evidence::cca::PlatformKeys;
using evidence::intel::Collateral;
using evidence::intel::CollateralFiles;
using http::FieldReader;
using wire::JsonValue;

Tee read_tee(FieldReader& in) {
  if (in.optional("tee") == nullptr) return Tee::kUnknown;
  const auto name = in.text("tee", {1, 16});
  for (const Tee tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp, Tee::kNitro, Tee::kCca}) {
    if (name == evidence::tee_name(tee)) return tee;
  }
  in.refuse("tee", "tdx, sgx, snp, nitro or cca, or no such member");
  return Tee::kUnknown;
}

// A list of files in base64, none of them empty; nothing where there is no such member.
std::vector<Bytes> read_files(FieldReader& in, std::string_view name, std::size_t count_max,
                              std::size_t size_max) {
  std::vector<Bytes> out;
  const JsonValue* list = in.optional(name);
  if (list == nullptr) return out;
  bool good = list->is_array() && list->items().size() <= count_max;
  for (std::size_t i = 0; good && i < list->items().size(); ++i) {
    const JsonValue& item = list->items()[i];
    auto bytes = wire::base64_decode(item.text());
    good = item.is_string() && bytes && !bytes->empty() && bytes->size() <= size_max;
    if (good) out.push_back(*std::move(bytes));
  }
  if (!good) {
    in.refuse(name, std::format("a list of at most {} files of 1 to {} bytes in canonical base64",
                                count_max, size_max));
  }
  return out;
}

Result<std::shared_ptr<const Collateral>> read_collateral(const JsonValue& object) {
  FieldReader in(object, "collateral.");
  CollateralFiles files;
  for (const auto& part : evidence::intel::kCollateralParts) {
    files.*part.bytes = in.optional_base64(part.name, limits::kCrlMax);
  }
  ATOMA_TRY_VOID(in.finish());
  return Collateral::parse(files);
}

Result<std::shared_ptr<const Endorsements>> parse_endorsements(const std::vector<Bytes>& files,
                                                               bool of_tpm) {
  std::vector<ByteView> views(files.begin(), files.end());
  // A vTPM's guest is given its VCEK and no more.
  if (of_tpm) views = evidence::amd::with_known_issuers(views);
  ATOMA_TRY(auto parsed, Endorsements::parse(views));
  return std::make_shared<const Endorsements>(std::move(parsed));
}

Result<CompositeFile::Gpu> read_gpu(const JsonValue& object, std::size_t place) {
  FieldReader in(object, std::format("gpus[{}].", place));
  CompositeFile::Gpu out;
  out.report = in.base64("report", {1, limits::kEvidenceMax});
  out.cert_chain = to_bytes(in.text("cert_chain", {1, limits::kCertificateChainMax}));
  ATOMA_TRY_VOID(in.finish());
  return out;
}

}  // namespace

SubjectReader::SubjectReader(FieldReader& in)
    : tpm_(in.optional("tpm")), gpus_(in.optional("gpus")), composite_(in.optional("composite")) {
  const int others = (tpm_ != nullptr) + (gpus_ != nullptr) + (composite_ != nullptr);
  const JsonValue* const evidence = in.optional("evidence");
  is_cpu_ = others == 0;
  if (others + (evidence != nullptr) > 1) {
    in.refuse("evidence", "one of evidence, tpm, gpus and composite");
    return;
  }
  if (is_cpu_) {
    out_.evidence = in.base64("evidence", {1, limits::kEvidenceMax});
    out_.tee = read_tee(in);
    platform_keys_ = in.optional("platform_keys");
  }
  if (tpm_ != nullptr && (!tpm_->is_object() || tpm_->raw().size() > limits::kEvidenceMax)) {
    in.refuse("tpm", std::format("an object of at most {} bytes", limits::kEvidenceMax));
  }
  if (gpus_ == nullptr) {
    collateral_ = in.optional("collateral");
    if (in.optional("endorsements") != nullptr) {
      endorsements_ = read_files(in, "endorsements", kEndorsementFilesMax, limits::kCrlMax);
    }
    out_.event_logs = read_files(in, "event_logs", kEventLogsMax, limits::kEventLogMax);
  }
  if (gpus_ != nullptr || composite_ != nullptr) read_gpus(in);
}

void SubjectReader::read_gpus(FieldReader& in) {
  const bool good = gpus_ == nullptr || (gpus_->is_array() && !gpus_->items().empty() &&
                                         gpus_->items().size() <= appraisal::kCompositeGpusMax);
  if (!good) in.refuse("gpus", "a list of 1 to 64 devices");
  out_.rims = read_files(in, "rims", kRimsMax, limits::kXmlMax);
  out_.ocsp = read_files(in, "ocsp", kOcspFilesMax, limits::kOcspMax);
  if (in.optional("gpus_expected") != nullptr) out_.gpus_expected = in.number("gpus_expected");
}

Result<Subject> SubjectReader::take() {
  if (tpm_ != nullptr) {
    ATOMA_TRY(out_.other, evidence::tpm::parse_evidence_file(as_bytes(tpm_->raw())));
  }
  if (composite_ != nullptr) {
    ATOMA_TRY(out_.other, appraisal::parse_composite_file(composite_->raw()));
  }
  if (gpus_ != nullptr) {
    GpuHost host;
    for (const JsonValue& item : gpus_->items()) {
      ATOMA_TRY(auto gpu, read_gpu(item, host.gpus.size()));
      host.gpus.push_back(std::move(gpu));
    }
    out_.other = std::move(host);
  }
  if (collateral_ != nullptr) {
    ATOMA_TRY(out_.collateral, read_collateral(*collateral_));
  }
  if (endorsements_) {
    ATOMA_TRY(out_.endorsements, parse_endorsements(*endorsements_, tpm_ != nullptr));
  }
  if (platform_keys_ != nullptr) {
    ATOMA_TRY(auto keys, PlatformKeys::parse(platform_keys_->raw()));
    out_.platform_keys = std::make_shared<const PlatformKeys>(std::move(keys));
  }
  return std::move(out_);
}

}  // namespace atoma::verifier
