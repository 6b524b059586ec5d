// NVIDIA's part of `atoma verify`: certificate chains, manifests, nonce, further devices.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/appraisal/appraiser.h"
#include "command.h"

namespace atoma::app {

struct NvidiaOptions {
  std::string cert_chain;
  std::string nonce;
  std::vector<std::string> rims, ocsp;
  std::vector<std::pair<std::string, std::string>> devices;  // report, chain
  std::optional<std::uint64_t> expected;

  bool given() const { return !cert_chain.empty(); }
};
void add_nvidia_options(CLI::App& command, NvidiaOptions& options);

// Owns what `evidence` points into; stays where it is once it is filled.
struct NvidiaInputs {
  std::vector<Bytes> files;
  std::optional<Bytes> nonce;
  appraisal::NvidiaEvidence evidence;
};

// `report` is the first device's. Errors: those of read_file and hex_decode, "usage.nonce".
Status load_nvidia(const NvidiaOptions& options, ByteView report, NvidiaInputs& out);

}  // namespace atoma::app
