// TCB info and enclave identities from the exact JSON that Intel signs.
#include "atoma/evidence/intel/tcb.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::intel {
namespace {

using wire::JsonValue;

// Real TCB infos have below 30 levels and two or three module identities.
constexpr std::size_t kLevelsMax = 256;
constexpr std::size_t kModulesMax = 16;
constexpr std::size_t kAdvisoriesMax = 128;

// Reads members with sticky failure: the first absent or wrong one is remembered by name.
class ObjectReader {
 public:
  ObjectReader(const JsonValue& object, std::string& problem) : object_(object), problem_(problem) {
    if (!object.is_object()) fail("an object");
  }

  const JsonValue* member(std::string_view name) {
    const JsonValue* value = object_.find(name);
    if (value == nullptr) fail(name);
    return value;
  }
  const JsonValue* optional(std::string_view name) const { return object_.find(name); }

  template <std::size_t N>
  ByteArray<N> hex(std::string_view name) {
    ByteArray<N> out{};
    const JsonValue* value = member(name);
    if (value != nullptr && (!value->is_string() || !wire::hex_decode_into(value->text(), out))) {
      fail(name);
    }
    return out;
  }
  std::uint64_t number(std::string_view name, std::uint64_t max) {
    const JsonValue* value = member(name);
    const auto n = value == nullptr ? std::nullopt : value->unsigned_integer();
    if (!n || *n > max) fail(name);
    return n.value_or(0);
  }
  std::string_view text(std::string_view name) {
    const JsonValue* value = member(name);
    if (value == nullptr || !value->is_string()) fail(name);
    return value == nullptr ? std::string_view() : value->text();
  }
  Time time(std::string_view name) {
    const auto parsed = parse_time(text(name));
    if (!parsed) fail(name);
    return parsed.value_or(Time{});
  }
  const std::vector<JsonValue>& array(std::string_view name, std::size_t max) {
    static const std::vector<JsonValue> kEmpty;
    const JsonValue* value = member(name);
    const bool good = value != nullptr && value->is_array() && value->items().size() <= max;
    if (!good) fail(name);
    return good ? value->items() : kEmpty;
  }
  std::string& problem() { return problem_; }
  void fail(std::string_view name) {
    if (problem_.empty()) problem_ = name;
  }

 private:
  const JsonValue& object_;
  std::string& problem_;
};

// What an evaluation concludes is no status of a level: NotSupported and the relaunch advice.
bool may_be_served(TcbStatus status) {
  return status != TcbStatus::kNotSupported && status != TcbStatus::kTdRelaunchAdvised &&
         status != TcbStatus::kTdRelaunchAdvisedConfigurationNeeded;
}

void read_status(ObjectReader& in, TcbLevel& out) {
  const auto status = tcb_status_from_name(in.text("tcbStatus"));
  if (!status || !may_be_served(*status)) in.fail("tcbStatus");
  out.status = status.value_or(TcbStatus::kNotSupported);
  out.date = in.time("tcbDate");
  if (in.optional("advisoryIDs") == nullptr) return;
  for (const auto& id : in.array("advisoryIDs", kAdvisoriesMax)) {
    if (!id.is_string()) in.fail("advisoryIDs");
    out.advisories.emplace_back(id.text());
  }
}

TcbComponents read_components(ObjectReader& in, std::string_view name) {
  TcbComponents out{};
  const auto& list = in.array(name, 16);
  if (list.size() != 16) in.fail(name);
  for (std::size_t i = 0; i < list.size(); ++i) {
    out[i] = static_cast<std::uint16_t>(ObjectReader(list[i], in.problem()).number("svn", 0xFFFF));
  }
  return out;
}

// Version 2: sgxtcbcomp01svn to sgxtcbcomp16svn.
TcbComponents read_components_v2(ObjectReader& in) {
  TcbComponents out{};
  for (std::size_t i = 0; i < 16; ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string name = "sgxtcbcomp" + std::string(2 - number.size(), '0') + number + "svn";
    out[i] = static_cast<std::uint16_t>(in.number(name, 0xFFFF));
  }
  return out;
}

TcbLevel read_platform_level(const JsonValue& value, const TcbInfo& info, std::string& problem) {
  TcbLevel level;
  ObjectReader in(value, problem);
  if (const JsonValue* tcb = in.member("tcb")) {
    ObjectReader parts(*tcb, problem);
    level.sgx_components =
        info.version >= 3 ? read_components(parts, "sgxtcbcomponents") : read_components_v2(parts);
    level.pce_svn = static_cast<std::uint16_t>(parts.number("pcesvn", 0xFFFF));
    if (info.is_tdx) level.tdx_components = read_components(parts, "tdxtcbcomponents");
  }
  read_status(in, level);
  return level;
}

std::vector<TcbLevel> read_isv_levels(ObjectReader& in) {
  std::vector<TcbLevel> levels;
  for (const auto& value : in.array("tcbLevels", kLevelsMax)) {
    TcbLevel& level = levels.emplace_back();
    ObjectReader entry(value, in.problem());
    if (const JsonValue* tcb = entry.member("tcb")) {
      ObjectReader parts(*tcb, in.problem());
      level.isv_svn = static_cast<std::uint16_t>(parts.number("isvsvn", 0xFFFF));
    }
    read_status(entry, level);
  }
  return levels;
}

TdxModule read_module(ObjectReader& in) {
  return {.version = 0,
          .mrsigner = in.hex<48>("mrsigner"),
          .attributes = in.hex<8>("attributes"),
          .attributes_mask = in.hex<8>("attributesMask"),
          .levels = {}};
}

// "TDX_" and two hexadecimal digits in either case.
std::uint8_t module_version(ObjectReader& in) {
  ByteArray<1> version{};
  const std::string_view id = in.text("id");
  if (!id.starts_with("TDX_") || !wire::hex_decode_into(id.substr(4), version)) {
    in.fail("id");
  }
  return version[0];
}

void read_modules(ObjectReader& in, TcbInfo& info) {
  if (const JsonValue* module = in.member("tdxModule")) {
    ObjectReader reader(*module, in.problem());
    info.module = read_module(reader);
  }
  if (in.optional("tdxModuleIdentities") == nullptr) return;
  for (const auto& value : in.array("tdxModuleIdentities", kModulesMax)) {
    ObjectReader reader(value, in.problem());
    TdxModule& module = info.module_identities.emplace_back(read_module(reader));
    module.version = module_version(reader);
    module.levels = read_isv_levels(reader);
  }
}

}  // namespace

Result<TcbInfo> parse_tcb_info(const wire::JsonValue& signed_object) {
  std::string problem;
  ObjectReader in(signed_object, problem);
  TcbInfo info;
  info.version = in.number("version", 3);
  // Version 2 knows no id: it is SGX (PCS v3).
  const std::string_view id = info.version >= 3 ? in.text("id") : "SGX";
  if (id != "SGX" && id != "TDX") in.fail("id");
  if (info.version < 2) in.fail("version");
  info.is_tdx = id == "TDX";
  info.issue_date = in.time("issueDate");
  info.next_update = in.time("nextUpdate");
  info.fmspc = in.hex<6>("fmspc");
  info.pce_id = in.hex<2>("pceId");
  if (in.number("tcbType", 0) != 0) in.fail("tcbType");
  info.evaluation_number =
      static_cast<std::uint32_t>(in.number("tcbEvaluationDataNumber", UINT32_MAX));
  if (info.is_tdx) read_modules(in, info);
  for (const auto& value : in.array("tcbLevels", kLevelsMax)) {
    info.levels.push_back(read_platform_level(value, info, problem));
  }
  if (!problem.empty()) {
    return malformed("tcb_info.format", "the member \"" + problem + "\" is absent or wrong");
  }
  return info;
}

Result<QeIdentity> parse_qe_identity(const wire::JsonValue& signed_object) {
  std::string problem;
  ObjectReader in(signed_object, problem);
  QeIdentity identity;
  identity.id = in.text("id");
  identity.version = in.number("version", 2);
  identity.issue_date = in.time("issueDate");
  identity.next_update = in.time("nextUpdate");
  identity.evaluation_number =
      static_cast<std::uint32_t>(in.number("tcbEvaluationDataNumber", UINT32_MAX));
  identity.misc_select = in.hex<4>("miscselect");
  identity.misc_select_mask = in.hex<4>("miscselectMask");
  identity.attributes = in.hex<16>("attributes");
  identity.attributes_mask = in.hex<16>("attributesMask");
  identity.mrsigner = in.hex<32>("mrsigner");
  identity.isv_prod_id = static_cast<std::uint16_t>(in.number("isvprodid", 0xFFFF));
  identity.levels = read_isv_levels(in);
  // The search takes the first level that fits, so the list must fall (PCS v4).
  if (!std::ranges::is_sorted(identity.levels, std::ranges::greater(), &TcbLevel::isv_svn)) {
    in.fail("tcbLevels");
  }
  if (!problem.empty()) {
    return malformed("qe_identity.format", "the member \"" + problem + "\" is absent or wrong");
  }
  return identity;
}

}  // namespace atoma::evidence::intel
