#include "requests.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/crypto/hpke.h"
#include "atoma/http/json_request.h"
#include "atoma/wire/text.h"

namespace atoma::verifier {
namespace {

using evidence::Tee;
using evidence::amd::Endorsements;
using evidence::intel::Collateral;
using evidence::intel::CollateralFiles;
using wire::JsonValue;

Tee read_tee(http::FieldReader& in) {
  if (in.optional("tee") == nullptr) return Tee::kUnknown;
  const auto name = in.text("tee", {1, 16});
  for (const Tee tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp, Tee::kNitro, Tee::kCca}) {
    if (name == evidence::tee_name(tee)) return tee;
  }
  in.refuse("tee", "tdx, sgx, snp, nitro or cca, or no such member");
  return Tee::kUnknown;
}

Result<std::shared_ptr<const Collateral>> read_collateral(const JsonValue& object) {
  http::FieldReader in(object, "collateral.");
  CollateralFiles files;
  for (const auto& part : evidence::intel::kCollateralParts) {
    files.*part.bytes = in.optional_base64(part.name, limits::kCrlMax);
  }
  ATOMA_TRY_VOID(in.finish());
  return Collateral::parse(files);
}

Result<std::shared_ptr<const Endorsements>> read_endorsements(const JsonValue& array) {
  std::vector<Bytes> files;
  for (const JsonValue& item : array.items()) {
    auto bytes = wire::base64_decode(item.text());
    if (!item.is_string() || !bytes || files.size() == kEndorsementFilesMax) {
      return malformed("request.field", std::format("\"endorsements\": expected a list of at most "
                                                    "{} files in canonical base64",
                                                    kEndorsementFilesMax));
    }
    files.push_back(*std::move(bytes));
  }
  const std::vector<ByteView> views(files.begin(), files.end());
  ATOMA_TRY(auto parsed, Endorsements::parse(views));
  return std::make_shared<const Endorsements>(std::move(parsed));
}

// What all three have in common. Called before finish(); the collateral is parsed after it, so that
// a wrong member is named before a wrong file.
struct Subject {
  explicit Subject(http::FieldReader& in)
      : evidence(in.base64("evidence", {1, limits::kEvidenceMax})),
        tee(read_tee(in)),
        collateral(in.optional("collateral")),
        endorsements(in.optional("endorsements")) {
    if (endorsements != nullptr && !endorsements->is_array()) in.refuse("endorsements", "a list");
  }

  Status read(Appraisal& out) {
    out.evidence = std::move(evidence);
    out.tee = tee;
    if (collateral != nullptr) {
      ATOMA_TRY(out.collateral, read_collateral(*collateral));
    }
    if (endorsements != nullptr) {
      ATOMA_TRY(out.endorsements, read_endorsements(*endorsements));
    }
    return {};
  }

  Bytes evidence;
  Tee tee;
  const JsonValue* collateral;
  const JsonValue* endorsements;
};

Result<AppraiseRequest> read_appraise_request(const JsonValue& object, std::string path) {
  http::FieldReader in(object, std::move(path));
  AppraiseRequest out;
  out.nonce = in.base64("nonce", {8, 64});
  Subject subject(in);
  if (in.optional("report_data") != nullptr) {
    ByteArray<64>& expected = out.appraisal.report_data.emplace();
    std::ranges::copy(in.base64("report_data", {expected.size(), expected.size()}),
                      expected.begin());
  }
  ATOMA_TRY_VOID(in.finish());
  ATOMA_TRY_VOID(subject.read(out.appraisal));
  return out;
}

}  // namespace

Result<AttestRequest> parse_attest_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  AttestRequest out;
  const Bytes nonce = in.base64("nonce", {out.nonce.size(), out.nonce.size()});
  out.key = in.base64("key", {crypto::kXwingPublicKeySize, crypto::kXwingPublicKeySize});
  Subject subject(in);
  ATOMA_TRY_VOID(in.finish());
  std::ranges::copy(nonce, out.nonce.begin());
  ATOMA_TRY_VOID(subject.read(out.appraisal));
  return out;
}

Result<AppraiseRequest> parse_appraise_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  return read_appraise_request(document.root(), "");
}

Result<std::vector<Result<AppraiseRequest>>> parse_appraise_batch(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  const JsonValue* items = in.required("items", "a list");
  if (items != nullptr &&
      (!items->is_array() || items->items().empty() || items->items().size() > kBatchItemsMax)) {
    in.refuse("items", std::format("a list of 1 to {} requests", kBatchItemsMax));
  }
  ATOMA_TRY_VOID(in.finish());
  std::vector<Result<AppraiseRequest>> out;
  for (const JsonValue& item : items->items()) {
    out.push_back(read_appraise_request(item, std::format("items[{}].", out.size())));
  }
  return out;
}

}  // namespace atoma::verifier
