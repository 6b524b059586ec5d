#include "atoma/wire/reader.h"
#include "eventlog/test_log.h"
#include "fixtures.h"
#include "seeds.h"
#include "tpm/test_quote.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::eventlog;

void add_event_logs(std::vector<Seed>& out) {
  TestLog ccel = TestLog::ccel();
  ccel.add(1, kEvEfiVariableDriverConfig, global_variable("SecureBoot", Bytes{1})).separator(1);
  ccel.add(3, kEvIpl, as_bytes("kernel_cmdline: quiet"), as_bytes("quiet"));
  ccel.add(2, kEvEfiAction, "Exit Boot Services Returned with Success");
  out.push_back({"event_log", "ccel", ccel.bytes});
  TestLog pcrs = TestLog::pcrs();
  pcrs.add(0, kEvNoAction, std::string_view("StartupLocality\0\3", 17)).separator(0);
  out.push_back({"event_log", "tcg2", pcrs.bytes});
  Bytes cel = cel_record(0, 108, 4, "image");
  append(cel, cel_record(1, 108, 4, "argument"));
  out.push_back({"event_log", "cel", cel});
  out.push_back({"event_log", "dstack",
                 to_bytes(R"([{"imr":3,"event_type":134217729,"digest":"","event":"app-id",)"
                          R"("event_payload":"ab","version":2}])")});
}

void add_tpm(std::vector<Seed>& out) {
  out.push_back({"tpm_evidence", "quote", tpm::TestQuote{}.encode()});
  out.push_back({"tpm_evidence", "rsassa",
                 tpm::rsa_signature(0x0014, HashAlgorithm::kSha256, Bytes(256, 1))});
  out.push_back(
      {"tpm_evidence", "ecdsa", tpm::ecdsa_signature(HashAlgorithm::kSha256, Bytes(64, 1))});
  const tpm::TestHcl hcl{.claims =
                             R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"AA"}]})"};
  out.push_back({"tpm_evidence", "hcl", hcl.encode()});
  out.push_back({"tpm_evidence", "file",
                 to_bytes(R"({"hcl_report":"SENM","tpm_quote":{"message":"ff","pcrs":["00"]}})")});
  out.push_back({"tpm_evidence", "pcrs", to_bytes("  sha256:\n    0 : 0x" + std::string(64, '0'))});
}

// One page: TDX metadata at its start and the footer that points to them.
void add_firmware(std::vector<Seed>& out) {
  constexpr std::size_t kSize = 4096;
  Bytes image(kSize), metadata, table;
  for (const std::uint32_t v : {0x46564454u, 48u, 1u, 1u, 0u, 4096u}) {
    wire::append_le(metadata, v, 4);
  }
  wire::append_le(metadata, 0xFFFFF000, 8);
  wire::append_le(metadata, kSize, 8);
  wire::append_le(metadata, 0, 4);
  wire::append_le(metadata, 1, 4);
  wire::append_le(table, kSize, 4);
  wire::append_le(table, 22, 2);
  append(table, ByteArray<16>{0x35, 0x65, 0x7A, 0xE4, 0x4A, 0x98, 0x98, 0x47, 0x86, 0x5E, 0x46,
                              0x85, 0xA7, 0xBF, 0x8E, 0xC2});
  wire::append_le(table, 40, 2);
  append(table, ByteArray<16>{0xDE, 0x82, 0xB5, 0x96, 0xB2, 0x1F, 0xF7, 0x45, 0xBA, 0xEA, 0xA3,
                              0x66, 0xC5, 0x5A, 0x08, 0x2D});
  std::ranges::copy(metadata, image.begin());
  std::ranges::copy(table, image.end() - 32 - static_cast<std::ptrdiff_t>(table.size()));
  out.push_back({"firmware", "tdx", image});
}

}  // namespace

std::vector<Seed> tpm_seeds() {
  std::vector<Seed> out;
  add_event_logs(out);
  add_tpm(out);
  add_firmware(out);
  return out;
}

}  // namespace atoma::fuzz
