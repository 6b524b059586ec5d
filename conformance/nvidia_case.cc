#include "nvidia_case.h"

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"
#include "case.h"
#include "files.h"

namespace atoma::conformance {
namespace {

using appraisal::Require;
using wire::JsonValue;

std::unexpected<Error> bad_format(const char* what) {
  return malformed("conformance.format", what);
}

Result<Bytes> load(const std::string& folder, const JsonValue* path) {
  if (path == nullptr || !path->is_string()) return bad_format("a file name must be a string");
  return read_file(folder + "/" + std::string(path->text()), limits::kXmlMax);
}

// {file or evidence, cert_chain}, as one of `devices` or as the case's own inputs.
Status load_device(const std::string& folder, const JsonValue& device, Files& files,
                   const std::string& place) {
  const JsonValue* report = device.find("file");
  if (report == nullptr) report = device.find("evidence");
  ATOMA_TRY(files["evidence" + place], load(folder, report));
  ATOMA_TRY(files["cert_chain" + place], load(folder, device.find("cert_chain")));
  return {};
}

// A list of files, as "name/position"; how many there are.
Result<std::size_t> load_list(const std::string& folder, const JsonValue& inputs,
                              const std::string& name, Files& files) {
  const JsonValue* list = inputs.find(name);
  if (list == nullptr) return std::size_t{0};
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    ATOMA_TRY(files[name + "/" + std::to_string(i)], load(folder, &list->items()[i]));
  }
  return list->items().size();
}

}  // namespace

Status load_nvidia_case(const std::string& folder, const JsonValue& inputs, NvidiaCase& out) {
  Files files;
  std::vector<std::string> places{""};
  if (const JsonValue* devices = inputs.find("devices")) {
    places.clear();
    for (std::size_t i = 0; i < devices->items().size(); ++i) {
      places.push_back(i == 0 ? "" : "/" + std::to_string(i));
      ATOMA_TRY_VOID(load_device(folder, devices->items()[i], files, places.back()));
    }
  } else {
    ATOMA_TRY_VOID(load_device(folder, inputs, files, ""));
  }
  ATOMA_TRY(const std::size_t rims, load_list(folder, inputs, "rims", files));
  ATOMA_TRY(const std::size_t answers, load_list(folder, inputs, "ocsp", files));
  if (const JsonValue* mutations = inputs.find("mutate")) {
    ATOMA_TRY_VOID(mutate(*mutations, files));
  }
  const JsonValue* nonce = inputs.find("nonce");
  if (nonce == nullptr) return bad_format("an NVIDIA case needs a nonce");
  ATOMA_TRY(out.nonce, wire::hex_decode(nonce->text()));
  const auto take = [&](const std::string& name) {
    return ByteView(out.files.emplace_back(std::move(files[name])));
  };
  out.files.reserve(files.size());
  for (const auto& place : places) {
    const ByteView report = take("evidence" + place);
    out.evidence.devices.push_back({report, take("cert_chain" + place)});
  }
  for (std::size_t i = 0; i < rims; ++i) {
    out.evidence.rims.push_back(take("rims/" + std::to_string(i)));
  }
  for (std::size_t i = 0; i < answers; ++i) {
    out.evidence.ocsp.push_back(take("ocsp/" + std::to_string(i)));
  }
  if (const JsonValue* expected = inputs.find("expected_devices")) {
    out.evidence.expected_devices = expected->unsigned_integer();
    if (!out.evidence.expected_devices) return bad_format("expected_devices is a number");
  }
  return {};
}

bool apply_nvidia_allow(std::string_view item, appraisal::NvidiaPolicy& policy) {
  const Require any = Require::any("allowed by the case: " + std::string(item));
  if (item == "rim_missing") {
    policy.driver_rim = policy.vbios_rim = any;
  } else if (item == "rim_missing:driver") {
    policy.driver_rim = any;
  } else if (item == "rim_missing:vbios") {
    policy.vbios_rim = any;
  } else if (item == "rim_signature") {
    policy.rim_signature = any;
  } else if (item == "rim_validity") {
    policy.rim_validity = any;
  } else if (item == "ocsp_missing") {
    policy.ocsp = any;
  } else if (item == "certificate_hold") {
    policy.no_hold = any;
  } else if (item == "no_fwid") {
    policy.fwid_bound = any;
  } else if (item == "sample_nonce") {
    policy.no_sample_nonce = any;
  } else {
    return false;
  }
  return true;
}

}  // namespace atoma::conformance
