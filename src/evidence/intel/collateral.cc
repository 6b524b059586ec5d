#include "atoma/evidence/intel/collateral.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/wire/json.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::intel {
namespace {

std::string_view trimmed(ByteView bytes) {
  std::string_view text = as_text(bytes);
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// {"<member>": <signed object>, "signature": "<hex>"}
template <typename T>
Result<SignedObject<T>> parse_signed(ByteView bytes, std::string_view member,
                                     Result<T> (*parse)(const wire::JsonValue&)) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(trimmed(bytes)));
  const wire::JsonValue* object = document.root().find(member);
  const wire::JsonValue* signature = document.root().find("signature");
  SignedObject<T> out{};
  const bool shaped = object != nullptr && signature != nullptr && signature->is_string() &&
                      document.root().items().size() == 2 &&
                      wire::hex_decode_into(signature->text(), out.signature);
  if (!shaped) {
    return malformed("collateral.format",
                     std::format("expected an object with \"{}\" and a 64-byte \"signature\" in "
                                 "hexadecimal",
                                 member));
  }
  ATOMA_TRY(out.value, parse(*object));
  out.signed_bytes = to_bytes(object->raw());
  return out;
}

Status parse_chain(ByteView bytes, std::vector<pki::Certificate>& out) {
  if (bytes.empty()) return {};
  ATOMA_TRY(out, pki::parse_certificates(bytes));
  return {};
}

// In the order of the digest.
constexpr Bytes CollateralFiles::* kPartsRead[] = {
    &CollateralFiles::tcb_info, &CollateralFiles::qe_identity, &CollateralFiles::tcb_signing_chain,
    &CollateralFiles::root_crl, &CollateralFiles::pck_crl,     &CollateralFiles::pck_chain};

Status parse_list(ByteView bytes, std::optional<pki::Crl>& out) {
  if (bytes.empty()) return {};
  ATOMA_TRY(out, pki::parse_crl(bytes));
  return {};
}

}  // namespace

CollateralFiles Collateral::files() const {
  CollateralFiles out;
  wire::Reader in(exact_);
  for (const auto part : kPartsRead) {
    const std::uint32_t size = in.u32_le();
    out.*part = to_bytes(in.take(size));
  }
  ATOMA_CHECK(in.finish());
  return out;
}

Result<std::shared_ptr<const Collateral>> Collateral::parse(const CollateralFiles& files) {
  auto out = std::shared_ptr<Collateral>(new Collateral);
  for (const auto field : kPartsRead) {
    const ByteView part = files.*field;
    if (part.size() > limits::kCollateralMax) {
      return malformed("collateral.too_large",
                       std::format("{} bytes in one part; at most {} are read", part.size(),
                                   limits::kCollateralMax));
    }
    wire::append_le(out->exact_, part.size(), 4);
    append(out->exact_, part);
  }
  if (!files.tcb_info.empty()) {
    ATOMA_TRY(out->tcb_info_, parse_signed(files.tcb_info, "tcbInfo", &parse_tcb_info));
  }
  if (!files.qe_identity.empty()) {
    ATOMA_TRY(out->qe_identity_,
              parse_signed(files.qe_identity, "enclaveIdentity", &parse_qe_identity));
  }
  ATOMA_TRY_VOID(parse_chain(files.tcb_signing_chain, out->tcb_signing_chain_));
  ATOMA_TRY_VOID(parse_chain(files.pck_chain, out->pck_chain_));
  ATOMA_TRY_VOID(parse_list(files.root_crl, out->root_crl_));
  ATOMA_TRY_VOID(parse_list(files.pck_crl, out->pck_crl_));
  return std::shared_ptr<const Collateral>(std::move(out));
}

}  // namespace atoma::evidence::intel
