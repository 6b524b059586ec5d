// Inputs that each target understands, from which a fuzzer starts.
#pragma once

#include <string>
#include <vector>

#include "atoma/base/bytes.h"

namespace atoma::fuzz {

struct Seed {
  std::string target;
  std::string name;
  Bytes bytes;
  bool salted = false;  // differs each time that it is made
};

std::vector<Seed> evidence_seeds();    // Intel, AMD, and DER in general
std::vector<Seed> cbor_seeds();        // CBOR, and what is written in it
std::vector<Seed> nvidia_seeds();      // reports, chains, manifests
std::vector<Seed> ledger_seeds();      // typed entries, lookups
std::vector<Seed> log_seeds();         // tokens, notes, bundles, frames
std::vector<Seed> tlog_seeds();        // cosignatures, policies of witnesses, proofs
std::vector<Seed> collateral_seeds();  // records, sets, answers of sources
std::vector<Seed> request_seeds();     // what services read
std::vector<Seed> reference_seeds();   // signed reference values
std::vector<Seed> tpm_seeds();         // event logs, TPM evidence, firmware

inline std::vector<Seed> all_seeds() {
  std::vector<Seed> out = evidence_seeds();
  for (auto& seed : cbor_seeds()) out.push_back(std::move(seed));
  for (auto& seed : collateral_seeds()) out.push_back(std::move(seed));
  for (auto& seed : nvidia_seeds()) out.push_back(std::move(seed));
  for (auto& seed : ledger_seeds()) out.push_back(std::move(seed));
  for (auto& seed : log_seeds()) out.push_back(std::move(seed));
  for (auto& seed : tlog_seeds()) out.push_back(std::move(seed));
  for (auto& seed : request_seeds()) out.push_back(std::move(seed));
  for (auto& seed : reference_seeds()) out.push_back(std::move(seed));
  for (auto& seed : tpm_seeds()) out.push_back(std::move(seed));
  return out;
}

}  // namespace atoma::fuzz
