#include "verify_nvidia.h"

#include "atoma/base/limits.h"
#include "atoma/evidence/nvidia/report.h"
#include "atoma/wire/text.h"
#include "conformance/files.h"

namespace atoma::app {

using conformance::read_file;

void add_nvidia_options(CLI::App& command, NvidiaOptions& options) {
  command.add_option("--cert-chain", options.cert_chain,
                     "NVIDIA: the device's certificates, PEM, leaf first");
  command.add_option("--nonce", options.nonce, "NVIDIA, TPM: the nonce asked with, hexadecimal");
  command.add_option("--rim", options.rims, "NVIDIA: reference manifests of driver and VBIOS");
  command.add_option("--ocsp", options.ocsp, "NVIDIA: OCSP answers, DER");
  command.add_option("--device", options.devices,
                     "NVIDIA: report and chain of a further device of this host");
  command.add_option("--devices", options.expected, "NVIDIA: how many devices there must be");
}

Status load_nvidia(const NvidiaOptions& options, ByteView report, NvidiaInputs& out) {
  out.files.reserve(1 + 2 * options.devices.size() + options.rims.size() + options.ocsp.size());
  const auto load = [&](const std::string& path, std::size_t size_max) -> Result<ByteView> {
    ATOMA_TRY(auto bytes, read_file(path, size_max));
    return ByteView(out.files.emplace_back(std::move(bytes)));
  };
  ATOMA_TRY(const ByteView chain, load(options.cert_chain, limits::kCertificateChainMax));
  out.evidence.devices.push_back({report, chain});
  for (const auto& [report_path, chain_path] : options.devices) {
    ATOMA_TRY(const ByteView more, load(report_path, limits::kEvidenceMax));
    ATOMA_TRY(const ByteView its_chain, load(chain_path, limits::kCertificateChainMax));
    out.evidence.devices.push_back({more, its_chain});
  }
  for (const auto& path : options.rims) {
    ATOMA_TRY(const ByteView rim, load(path, limits::kXmlMax));
    out.evidence.rims.push_back(rim);
  }
  for (const auto& path : options.ocsp) {
    ATOMA_TRY(const ByteView answer, load(path, limits::kOcspMax));
    out.evidence.ocsp.push_back(answer);
  }
  out.evidence.expected_devices = options.expected;
  if (options.nonce.empty()) return {};
  ATOMA_TRY(auto nonce, wire::hex_decode(options.nonce));
  if (nonce.size() != evidence::nvidia::kNonceSize) {
    return malformed("usage.nonce", "a nonce has 32 bytes, in hexadecimal");
  }
  out.nonce = std::move(nonce);
  return {};
}

}  // namespace atoma::app
