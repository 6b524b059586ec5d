#include "attest_request.h"

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
  for (const Tee tee : {Tee::kTdx, Tee::kSgx, Tee::kSnp}) {
    if (name == evidence::tee_name(tee)) return tee;
  }
  in.refuse("tee", "tdx, sgx or snp, or no such member");
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

}  // namespace

Result<AttestRequest> parse_attest_request(ByteView body) {
  ATOMA_TRY(const auto document, http::parse_body(body));
  http::FieldReader in(document.root());
  AttestRequest out;
  const Bytes nonce = in.base64("nonce", {out.nonce.size(), out.nonce.size()});
  out.key = in.base64("key", {crypto::kXwingPublicKeySize, crypto::kXwingPublicKeySize});
  out.evidence = in.base64("evidence", {1, limits::kEvidenceMax});
  out.tee = read_tee(in);
  const JsonValue* collateral = in.optional("collateral");
  const JsonValue* endorsements = in.optional("endorsements");
  if (endorsements != nullptr && !endorsements->is_array()) in.refuse("endorsements", "a list");
  ATOMA_TRY_VOID(in.finish());
  std::ranges::copy(nonce, out.nonce.begin());
  if (collateral != nullptr) {
    ATOMA_TRY(out.collateral, read_collateral(*collateral));
  }
  if (endorsements != nullptr) {
    ATOMA_TRY(out.endorsements, read_endorsements(*endorsements));
  }
  return out;
}

}  // namespace atoma::verifier
