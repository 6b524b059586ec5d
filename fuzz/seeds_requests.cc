#include "atoma/crypto/hpke.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "fixtures.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

using wire::base64_encode;

wire::JsonWriter begin_attest(ByteView evidence) {
  wire::JsonWriter out;
  out.begin_object()
      .member("nonce", base64_encode(Bytes(32, 0xA5)))
      .member("key", base64_encode(Bytes(crypto::kXwingPublicKeySize, 0x5A)))
      .member("evidence", base64_encode(evidence));
  return out;
}

Bytes attest_intel(const IntelWorld& world) {
  const auto& files = world.sgx_files;
  wire::JsonWriter out = begin_attest(Bytes(48, 3));
  out.member("tee", "sgx").key("collateral").begin_object();
  out.member("tcb_info", base64_encode(files.tcb_info));
  out.member("qe_identity", base64_encode(files.qe_identity));
  out.member("tcb_signing_chain", base64_encode(files.tcb_signing_chain));
  out.member("root_crl", base64_encode(files.root_crl));
  out.member("pck_crl", base64_encode(files.pck_crl));
  return to_bytes(out.end_object().end_object().take());
}

Bytes attest_amd(const AmdWorld& world) {
  wire::JsonWriter out = begin_attest(world.report(3));
  out.member("tee", "snp").key("endorsements").begin_array();
  out.value(base64_encode(world.files().front()));
  return to_bytes(out.end_array().end_object().take());
}

Bytes batch() {
  wire::JsonWriter out;
  out.begin_object().member("nonce", base64_encode(Bytes(8, 0xA5))).member("detail", "all");
  out.key("items").begin_array();
  for (const std::size_t size : {1u, 48u}) {
    out.begin_object().member("evidence", base64_encode(Bytes(size, 3))).end_object();
  }
  return to_bytes(out.end_array().end_object().take());
}

Bytes appraise_in_cbor(const IntelWorld& world) {
  const auto& files = world.sgx_files;
  wire::CborWriter out;
  out.begin_map().key("nonce").bytes(Bytes(8, 0xA5)).key("evidence").bytes(Bytes(48, 3));
  out.key("report_data").bytes(Bytes(64, 5)).key("format").value("jwt").key("tee").value("sgx");
  out.key("collateral").begin_map().key("root_crl").bytes(files.root_crl).end_map();
  return out.end_map().take();
}

Bytes batch_in_cbor() {
  wire::CborWriter out;
  out.begin_map().key("nonce").bytes(Bytes(8, 0xA5)).key("items").begin_array();
  out.begin_map().key("evidence").bytes(Bytes(4, 3)).end_map();
  out.begin_map().key("tpm").value("{}").key("challenge").bytes(Bytes(4, 3)).end_map();
  return out.end_array().end_map().take();
}

Bytes release() {
  wire::JsonWriter out;
  out.begin_object()
      .member("ear", TokenWorld().token)
      .member("index", 7)
      .member("key", base64_encode(Bytes(crypto::kXwingPublicKeySize, 0x5A)));
  return to_bytes(out.end_object().take());
}

Bytes rule(const cose::Ear& ear) {
  wire::JsonWriter out;
  out.begin_object().key("tee").begin_array().value("tdx").end_array();
  out.member("sample", "allow").key("measurements").begin_object();
  out.key("mrtd").begin_array().value(ear.atoma.measurements[0].second).end_array().end_object();
  out.key("policy_sha256").begin_array().value(ear.atoma.policy_sha256).end_array();
  return to_bytes(out.member("ear_age_max_s", 300).end_object().take());
}

}  // namespace

std::vector<Seed> request_seeds() {
  return {{"attest_request", "batch", batch()},
          {"attest_request", "cbor", appraise_in_cbor(IntelWorld())},
          {"attest_request", "cbor_batch", batch_in_cbor()},
          {"attest_request", "bare", to_bytes(begin_attest(Bytes(8, 1)).end_object().take())},
          {"attest_request", "intel", attest_intel(IntelWorld())},
          {"attest_request", "amd", attest_amd(AmdWorld()), true},
          {"release_request", "release", release()},
          {"traceparent", "sampled",
           to_bytes("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")},
          {"release_request", "rule", rule(TokenWorld().ear)}};
}

}  // namespace atoma::fuzz
