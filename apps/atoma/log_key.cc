#include "log_key.h"

#include "conformance/files.h"
#include "remote.h"

namespace atoma::app {
namespace {

constexpr std::size_t kKeyFileMax = 4096;

std::string_view first_line(ByteView bytes) {
  const auto text = as_text(bytes);
  return text.substr(0, text.find('\n'));
}

}  // namespace

Result<tlog::VerifierKey> load_log_key(const std::string& given) {
  auto key = tlog::VerifierKey::parse(given);
  if (key) return key;
  ATOMA_TRY(const auto bytes, conformance::read_file(given, kKeyFileMax));
  return tlog::VerifierKey::parse(first_line(bytes));
}

Result<tlog::LogKey> load_any_log_key(const std::string& given) {
  auto key = tlog::parse_log_key(given);
  if (key) return key;
  ATOMA_TRY(const auto bytes, conformance::read_file(given, kKeyFileMax));
  return tlog::parse_log_key(first_line(bytes));
}

RemoteResult<tlog::VerifierKey> find_log_key(const std::string& server, const std::string& given) {
  if (!given.empty()) return load_log_key(given);
  ATOMA_TRY(const auto bytes, call_remote(server, {.path = "/v1/log/key"}));
  return tlog::VerifierKey::parse(first_line(bytes));
}

}  // namespace atoma::app
