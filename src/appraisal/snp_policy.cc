#include "atoma/appraisal/snp_policy.h"

#include "policy_reader.h"

namespace atoma::appraisal {
namespace {

using evidence::amd::FirmwareVersion;
using evidence::amd::TcbVersion;

// A component of a version: 0 to 255, always a number.
std::uint8_t read_u8(PolicyReader& in, std::string_view name) {
  const auto value = in.bound_u64(name);
  if (value.accept_any || value.value > 0xFF) in.fail(name, "a number from 0 to 255");
  return static_cast<std::uint8_t>(value.value);
}

// {accept_any: "reason"}, or an object that `read` knows.
template <typename T, T (*read)(PolicyReader&)>
Bound<T> read_bound(PolicyReader& in, std::string_view name) {
  if (in.is_object_with(name, "accept_any")) {
    return Bound<T>::any(in.require(name, "").accept_any_reason);
  }
  Bound<T> out;
  in.object(name, [&](PolicyReader& version) { out.value = read(version); });
  return out;
}

AnyOf<std::uint64_t> read_numbers(PolicyReader& in, std::string_view name) {
  return in.any_of_u64(name);
}

AbiVersion read_abi(PolicyReader& in) {
  const auto major = read_u8(in, "major");
  return {major, read_u8(in, "minor")};
}

FirmwareVersion read_firmware(PolicyReader& in) {
  const auto major = read_u8(in, "major");
  const auto minor = read_u8(in, "minor");
  return {major, minor, read_u8(in, "build")};
}

TcbVersion read_tcb(PolicyReader& in) {
  TcbVersion out;
  out.bootloader = read_u8(in, "bootloader");
  out.tee = read_u8(in, "tee");
  out.snp = read_u8(in, "snp");
  out.microcode = read_u8(in, "microcode");
  return out;
}

TcbVersion read_turin_tcb(PolicyReader& in) {
  TcbVersion out = read_tcb(in);
  out.fmc = read_u8(in, "fmc");
  return out;
}

}  // namespace

SnpPolicy SnpPolicy::strict() {
  const std::string why = "not part of the strict default";
  SnpPolicy out{.report_versions = AnyOf<std::uint64_t>::one_of({3, 5}),
                .vmpl = AnyOf<std::uint64_t>::one_of({0}),
                .chip_id_proven = Require::strict(),
                .no_debug = Require::strict(),
                .no_migration = Require::strict(),
                .no_smt = Require::any(why),
                .alias_check = Require::any(why),
                .abi_min = Bound<AbiVersion>::any(why),
                .tcb_min_milan = Bound<TcbVersion>::any(why),
                .tcb_min_genoa = Bound<TcbVersion>::any(why),
                .tcb_min_turin = Bound<TcbVersion>::any(why),
                .firmware_min = Bound<FirmwareVersion>::any(why),
                .mitigations_required = Bound<std::uint64_t>::any(why),
                .guest_svn_min = Bound<std::uint64_t>::any(why),
                .measurements = {}};
  for (const auto& m : kSnpMeasurements) {
    out.measurements.push_back({std::string(m.name), AnyOf<Bytes>::any(why)});
  }
  return out;
}

SnpPolicy read_snp_policy(PolicyReader& in) {
  SnpPolicy out;
  out.report_versions = in.windowed("report_versions", read_numbers);
  out.vmpl = in.any_of_u64("vmpl");
  out.chip_id_proven = in.require("masked_chip_id", "forbid");
  out.no_debug = in.require("debug", "forbid");
  out.no_migration = in.require("migration", "forbid");
  out.no_smt = in.require("smt", "forbid");
  out.alias_check = in.require("alias_check", "require");
  out.abi_min = read_bound<AbiVersion, read_abi>(in, "abi_min");
  in.object("tcb_min", [&](PolicyReader& lines) {
    out.tcb_min_milan = lines.windowed("milan", read_bound<TcbVersion, read_tcb>);
    out.tcb_min_genoa = lines.windowed("genoa", read_bound<TcbVersion, read_tcb>);
    out.tcb_min_turin = lines.windowed("turin", read_bound<TcbVersion, read_turin_tcb>);
  });
  out.firmware_min = in.windowed("firmware_min", read_bound<FirmwareVersion, read_firmware>);
  out.mitigations_required = in.bound_mask("mitigations_required");
  out.guest_svn_min = in.bound_u64("guest_svn_min");
  in.object("measurements", [&](PolicyReader& list) {
    for (const auto& m : kSnpMeasurements) {
      out.measurements.push_back(list.measurement(m.name, m.size));
    }
  });
  return out;
}

}  // namespace atoma::appraisal
