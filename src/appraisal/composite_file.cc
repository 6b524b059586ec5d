#include "atoma/appraisal/composite_file.h"

#include <format>
#include <initializer_list>

#include "atoma/base/limits.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

using evidence::Tee;
using wire::JsonValue;

std::unexpected<Error> bad(std::string_view expected) {
  return malformed("composite.format", "expected " + std::string(expected));
}

// An object with exactly these members.
Status check_members(const JsonValue& object, std::initializer_list<std::string_view> members,
                     std::string_view what) {
  bool good = object.is_object() && object.items().size() == members.size();
  for (const auto name : members) good &= object.find(name) != nullptr;
  if (!good) return bad(std::format("{} with its members and no others", what));
  return {};
}

Result<Bytes> read_base64(const JsonValue& value, std::size_t size_max, std::string_view what) {
  auto bytes = wire::base64_decode(value.text());
  if (!value.is_string() || !bytes || bytes->size() > size_max) {
    return bad(std::format("{} in base64, at most {} bytes", what, size_max));
  }
  return std::move(*bytes);
}

Status read_cpu(const JsonValue& cpu, CompositeFile& out) {
  ATOMA_TRY_VOID(check_members(cpu, {"tee", "evidence"}, "cpu"));
  for (const auto tee : {Tee::kTdx, Tee::kSnp, Tee::kSgx}) {
    if (evidence::tee_name(tee) == cpu.find("tee")->text()) out.tee = tee;
  }
  if (out.tee == Tee::kUnknown) return bad("cpu.tee: tdx, snp or sgx");
  ATOMA_TRY(out.evidence, read_base64(*cpu.find("evidence"), limits::kEvidenceMax, "evidence"));
  return {};
}

Result<CompositeFile::Gpu> read_gpu(const JsonValue& gpu) {
  ATOMA_TRY_VOID(check_members(gpu, {"report", "cert_chain"}, "a GPU"));
  CompositeFile::Gpu out;
  ATOMA_TRY(out.report, read_base64(*gpu.find("report"), limits::kEvidenceMax, "a report"));
  const std::string_view chain = gpu.find("cert_chain")->text();
  if (chain.empty() || chain.size() > limits::kCertificateChainMax) return bad("a chain in PEM");
  out.cert_chain = to_bytes(chain);
  return out;
}

}  // namespace

bool looks_like_composite(std::string_view text) {
  return text.starts_with('{') && text.substr(0, 64).contains("\"atoma_composite\"");
}

Result<CompositeFile> parse_composite_file(std::string_view json) {
  if (json.size() > kCompositeFileMax) {
    return malformed("composite.too_large",
                     std::format("{} bytes; at most {} are read", json.size(), kCompositeFileMax));
  }
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  const JsonValue& root = document.root();
  const JsonValue* version = root.find("atoma_composite");
  if (version == nullptr || version->unsigned_integer() != 1) {
    return malformed("composite.version", "expected the member atoma_composite: 1");
  }
  ATOMA_TRY_VOID(check_members(root, {"atoma_composite", "cpu", "gpus", "key"}, "the file"));
  CompositeFile out;
  ATOMA_TRY_VOID(read_cpu(*root.find("cpu"), out));
  const JsonValue& gpus = *root.find("gpus");
  if (!gpus.is_array() || gpus.items().empty() || gpus.items().size() > kCompositeGpusMax) {
    return bad("a list of 1 to 64 GPUs");
  }
  for (const auto& gpu : gpus.items()) {
    ATOMA_TRY(auto parsed, read_gpu(gpu));
    out.gpus.push_back(std::move(parsed));
  }
  ATOMA_TRY(out.key, read_base64(*root.find("key"), kCompositeKeyMax, "key"));
  return out;
}

}  // namespace atoma::appraisal
