#include "atoma/appraisal/binding.h"

#include "atoma/crypto/digest.h"
#include "atoma/wire/reader.h"

namespace atoma::appraisal {
namespace {

constexpr std::string_view kLabel = "atoma-report-data/1";
constexpr std::size_t kCountSize = 4;

void append_sized(Bytes& out, ByteView part) {
  wire::append_le(out, part.size(), kCountSize);
  append(out, part);
}

}  // namespace

ReportData bind_report_data(ByteView nonce, ByteView key) {
  Bytes input = to_bytes(kLabel);
  append_sized(input, nonce);
  append_sized(input, key);
  wire::append_le(input, 0, kCountSize);  // devices
  ReportData out{};
  std::ranges::copy(crypto::sha384(input), out.begin());
  return out;
}

}  // namespace atoma::appraisal
