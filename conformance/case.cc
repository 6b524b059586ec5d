#include "case.h"

#include <algorithm>
#include <charconv>

#include "atoma/base/limits.h"
#include "cca_case.h"
#include "encoded_evidence.h"
#include "files.h"

namespace atoma::conformance {
namespace {

using appraisal::Policy;
using appraisal::Require;
using evidence::Tee;
using wire::JsonValue;

// An event log's area; each parser has a bound of its own.
constexpr std::size_t kFileMax = limits::kEventLogMax;
// Inputs that are values, not files.
constexpr std::string_view kValues[] = {"mutate", "evidence_encoding", "encoding", "slice",
                                        "nonce"};

std::unexpected<Error> bad_format(std::string what) {
  return malformed("conformance.format", std::move(what));
}

Result<Bytes> load(const std::string& folder, const JsonValue& path) {
  if (!path.is_string()) return bad_format("a file name must be a string");
  return read_file(folder + "/" + std::string(path.text()), kFileMax);
}

}  // namespace

Result<Files> load_files(const std::string& folder, const JsonValue& inputs) {
  Files files;
  for (const auto& input : inputs.items()) {
    const std::string name(input.name());
    if (std::ranges::contains(kValues, name)) continue;
    if (input.is_string()) {
      ATOMA_TRY(files[name], load(folder, input));
    }
    for (std::size_t i = 0; i < input.items().size(); ++i) {
      const auto& item = input.items()[i];
      const std::string key =
          input.is_object() ? std::string(item.name()) : name + "/" + std::to_string(i);
      ATOMA_TRY(files[key], load(folder, item));
    }
  }
  if (const auto found = files.find("evidence"); found != files.end()) {
    ATOMA_TRY_VOID(unwrap_evidence(inputs, found->second));
  }
  if (const JsonValue* mutations = inputs.find("mutate")) {
    ATOMA_TRY_VOID(mutate(*mutations, files));
  }
  return files;
}

namespace {

std::vector<ByteView> list_of(const Files& files, const std::string& name) {
  std::vector<ByteView> out;
  for (const auto& [key, bytes] : files) {
    if (key.starts_with(name + "/")) out.push_back(bytes);
  }
  return out;
}

void load_collateral(const Files& files, LoadedCase& out) {
  evidence::intel::CollateralFiles parts;
  for (const auto& part : evidence::intel::kCollateralParts) {
    if (const auto found = files.find(part.name); found != files.end()) {
      parts.*part.bytes = found->second;
    }
  }
  for (const ByteView certificate : list_of(files, "pck_chain")) {
    append(parts.pck_chain, certificate);
  }
  auto parsed = evidence::intel::Collateral::parse(parts);
  if (parsed) {
    out.collateral = *parsed;
  } else {
    out.unreadable_collateral = parsed.error();
  }
}

void load_endorsements(const Files& files, LoadedCase& out) {
  auto parsed = evidence::amd::Endorsements::parse(list_of(files, "endorsements"));
  if (parsed) {
    out.endorsements = std::move(*parsed);
  } else {
    out.unreadable_collateral = parsed.error();
  }
}

Status load_inputs(const std::string& folder, Tee tee, const JsonValue& inputs, LoadedCase& out) {
  if (tee == Tee::kNvidia) {
    out.nvidia = std::make_unique<NvidiaCase>();
    return load_nvidia_case(folder, inputs, *out.nvidia);
  }
  ATOMA_TRY(const auto files, load_files(folder, inputs));
  if (const auto found = files.find("evidence"); found != files.end()) out.evidence = found->second;
  if (tee == Tee::kSnp) {
    load_endorsements(files, out);
  } else if (tee == Tee::kCca) {
    const auto cpak = files.find("cpak");
    load_platform_keys(cpak == files.end() ? ByteView() : ByteView(cpak->second), out);
  } else {
    load_collateral(files, out);
  }
  return {};
}

// The roots that the case itself brings: what a test_root case asks us to believe.
std::vector<crypto::Digest256> roots_in(const LoadedCase& loaded) {
  std::vector<crypto::Digest256> roots;
  const auto add = [&](const std::vector<pki::Certificate>& chain) {
    for (const auto& c : chain) {
      if (equal(c.subject(), c.issuer())) roots.push_back(crypto::sha256(c.der()));
    }
  };
  if (loaded.collateral != nullptr) {
    add(loaded.collateral->pck_chain());
    add(loaded.collateral->tcb_signing_chain());
  }
  if (loaded.endorsements && loaded.endorsements->root() != nullptr) {
    roots.push_back(crypto::sha256(loaded.endorsements->root()->der()));
  }
  if (loaded.tee == Tee::kNitro && loaded.evidence) {
    const auto document = evidence::nitro::parse_document(*loaded.evidence);
    if (document) roots.push_back(crypto::sha256((*document)->cabundle.front()));
  }
  return roots;
}

}  // namespace

Status apply_allow(std::string_view item, const LoadedCase& loaded, Policy& policy) {
  const Require any = Require::any("allowed by the case: " + std::string(item));
  if (item.starts_with("tcb:")) {
    const auto status = evidence::intel::tcb_status_from_name(item.substr(4));
    if (!status) return bad_format("unknown TCB status in " + std::string(item));
    policy.tdx->tcb.status.values.push_back(*status);
    policy.sgx->tcb.status.values.push_back(*status);
  } else if (item == "debug") {
    policy.tdx->no_debug = policy.sgx->no_debug = policy.snp->no_debug = any;
    policy.nitro->no_debug = policy.cca->lifecycle_secured = any;
  } else if (item == "service_td") {
    policy.tdx->no_service_td = any;
  } else if (item == "revocation_unknown") {
    policy.revocation_known = policy.nvidia->ocsp = any;
  } else if (item == "snp_v2") {
    policy.snp->report_versions.values.push_back(2);
  } else if (item == "masked_chip_id") {
    policy.snp->chip_id_proven = any;
  } else if (item.starts_with("vmpl:")) {
    std::uint64_t vmpl = 0;
    std::from_chars(item.data() + 5, item.data() + item.size(), vmpl);
    policy.snp->vmpl.values.push_back(vmpl);
  } else if (item == "test_root") {
    policy.sample = appraisal::SamplePolicy{roots_in(loaded)};
  } else if (!apply_nvidia_allow(item, *policy.nvidia)) {
    return malformed("conformance.unknown_allow", "allow: " + std::string(item));
  }
  return {};
}

Status mutate(const JsonValue& mutations, Files& files) {
  for (const auto& m : mutations.items()) {
    const JsonValue* input = m.find("input");
    const auto file = files.find(input == nullptr ? std::string_view("evidence") : input->text());
    if (file == files.end()) return bad_format("a mutation names an input that is not there");
    Bytes& bytes = file->second;
    if (const JsonValue* keep = m.find("truncate")) {
      const auto size = keep->unsigned_integer();
      if (!size || *size > bytes.size()) return bad_format("truncate is beyond the file");
      bytes.resize(*size);
      continue;
    }
    const JsonValue* at = m.find("offset");
    const JsonValue* bits = m.find("xor");
    const auto offset = at == nullptr ? std::nullopt : at->unsigned_integer();
    const auto mask = bits == nullptr ? std::nullopt : bits->unsigned_integer();
    if (!offset || !mask || *offset >= bytes.size() || *mask > 0xFF) {
      return bad_format("a mutation needs an offset inside the file and a byte to xor");
    }
    bytes[*offset] = static_cast<std::uint8_t>(bytes[*offset] ^ *mask);
  }
  return {};
}

Result<LoadedCase> load_case(const std::string& folder, Tee tee, const JsonValue& description) {
  const JsonValue* inputs = description.find("inputs");
  const JsonValue* at = description.find("at");
  if (inputs == nullptr || at == nullptr) return bad_format("a case needs inputs and at");
  LoadedCase out;
  out.tee = tee;
  ATOMA_TRY(out.at, parse_time(at->text()));
  ATOMA_TRY_VOID(load_inputs(folder, tee, *inputs, out));
  auto policy = std::make_shared<Policy>(Policy::strict("the cases name no reference values"));
  if (const JsonValue* allow = description.find("allow")) {
    for (const auto& item : allow->items()) {
      ATOMA_TRY_VOID(apply_allow(item.text(), out, *policy));
    }
  }
  out.policy = std::move(policy);
  return out;
}

}  // namespace atoma::conformance
