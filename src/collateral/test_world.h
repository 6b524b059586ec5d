// What the tests share: software vendors of every kind, what they would serve, and when.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "amd/test_platform.h"
#include "atoma/collateral/store.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/sample_tee/nvidia_rim.h"
#include "atoma/sample_tee/nvidia_vendor.h"
#include "atoma/wire/text.h"
#include "store/test_support.h"

namespace atoma::collateral::test {

using evidence::Tee;

inline constexpr Time kNow{1767225600};  // 2026-01-01
inline constexpr Duration kDay{24ll * 3600};
inline constexpr ValidityWindow kWindow{kNow - kDay, kNow + Duration{29 * kDay.s}};
inline constexpr ValidityWindow kLong{{1'600'000'000}, {1'900'000'000}};

inline Bytes pem(std::initializer_list<ByteView> certificates) {
  std::string out;
  for (const ByteView der : certificates) out += wire::encode_pem("CERTIFICATE", der);
  return to_bytes(out);
}

inline Record make_record(std::string_view name, Bytes content, Bytes chain, Time at = kNow) {
  auto item = Item::parse(name);
  EXPECT_TRUE(item) << name;
  return {.item = *std::move(item),
          .content = std::move(content),
          .issuer_chain = std::move(chain),
          .etag = "",
          .fetched_at = at};
}

class World {
 public:
  World()
      : intel(sample_tee::IntelPlatform::create(entropy)),
        nvidia(sample_tee::NvidiaKeys::generate(entropy), kLong),
        gpu(nvidia.make_device({}, entropy)),
        rims(sample_tee::NvidiaRimKeys::generate(entropy), kLong) {
    anchors.sample_roots = {intel.root_digest(), amd.vendor.root_digest(), nvidia.root_digest(),
                            rims.root_digest()};
    for (const auto& der : gpu.chain) gpu_chain.push_back(*pki::Certificate::parse(der));
  }

  std::string fmspc() const { return wire::hex_encode(intel.pck_info().fmspc); }
  std::string tcb_info_name(std::string_view tee = "tdx") const {
    return "intel/tcb_info/" + std::string(tee) + "/" + fmspc();
  }
  std::string vcek_name() const {
    return vcek_item(evidence::amd::Product::kMilan, amd.key_content.hw_id, amd.key_content.tcb)
        ->name();
  }
  std::string ocsp_name() const {
    return "nvidia/ocsp/" + wire::hex_encode(crypto::sha256(gpu.chain[1]));
  }

  evidence::intel::CollateralFiles files(Tee tee = Tee::kTdx,
                                         ValidityWindow window = kWindow) const {
    return intel.collateral_files(tee, window);
  }
  Bytes root_pem() const { return pem({intel.certificates().root}); }
  Bytes pck_ca_pem() const { return pem({intel.certificates().pck_ca, intel.certificates().root}); }
  Bytes amd_chain_pem() const { return pem({amd.vendor.ask(), amd.vendor.ark()}); }
  Bytes amd_crl(ValidityWindow window = kWindow) const { return amd.vendor.issue_crl({}, window); }
  Bytes rim() const {
    return rims.make_rim(sample_tee::matching_rim(gpu.content(), "550.90.07", "GH100", {0, 1, 2}));
  }
  // From the authority that is asked about up to the root.
  Bytes gpu_subject() const {
    return pem({gpu.chain[1], gpu.chain[2], gpu.chain[3], gpu.chain[4]});
  }
  Bytes ocsp_answer(ValidityWindow window = kWindow) const {
    return nvidia.answers(gpu, pki::OcspStatus::kGood, window).front();
  }

  // One of each kind, good at kNow.
  std::vector<Record> records(ValidityWindow window = kWindow) const {
    const auto tdx = files(Tee::kTdx, window);
    const auto sgx = files(Tee::kSgx, window);
    return {
        make_record(tcb_info_name(), tdx.tcb_info, tdx.tcb_signing_chain),
        make_record(tcb_info_name("sgx"), sgx.tcb_info, sgx.tcb_signing_chain),
        make_record("intel/qe_identity/tdx", tdx.qe_identity, tdx.tcb_signing_chain),
        make_record("intel/qe_identity/sgx", sgx.qe_identity, sgx.tcb_signing_chain),
        make_record("intel/pck_crl/platform", tdx.pck_crl, pck_ca_pem()),
        make_record("intel/root_crl", tdx.root_crl, root_pem()),
        make_record("amd/cert_chain/milan", amd_chain_pem(), {}),
        make_record("amd/vlek_cert_chain/milan", pem({amd.vendor.asvk(), amd.vendor.ark()}), {}),
        make_record("amd/crl/milan", amd_crl(window), pem({amd.vendor.ark()})),
        make_record(vcek_name(), amd.key_certificate, amd_chain_pem()),
        make_record("nvidia/rim/NV_GPU_DRIVER_GH100_550.90.07", rim(), {}),
        make_record(ocsp_name(), ocsp_answer(window), gpu_subject())};
  }

  evidence::TestEntropy entropy{7};
  sample_tee::IntelPlatform intel;
  evidence::amd::TestPlatform amd;
  sample_tee::NvidiaVendor nvidia;
  sample_tee::NvidiaDevice gpu;
  sample_tee::NvidiaRimVendor rims;
  std::vector<pki::Certificate> gpu_chain;
  evidence::TrustAnchors anchors{.vendor_roots = true, .sample_roots = {}};
};

inline const World& world() {
  static const World kWorld;
  return kWorld;
}

// "ok", or the reason.
template <typename T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(result.error().reason);
}

}  // namespace atoma::collateral::test
