#include "atoma/sample_tee/nvidia_report.h"

#include "atoma/wire/reader.h"

namespace atoma::sample_tee {
namespace {

using evidence::nvidia::Architecture;
using evidence::nvidia::OpaqueType;
using wire::append_le;

constexpr std::size_t kGpuBlocks = 64, kSwitchBlocks = 31;
constexpr std::size_t kDigestSize = 48;

std::uint16_t number(OpaqueType type) { return static_cast<std::uint16_t>(type); }

}  // namespace

void NvidiaReportTemplate::set(OpaqueType type, Bytes data) {
  const auto found = std::ranges::find(opaque, number(type), &NvidiaOpaque::type);
  if (found != opaque.end()) {
    found->data = std::move(data);
  } else {
    opaque.push_back({number(type), std::move(data)});
  }
}

void NvidiaReportTemplate::remove(OpaqueType type) {
  std::erase_if(opaque, [&](const NvidiaOpaque& field) { return field.type == number(type); });
}

Bytes nvidia_text(std::string_view text) {
  Bytes out = to_bytes(text);
  out.push_back(0);
  return out;
}

NvidiaReportTemplate sample_nvidia_report(Architecture architecture, ByteView fwid) {
  const bool is_switch = evidence::nvidia::is_switch(architecture);
  NvidiaReportTemplate out;
  out.nonce.fill(0xA5);
  out.responder_nonce.fill(0x5A);
  for (std::size_t i = 0; i < (is_switch ? kSwitchBlocks : kGpuBlocks); ++i) {
    out.measurements.emplace_back(kDigestSize, static_cast<std::uint8_t>(i));
  }
  if (is_switch) {
    out.set(OpaqueType::kVbiosVersion, to_bytes("96.10.55.00.01"));
    return out;
  }
  const bool hopper = architecture == Architecture::kHopper;
  out.set(OpaqueType::kVbiosVersion,
          hopper ? Bytes{0, 0x5E, 0, 0x96, 1, 0, 0, 0} : Bytes{0, 0x88, 0, 0x97, 0x0F, 0, 0, 0});
  out.set(OpaqueType::kChipSku, nvidia_text("882"));
  out.set(OpaqueType::kProject, nvidia_text("1010"));
  out.set(OpaqueType::kProjectSku, nvidia_text("0200"));
  out.set(OpaqueType::kDriverVersion, nvidia_text(hopper ? "550.90.07" : "575.32"));
  out.set(OpaqueType::kNvdec0Status, {0xAA});
  out.set(OpaqueType::kFwid, to_bytes(fwid));
  out.set(OpaqueType::kProtectedPcie, {0x55});
  out.set(OpaqueType::kOpaqueVersion, {1, 0});
  out.set(OpaqueType::kFeatureFlag, {0, 0});
  return out;
}

Bytes encode_nvidia_report(const NvidiaReportTemplate& in) {
  Bytes out{0x11, 0xE0, 0x01, 0xFF};
  append(out, in.nonce);
  out.push_back(0);
  Bytes record;
  for (std::size_t i = 0; i < in.measurements.size(); ++i) {
    const Bytes& value = in.measurements[i];
    append(record, Bytes{static_cast<std::uint8_t>(i + 1), 1});
    append_le(record, value.size() + 3, 2);
    record.push_back(1);
    append_le(record, value.size(), 2);
    append(record, value);
  }
  append(out, Bytes{0x11, 0x60, 0, 0, static_cast<std::uint8_t>(in.measurements.size())});
  append_le(out, record.size(), 3);
  append(out, record);
  append(out, in.responder_nonce);
  Bytes opaque;
  for (const auto& field : in.opaque) {
    append_le(opaque, field.type, 2);
    append_le(opaque, field.data.size(), 2);
    append(opaque, field.data);
  }
  append_le(out, opaque.size(), 2);
  append(out, opaque);
  return out;
}

Bytes sign_nvidia_report(Bytes encoded, const crypto::EcPrivateKey& key) {
  append(encoded, key.sign(encoded));
  return encoded;
}

}  // namespace atoma::sample_tee
