#include "atoma/sample_tee/intel_collateral.h"

#include <format>

#include "atoma/sample_tee/intel_quote.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::sample_tee {
namespace {

using evidence::Tee;
using evidence::intel::PckInfo;
using evidence::intel::QeIdentity;
using evidence::intel::TcbComponents;
using evidence::intel::TcbInfo;
using evidence::intel::TcbLevel;
using evidence::intel::TcbStatus;
using evidence::intel::TdxModule;
using wire::JsonWriter;

constexpr Time kCurrentTcb{1762905600};  // 2025-11-12
constexpr Time kOldTcb{1699401600};      // 2023-11-08
constexpr std::uint32_t kEvaluationNumber = 20;
constexpr std::string_view kAdvisory = "INTEL-SA-00000";  // no such advisory

std::string hex_upper(ByteView bytes) {
  std::string out = wire::hex_encode(bytes);
  for (char& c : out) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::uint64_t number(std::uint64_t n) { return n; }

void write_header(JsonWriter& out, std::string_view id, std::uint64_t version, Time issue_date,
                  Time next_update) {
  if (!id.empty()) out.member("id", id);
  out.member("version", version);
  out.member("issueDate", format_time(issue_date));
  out.member("nextUpdate", format_time(next_update));
}

void write_status(JsonWriter& out, const TcbLevel& level) {
  out.member("tcbDate", format_time(level.date));
  out.member("tcbStatus", tcb_status_name(level.status));
  if (level.advisories.empty()) return;
  out.key("advisoryIDs").begin_array();
  for (const auto& id : level.advisories) out.value(id);
  out.end_array();
}

void write_isv_levels(JsonWriter& out, const std::vector<TcbLevel>& levels) {
  out.key("tcbLevels").begin_array();
  for (const auto& level : levels) {
    out.begin_object();
    out.key("tcb").begin_object().member("isvsvn", number(level.isv_svn)).end_object();
    write_status(out, level);
    out.end_object();
  }
  out.end_array();
}

void write_components(JsonWriter& out, std::string_view name, const TcbComponents& components) {
  out.key(name).begin_array();
  for (const auto svn : components) out.begin_object().member("svn", number(svn)).end_object();
  out.end_array();
}

void write_platform_level(JsonWriter& out, const TcbLevel& level, std::uint64_t version) {
  out.begin_object().key("tcb").begin_object();
  if (version >= 3) {
    write_components(out, "sgxtcbcomponents", level.sgx_components);
  } else {
    for (std::size_t i = 0; i < 16; ++i) {
      out.member(std::format("sgxtcbcomp{:02}svn", i + 1), number(level.sgx_components[i]));
    }
  }
  out.member("pcesvn", number(level.pce_svn));
  if (level.tdx_components) write_components(out, "tdxtcbcomponents", *level.tdx_components);
  out.end_object();
  write_status(out, level);
  out.end_object();
}

void write_module(JsonWriter& out, const TdxModule& module) {
  out.member("mrsigner", hex_upper(module.mrsigner));
  out.member("attributes", hex_upper(module.attributes));
  out.member("attributesMask", hex_upper(module.attributes_mask));
}

void write_modules(JsonWriter& out, const TcbInfo& info) {
  if (info.module) {
    out.key("tdxModule").begin_object();
    write_module(out, *info.module);
    out.end_object();
  }
  out.key("tdxModuleIdentities").begin_array();
  for (const auto& module : info.module_identities) {
    out.begin_object().member("id", std::format("TDX_{:02X}", unsigned{module.version}));
    write_module(out, module);
    write_isv_levels(out, module.levels);
    out.end_object();
  }
  out.end_array();
}

std::vector<TcbLevel> isv_levels(std::uint16_t current, std::uint16_t old) {
  std::vector<TcbLevel> levels(2);
  levels[0].isv_svn = current;
  levels[0].status = TcbStatus::kUpToDate;
  levels[0].date = kCurrentTcb;
  levels[1].isv_svn = old;
  levels[1].status = TcbStatus::kOutOfDate;
  levels[1].date = kOldTcb;
  levels[1].advisories = {std::string(kAdvisory)};
  return levels;
}

TdxModule module_identity(std::uint8_t version) {
  TdxModule module;
  module.version = version;
  module.attributes_mask.fill(0xFF);
  if (version > 0) module.levels = isv_levels(5, 2);
  return module;
}

TcbLevel platform_level(const PckInfo& pck, bool tdx, bool current) {
  TcbLevel level;
  std::ranges::copy(pck.tcb_components, level.sgx_components.begin());
  level.pce_svn = current ? pck.pce_svn : 0;
  if (tdx) level.tdx_components = TcbComponents{5, 0, 2};
  level.status = current ? TcbStatus::kUpToDate : TcbStatus::kOutOfDate;
  level.date = current ? kCurrentTcb : kOldTcb;
  if (current) return level;
  for (auto& svn : level.sgx_components) svn = svn > 0 ? svn - 1 : 0;
  if (tdx) level.tdx_components = TcbComponents{4, 0, 1};
  level.advisories = {std::string(kAdvisory)};
  return level;
}

}  // namespace

TcbInfo sample_tcb_info(Tee tee, const PckInfo& pck, ValidityWindow window) {
  TcbInfo info;
  info.is_tdx = tee == Tee::kTdx;
  info.version = 3;
  info.issue_date = window.not_before;
  info.next_update = window.not_after;
  info.fmspc = pck.fmspc;
  info.pce_id = pck.pce_id;
  info.evaluation_number = kEvaluationNumber;
  if (info.is_tdx) {
    info.module = module_identity(0);
    info.module_identities = {module_identity(3), module_identity(1)};
  }
  info.levels = {platform_level(pck, info.is_tdx, true), platform_level(pck, info.is_tdx, false)};
  return info;
}

QeIdentity sample_qe_identity(Tee tee, ValidityWindow window) {
  const EnclaveReportTemplate qe = sample_quoting_enclave(tee);
  QeIdentity identity;
  identity.id = tee == Tee::kTdx ? "TD_QE" : "QE";
  identity.version = 2;
  identity.issue_date = window.not_before;
  identity.next_update = window.not_after;
  identity.evaluation_number = kEvaluationNumber;
  identity.misc_select_mask.fill(0xFF);
  identity.attributes[0] = 0x11;  // INIT, PROVISIONKEY
  std::ranges::fill_n(identity.attributes_mask.begin(), 8, std::uint8_t{0xFF});
  identity.attributes_mask[0] = 0xFB;  // all but MODE64
  identity.mrsigner = qe.mrsigner;
  identity.isv_prod_id = qe.isv_prod_id;
  identity.levels = isv_levels(qe.isv_svn, 6);
  return identity;
}

std::string encode_tcb_info(const TcbInfo& info) {
  JsonWriter out;
  out.begin_object();
  const std::string_view id = info.is_tdx ? "TDX" : "SGX";
  write_header(out, info.version >= 3 ? id : "", info.version, info.issue_date, info.next_update);
  out.member("fmspc", hex_upper(info.fmspc)).member("pceId", hex_upper(info.pce_id));
  out.member("tcbType", 0).member("tcbEvaluationDataNumber", number(info.evaluation_number));
  if (info.is_tdx) write_modules(out, info);
  out.key("tcbLevels").begin_array();
  for (const auto& level : info.levels) write_platform_level(out, level, info.version);
  out.end_array();
  return out.end_object().take();
}

std::string encode_qe_identity(const QeIdentity& identity) {
  JsonWriter out;
  out.begin_object();
  write_header(out, identity.id, identity.version, identity.issue_date, identity.next_update);
  out.member("tcbEvaluationDataNumber", number(identity.evaluation_number));
  out.member("miscselect", hex_upper(identity.misc_select));
  out.member("miscselectMask", hex_upper(identity.misc_select_mask));
  out.member("attributes", hex_upper(identity.attributes));
  out.member("attributesMask", hex_upper(identity.attributes_mask));
  out.member("mrsigner", hex_upper(identity.mrsigner));
  out.member("isvprodid", number(identity.isv_prod_id));
  write_isv_levels(out, identity.levels);
  return out.end_object().take();
}

Bytes sign_intel_object(std::string_view member, std::string_view object,
                        const crypto::EcPrivateKey& signer) {
  JsonWriter out;
  out.begin_object().key(member).raw(object);
  out.member("signature", wire::hex_encode(signer.sign(as_bytes(object))));
  return to_bytes(out.end_object().take());
}

}  // namespace atoma::sample_tee
