#include "atoma/collateral/record.h"
#include "fixtures.h"
#include "nvidia_world.h"
#include "parts.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

Bytes folder(std::initializer_list<std::pair<std::string_view, ByteView>> files) {
  std::vector<ByteView> parts;
  for (const auto& [name, bytes] : files) {
    parts.push_back(as_bytes(name));
    parts.push_back(bytes);
  }
  return join_parts(parts);
}

Bytes record() {
  const IntelWorld world;
  return to_bytes(collateral::encode_record({.item = *collateral::Item::parse("intel/root_crl"),
                                             .content = world.tdx_files.root_crl,
                                             .issuer_chain = to_bytes("chain"),
                                             .etag = "\"1\"",
                                             .fetched_at = kNow}));
}

Bytes intel_folder() {
  const IntelWorld world;
  const auto& files = world.tdx_files;
  return folder({{"tcb_info.json", files.tcb_info},
                 {"qe_identity.json", files.qe_identity},
                 {"tcb_signing_chain.pem", files.tcb_signing_chain},
                 {"root_crl.der", files.root_crl},
                 {"pck_crl.der", files.pck_crl},
                 {"pck_crl_issuer_chain.pem", files.tcb_signing_chain}});
}

Bytes amd_folder() {
  const AmdWorld world;
  const auto files = world.files();
  return folder({{"vcek.der", files[0]},
                 {"ask.der", files[1]},
                 {"ark.der", files[2]},
                 {"crl.der", files[3]}});
}

Bytes nvidia_folder() {
  const NvidiaWorld world;
  return folder({{"NV_GPU_DRIVER_GH100_550.90.07.xml", world.rim},
                 {"00.ocsp", world.answers.front()},
                 {"00.subject", world.vendor.root()}});
}

}  // namespace

std::vector<Seed> collateral_seeds() {
  return {{"collateral_record", "root_crl", record()},
          {"collateral_answer", "chain", to_bytes("-----BEGIN%20CERTIFICATE-----%0AAA+/%2B%3D%0A")},
          {"collateral_answer", "seconds", to_bytes("120")},
          {"collateral_answer", "date", to_bytes("Thu, 01 Jan 2026 00:02:00 GMT")},
          {"collateral_answer", "manifest", to_bytes(R"({"id":"ID","rim":"PHg+"})")},
          {"collateral_answer", "item", to_bytes("amd/vcek/turin/0123456789abcdef-1.4.0.24.217")},
          {"collateral_answer", "url", to_bytes("intel=http://127.0.0.1:8081/pcs")},
          {"collateral_sets", "intel", intel_folder()},
          {"collateral_sets", "amd", amd_folder(), true},
          {"collateral_sets", "nvidia", nvidia_folder()}};
}

}  // namespace atoma::fuzz
