#include "atoma/evidence/tpm/evidence_file.h"

#include <charconv>

#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::tpm {
namespace {

using wire::JsonValue;

std::unexpected<Error> bad(std::string_view member) {
  return malformed("tpm.file", std::string(member) + " is in no form that is read");
}

Result<Bytes> numbers(const JsonValue& list) {
  Bytes out;
  for (const auto& item : list.items()) {
    const auto number = item.unsigned_integer();
    if (!number || *number > 0xFF) return bad("a list of bytes");
    out.push_back(static_cast<std::uint8_t>(*number));
  }
  return out;
}

Result<Bytes> bytes_of(const JsonValue& value) {
  if (value.is_array()) return numbers(value);
  if (!value.is_string()) return bad("a member");
  const std::string_view text = value.text();
  if (text.starts_with("-----BEGIN")) return to_bytes(text);
  for (const auto decode : {wire::hex_decode, wire::base64_decode, wire::base64url_decode}) {
    if (auto bytes = decode(text)) return std::move(*bytes);
  }
  // base64url with padding, which JOSE forbids and Rust's guests write.
  if (text.size() % 4 == 0) {
    if (auto bytes = wire::base64url_decode(text.substr(0, text.find_last_not_of('=') + 1))) {
      return std::move(*bytes);
    }
  }
  return bad("a text");
}

Status read(const JsonValue& object, std::string_view name, Bytes& out) {
  const JsonValue* value = object.find(name);
  if (value == nullptr) return {};
  ATOMA_TRY(out, bytes_of(*value));
  return {};
}

void set_bank(EvidenceFile& out) {
  for (const auto& pcr : out.pcrs) {
    if (pcr.size() == digest_size(HashAlgorithm::kSha256)) out.bank = HashAlgorithm::kSha256;
    if (pcr.size() == digest_size(HashAlgorithm::kSha384)) out.bank = HashAlgorithm::kSha384;
  }
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// "7 : 0xHEX" or "7: HEX".
Status read_line(std::string_view line, EvidenceFile& out) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a line without a colon");
  const std::string_view name = trimmed(line.substr(0, colon));
  std::string_view value = trimmed(line.substr(colon + 1));
  if (value.empty()) return {};  // a bank's name
  std::size_t pcr = kPcrs;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pcr);
  if (value.starts_with("0x")) value.remove_prefix(2);
  auto bytes = wire::hex_decode(value);
  const bool number = error == std::errc() && end == name.data() + name.size() && pcr < kPcrs;
  if (!number || !bytes || !out.pcrs[pcr].empty()) return bad("a line of PCR values");
  out.pcrs[pcr] = std::move(*bytes);
  return {};
}

Status read_pcrs(const JsonValue& quote, EvidenceFile& out) {
  const JsonValue* list = quote.find("pcrs");
  if (list == nullptr) return {};
  if (!list->is_array() || list->items().size() > kPcrs) return bad("pcrs");
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    ATOMA_TRY(out.pcrs[i], bytes_of(list->items()[i]));
    if (out.pcrs[i].size() != out.pcrs[0].size()) return bad("pcrs of different sizes");
  }
  set_bank(out);
  return {};
}

}  // namespace

Result<EvidenceFile> parse_pcr_lines(std::string_view text) {
  EvidenceFile out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty()) ATOMA_TRY_VOID(read_line(line, out));
  }
  std::size_t size = 0;
  for (const auto& pcr : out.pcrs) {
    if (pcr.empty()) continue;
    if (size != 0 && pcr.size() != size) return bad("PCRs of different sizes");
    size = pcr.size();
  }
  set_bank(out);
  return out;
}

Result<EvidenceFile> parse_evidence_file(ByteView json) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(json)));
  const JsonValue& root = document.root();
  if (!root.is_object()) return bad("the document");
  EvidenceFile out;
  ATOMA_TRY_VOID(read(root, "report", out.hcl_report));
  ATOMA_TRY_VOID(read(root, "hcl_report", out.hcl_report));
  ATOMA_TRY_VOID(read(root, "td_quote", out.td_quote));
  ATOMA_TRY_VOID(read(root, "vcek", out.vcek));
  ATOMA_TRY_VOID(read(root, "ak_public", out.ak_public));
  const JsonValue* quote = root.find("tpm_quote");
  if (quote == nullptr) quote = root.find("quote");
  if (quote == nullptr) return out;
  ATOMA_TRY_VOID(read(*quote, "message", out.message));
  ATOMA_TRY_VOID(read(*quote, "signature", out.signature));
  ATOMA_TRY_VOID(read_pcrs(*quote, out));
  return out;
}

}  // namespace atoma::evidence::tpm
