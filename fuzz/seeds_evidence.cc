#include "atoma/wire/der.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"
#include "fixtures.h"
#include "parts.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

using evidence::Tee;
using evidence::intel::CollateralFiles;

Bytes join(std::initializer_list<ByteView> parts) {
  return join_parts(std::span(parts.begin(), parts.size()));
}

Bytes join(const CollateralFiles& files) {
  std::vector<ByteView> parts;
  for (const auto& part : evidence::intel::kCollateralParts) parts.push_back(files.*part.bytes);
  return join_parts(parts);
}

void add_intel_quotes(std::vector<Seed>& out, const IntelWorld& world) {
  const char* const names[] = {"td10", "td15", "td15ex", "enclave", "padded", "ppid"};
  for (std::size_t i = 0; i < world.quotes.size(); ++i) {
    out.push_back({"intel_quote", names[i], world.quotes[i]});
  }
  out.push_back({"appraise", "td10", world.quotes[0]});
  out.push_back({"appraise", "enclave", world.quotes[3]});
}

void add_intel_collateral(std::vector<Seed>& out, const IntelWorld& world) {
  out.push_back({"intel_collateral", "tdx", join(world.tdx_files)});
  out.push_back({"intel_collateral", "sgx", join(world.sgx_files)});
  for (const Tee tee : {Tee::kTdx, Tee::kSgx}) {
    const std::string name(evidence::tee_name(tee));
    auto info = sample_tee::sample_tcb_info(tee, world.platform.pck_info(), kWindow);
    out.push_back({"tcb_info", name, to_bytes(sample_tee::encode_tcb_info(info))});
    out.push_back(
        {"tcb_info", name + "_qe",
         to_bytes(sample_tee::encode_qe_identity(sample_tee::sample_qe_identity(tee, kWindow)))});
    info.version = 2;
    if (tee == Tee::kSgx) {
      out.push_back({"tcb_info", "sgx_v2", to_bytes(sample_tee::encode_tcb_info(info))});
    }
  }
}

void add_intel_certificates(std::vector<Seed>& out, const IntelWorld& world) {
  auto info = world.platform.pck_info();
  out.push_back({"pck_extension", "platform", sample_tee::encode_pck_extension(info)});
  info.smt_enabled.reset();
  out.push_back({"pck_extension", "processor", sample_tee::encode_pck_extension(info)});

  const auto& certificates = world.platform.certificates();
  out.push_back({"certificate", "pck", certificates.pck});
  out.push_back({"certificate", "root", certificates.root});
  out.push_back({"certificate", "chain_pem", world.platform.pck_chain()});
  out.push_back({"pem", "chain", world.platform.pck_chain()});
  out.push_back({"der", "pck", certificates.pck});
  const Bytes list = world.platform.pck_crl(kWindow, {{1}, {2, 3}, {0x7F}});
  out.push_back({"crl", "der", list});
  out.push_back({"crl", "pem", to_bytes(wire::encode_pem("X509 CRL", list))});
  out.push_back({"crl", "hex", to_bytes(wire::hex_encode(list))});
  out.push_back({"der", "crl", list});
}

// As VCEKs and VLEKs carry them (amd_key_extensions.cc has the numbers).
Bytes key_extensions(const pki::CertificateTemplate& content) {
  constexpr std::string_view kArc = "1.3.6.1.4.1.3704.1.";
  std::vector<Bytes> parts;
  for (const auto& extra : content.extra) {
    const std::string_view rest = std::string_view(extra.oid).substr(kArc.size());
    const int digit = rest.back() - '0';
    parts.push_back({static_cast<std::uint8_t>(rest.starts_with("3.") ? digit : digit + 9)});
    append(parts.back(), extra.value);
  }
  const std::vector<ByteView> views(parts.begin(), parts.end());
  return join_parts(views);
}

void add_amd(std::vector<Seed>& out) {
  using namespace evidence::amd;
  const AmdWorld world;
  for (const std::uint32_t version : {2u, 3u, 5u}) {
    out.push_back({"amd_report", "v" + std::to_string(version), world.report(version)});
  }
  out.push_back({"appraise", "snp", world.report(3)});

  const auto files = world.files();
  out.push_back({"amd_endorsements", "chain", join({files[0], files[1], files[2]}), true});
  out.push_back(
      {"amd_endorsements", "chain_crl", join({files[0], files[1], files[2], files[3]}), true});
  const std::string pem =
      wire::encode_pem("CERTIFICATE", files[1]) + wire::encode_pem("CERTIFICATE", files[2]);
  out.push_back({"amd_endorsements", "chain_pem", join({files[0], as_bytes(pem)}), true});
  out.push_back({"certificate", "vcek", files[0], true});
  out.push_back({"certificate", "ark", files[2], true});
  out.push_back({"crl", "amd", files[3], true});

  auto key = world.key_content;
  const auto add = [&](const char* name, Product product) {
    out.push_back({"amd_key_extensions", name,
                   key_extensions(sample_tee::amd_key_template(product, key, {}))});
  };
  add("vcek", Product::kMilan);
  key.hw_id.resize(8);
  add("vcek_turin", Product::kTurin);
  key.kind = SigningKey::kVlek;
  key.csp_id = "CN=cloud.example";
  add("vlek", Product::kGenoa);
}

void add_der(std::vector<Seed>& out) {
  Bytes values;
  wire::der_append_small_integer(values, 0);
  wire::der_append_small_integer(values, 0x80);
  wire::der_append_time(values, kNow);
  wire::der_append_time(values, {4102444800});
  wire::der_append_bit_string(values, Bytes{1, 2});
  wire::der_append(values, wire::kDerBoolean, Bytes{0xFF});
  wire::der_append(values, wire::kDerOid, wire::der_oid("1.2.840.113741.1.13.1"));
  Bytes sequence;
  wire::der_append(sequence, wire::kDerSequence, values);
  out.push_back({"der", "values", sequence});
}

}  // namespace

std::vector<Seed> evidence_seeds() {
  std::vector<Seed> out;
  const IntelWorld world;
  add_intel_quotes(out, world);
  add_intel_collateral(out, world);
  add_intel_certificates(out, world);
  add_amd(out);
  add_der(out);
  return out;
}

}  // namespace atoma::fuzz
