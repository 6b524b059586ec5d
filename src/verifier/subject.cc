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
using http::Value;

Tee read_tee(FieldReader& in) {
  if (!in.has("tee")) return Tee::kUnknown;
  const auto name = in.text("tee", {1, 16});
  for (const Tee tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp, Tee::kNitro, Tee::kCca}) {
    if (name == evidence::tee_name(tee)) return tee;
  }
  in.refuse("tee", "tdx, sgx, snp, nitro or cca, or no such member");
  return Tee::kUnknown;
}

// A list of files, none of them empty; nothing where there is no such member.
std::vector<Bytes> read_files(FieldReader& in, std::string_view name, std::size_t count_max,
                              std::size_t size_max) {
  std::vector<Bytes> out;
  const auto list = in.optional(name);
  if (!list) return out;
  const auto items = list->items();
  bool good = list->is_array() && items.size() <= count_max;
  for (std::size_t i = 0; good && i < items.size(); ++i) {
    auto bytes = items[i].bytes({1, size_max});
    good = bytes.has_value();
    if (good) out.push_back(*std::move(bytes));
  }
  if (!good) {
    const auto* form = list->is_cbor() ? "" : " in canonical base64";
    in.refuse(name, std::format("a list of at most {} files of 1 to {} bytes{}", count_max,
                                size_max, form));
  }
  return out;
}

// Nothing where there is no such member, or after a complaint.
std::optional<std::string_view> read_document(FieldReader& in, std::string_view name,
                                              std::size_t size_max) {
  const auto value = in.optional(name);
  if (!value) return std::nullopt;
  const auto text = value->document();
  if (text && text->size() <= size_max) return text;
  in.refuse(name,
            std::format("{} of at most {} bytes",
                        value->is_cbor() ? "an object of JSON as text" : "an object", size_max));
  return std::nullopt;
}

Result<std::shared_ptr<const Collateral>> read_collateral(Value object) {
  FieldReader in(object, "collateral.");
  CollateralFiles files;
  for (const auto& part : evidence::intel::kCollateralParts) {
    files.*part.bytes = in.optional_bytes(part.name, limits::kCrlMax);
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

Result<CompositeFile::Gpu> read_gpu(Value object, std::size_t place) {
  FieldReader in(object, std::format("gpus[{}].", place));
  CompositeFile::Gpu out;
  out.report = in.bytes("report", {1, limits::kEvidenceMax});
  out.cert_chain = to_bytes(in.text("cert_chain", {1, limits::kCertificateChainMax}));
  ATOMA_TRY_VOID(in.finish());
  return out;
}

}  // namespace

SubjectReader::SubjectReader(FieldReader& in)
    : tpm_(read_document(in, "tpm", limits::kEvidenceMax)),
      composite_(read_document(in, "composite", kSubjectBodyMax)),
      gpus_(in.optional("gpus")) {
  const int others = int{tpm_.has_value()} + int{gpus_.has_value()} + int{composite_.has_value()};
  is_cpu_ = others == 0;
  if (others + int{in.has("evidence")} > 1) {
    in.refuse("evidence", "one of evidence, tpm, gpus and composite");
    return;
  }
  if (is_cpu_) {
    out_.evidence = in.bytes("evidence", {1, limits::kEvidenceMax});
    out_.tee = read_tee(in);
    platform_keys_ = read_document(in, "platform_keys", kSubjectBodyMax);
  }
  if (!gpus_) {
    collateral_ = in.optional("collateral");
    if (in.has("endorsements")) {
      endorsements_ = read_files(in, "endorsements", kEndorsementFilesMax, limits::kCrlMax);
    }
    out_.event_logs = read_files(in, "event_logs", kEventLogsMax, limits::kEventLogMax);
  }
  if (gpus_ || composite_) read_gpus(in);
}

void SubjectReader::read_gpus(FieldReader& in) {
  const auto count = gpus_ ? gpus_->items().size() : 1;
  if (count == 0 || count > appraisal::kCompositeGpusMax)
    in.refuse("gpus", "a list of 1 to 64 devices");
  out_.rims = read_files(in, "rims", kRimsMax, limits::kXmlMax);
  out_.ocsp = read_files(in, "ocsp", kOcspFilesMax, limits::kOcspMax);
  if (in.has("gpus_expected")) out_.gpus_expected = in.number("gpus_expected");
}

Result<Subject> SubjectReader::take() {
  if (tpm_) {
    ATOMA_TRY(out_.other, evidence::tpm::parse_evidence_file(as_bytes(*tpm_)));
    out_.document = *tpm_;
  }
  if (composite_) {
    ATOMA_TRY(out_.other, appraisal::parse_composite_file(*composite_));
    out_.document = *composite_;
  }
  if (gpus_) {
    GpuHost host;
    for (const Value& item : gpus_->items()) {
      ATOMA_TRY(auto gpu, read_gpu(item, host.gpus.size()));
      host.gpus.push_back(std::move(gpu));
    }
    out_.other = std::move(host);
  }
  if (collateral_) {
    ATOMA_TRY(out_.collateral, read_collateral(*collateral_));
  }
  if (endorsements_) {
    ATOMA_TRY(out_.endorsements, parse_endorsements(*endorsements_, tpm_.has_value()));
  }
  if (platform_keys_) {
    ATOMA_TRY(auto keys, PlatformKeys::parse(*platform_keys_));
    out_.platform_keys = std::make_shared<const PlatformKeys>(std::move(keys));
  }
  return std::move(out_);
}

}  // namespace atoma::verifier
