#include "atoma/appraisal/binding.h"

#include <algorithm>
#include <string>
#include <vector>

#include "atoma/wire/reader.h"

namespace atoma::appraisal {
namespace {

constexpr std::string_view kLabel = "atoma-report-data/1";
constexpr std::string_view kTpmLabel = "atoma-tpm-nonce/1";
constexpr std::string_view kGpuLabel = "gpu";
constexpr std::size_t kCountSize = 4;

void append_sized(Bytes& out, ByteView part) {
  wire::append_le(out, part.size(), kCountSize);
  append(out, part);
}

}  // namespace

ReportData bind_report_data(ByteView nonce, ByteView key,
                            std::span<const crypto::Digest256> devices) {
  Bytes input = to_bytes(kLabel);
  append_sized(input, nonce);
  append_sized(input, key);
  wire::append_le(input, devices.size(), kCountSize);
  std::vector<crypto::Digest256> sorted(devices.begin(), devices.end());
  std::ranges::sort(sorted);
  for (const auto& digest : sorted) append(input, digest);
  ReportData out{};
  std::ranges::copy(crypto::sha384(input), out.begin());
  return out;
}

crypto::Digest256 bind_tpm_nonce(ByteView nonce, ByteView key) {
  Bytes input = to_bytes(kTpmLabel);
  append_sized(input, nonce);
  append_sized(input, key);
  return crypto::sha256(input);
}

crypto::Digest256 gpu_nonce(ByteView challenge, std::size_t index) {
  Bytes input = to_bytes(kGpuLabel);
  append(input, challenge);
  wire::append_le(input, index, kCountSize);
  return crypto::sha256(input);
}

crypto::Digest256 gpu_set_digest(std::span<const std::string> ids) {
  std::vector<std::string> sorted(ids.begin(), ids.end());
  std::ranges::sort(sorted);
  std::string text;
  for (const auto& id : sorted) text += id + "\n";
  return crypto::sha256(as_bytes(text));
}

}  // namespace atoma::appraisal
