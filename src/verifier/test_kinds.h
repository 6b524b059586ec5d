// For tests: software platforms of every kind, and what their guests send to the verifier.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "atoma/appraisal/binding.h"
#include "atoma/appraisal/policy.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "cca/test_platform.h"
#include "nvidia/test_device.h"
#include "tpm/test_quote.h"

namespace atoma::verifier::test {

using wire::base64_encode;

inline const sample_tee::IntelPlatform& intel_platform() {
  static const auto platform = [] {
    evidence::TestEntropy entropy(9);
    return sample_tee::IntelPlatform::create(entropy);
  }();
  return platform;
}

inline const sample_tee::CcaPlatform& cca_platform() {
  static const auto platform = evidence::cca::test_platform();
  return platform;
}

inline const sample_tee::NvidiaDevice& gpu(std::uint8_t serial) {
  static std::map<std::uint8_t, sample_tee::NvidiaDevice> devices;
  const auto found = devices.find(serial);
  if (found != devices.end()) return found->second;
  return devices
      .emplace(serial, evidence::nvidia::make_test_device(
                           {.serial = {0x41, serial, 2, 3, 4, 5, 6, 7, 8}}, serial))
      .first->second;
}

inline Bytes gpu_report(std::uint8_t serial, const crypto::Digest256& nonce) {
  auto content = gpu(serial).content();
  content.nonce = nonce;
  return gpu(serial).report(content);
}

inline const crypto::RsaPrivateKey& tpm_key() {
  static const auto key = crypto::RsaPrivateKey::generate(2048);
  return key;
}

// TPM2B_PUBLIC of tpm_key().
inline Bytes tpm_public() {
  Bytes out;
  for (const auto& [value, size] : {std::pair{0x0001u, 2u},
                                    {0x000Bu, 2u},
                                    {0x00050072u, 4u},
                                    {0u, 2u},
                                    {0x0010u, 2u},
                                    {0x0014u, 2u},
                                    {0x000Bu, 2u},
                                    {2048u, 2u},
                                    {0u, 4u}}) {
    wire::append_be(out, value, size);
  }
  evidence::tpm::append_sized(out, tpm_key().modulus());
  return out;
}

inline Bytes tpm_fingerprint() {
  const auto key =
      evidence::tpm::AttestationKey::create_rsa(tpm_key().modulus(), tpm_key().exponent());
  return to_bytes(ByteView(key->fingerprint()));
}

// Every kind of evidence of these platforms, and no manifests.
inline appraisal::Policy policy_of_all() {
  using appraisal::AnyOf;
  using appraisal::Require;
  auto policy = appraisal::Policy::strict("tests");
  policy.report_data_bound = Require::strict();
  policy.nvidia->ocsp = policy.nvidia->driver_rim = policy.nvidia->vbios_rim =
      Require::any("not here");
  policy.vtpm->ak = AnyOf<Bytes>::one_of({tpm_fingerprint()});
  policy.vtpm->pcrs_selected = 0xFF;
  policy.cca->platform_keys =
      AnyOf<Bytes>::one_of({to_bytes(ByteView(cca_platform().platform_key_digest()))});
  policy.sample = appraisal::SamplePolicy{{intel_platform().root_digest(),
                                           evidence::nvidia::test_vendor().root_digest(),
                                           cca_platform().platform_key_digest()}};
  return policy;
}

// Members of a request, "…": without the braces.
inline std::string gpus_json(const std::vector<std::uint8_t>& serials,
                             const std::vector<Bytes>& reports) {
  wire::JsonWriter out;
  out.begin_array();
  for (std::size_t i = 0; i < serials.size(); ++i) {
    out.begin_object()
        .member("report", base64_encode(reports[i]))
        .member("cert_chain", as_text(gpu(serials[i]).pem()))
        .end_object();
  }
  return out.end_array().take();
}

inline std::string tpm_json(ByteView extra_data) {
  evidence::tpm::TestQuote quote;
  quote.nonce = to_bytes(extra_data);
  const Bytes message = quote.encode();
  const Bytes signature = evidence::tpm::rsa_signature(
      0x0014, evidence::HashAlgorithm::kSha256,
      tpm_key().sign(crypto::RsaPadding::kPkcs1, crypto::RsaDigest::kSha256, message));
  wire::JsonWriter out;
  out.begin_object().member("ak_public", wire::hex_encode(tpm_public())).key("quote");
  out.begin_object()
      .member("message", wire::hex_encode(message))
      .member("signature", wire::hex_encode(signature))
      .key("pcrs")
      .begin_array();
  for (const auto& pcr : quote.pcrs) out.value(wire::hex_encode(pcr));
  return out.end_array().end_object().end_object().take();
}

// A TD and its GPUs that answer `challenge` and name `key`.
inline std::string composite_json(ByteView challenge, ByteView key,
                                  const std::vector<std::uint8_t>& serials = {1, 2}) {
  std::vector<Bytes> reports;
  std::vector<crypto::Digest256> digests;
  for (std::size_t i = 0; i < serials.size(); ++i) {
    reports.push_back(gpu_report(serials[i], appraisal::gpu_nonce(challenge, i)));
    digests.push_back(crypto::sha256(reports.back()));
  }
  sample_tee::TdReportTemplate td;
  td.report_data = appraisal::bind_report_data(challenge, key, digests);
  wire::JsonWriter out;
  out.begin_object().member("atoma_composite", 1).key("cpu");
  out.begin_object()
      .member("tee", "tdx")
      .member("evidence", base64_encode(intel_platform().quote_td(td)))
      .end_object();
  out.key("gpus").raw(gpus_json(serials, reports)).member("key", base64_encode(key));
  return out.end_object().take();
}

// One event of dstack's, and the RTMR 3 that it makes of zeros.
struct DstackLog {
  std::string json;
  ByteArray<48> rtmr3{};
};
inline DstackLog dstack_log(ByteView payload) {
  Bytes event{0x01, 0x00, 0x00, 0x08};
  append(event, as_bytes(":app:"));
  append(event, payload);
  Bytes extended(48);
  append(extended, crypto::sha384(event));
  DstackLog out;
  out.json = R"([{"imr": 3, "event_type": 134217729, "digest": "", "event": "app",)"
             R"( "event_payload": ")" +
             wire::hex_encode(payload) + "\"}]";
  std::ranges::copy(crypto::sha384(extended), out.rtmr3.begin());
  return out;
}

}  // namespace atoma::verifier::test
