#include "verify_composite.h"

#include <cstdio>

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"
#include "conformance/files.h"
#include "verify_dry_run.h"

namespace atoma::app {
namespace {

using conformance::read_file;
using evidence::Outcome;

Result<std::vector<Bytes>> load_all(const std::vector<std::string>& paths, std::size_t size_max) {
  std::vector<Bytes> out;
  for (const auto& path : paths) {
    ATOMA_TRY(auto bytes, read_file(path, size_max));
    out.push_back(std::move(bytes));
  }
  return out;
}

void print_part(const Context& context, const char* part, const evidence::Findings& findings) {
  std::size_t passed = 0;
  for (const auto& finding : findings.items()) {
    if (finding.outcome == Outcome::kPass) {
      ++passed;
      continue;
    }
    std::printf("  %s  %-5s %s\n        expected %s\n        found    %s\n",
                outcome_mark(context, finding.outcome).c_str(), part,
                std::string(finding.id).c_str(), finding.expected.c_str(),
                context.bold(finding.actual).c_str());
  }
  std::printf("  %s  %-5s %zu checks\n", context.good("pass").c_str(), part, passed);
}

}  // namespace

appraisal::CompositeRequest CompositeInputs::request(const appraisal::Request& cpu) const {
  appraisal::CompositeRequest out{
      .cpu = cpu,
      .gpus = {.devices = {},
               .rims = {rims.begin(), rims.end()},
               .ocsp = {ocsp.begin(), ocsp.end()},
               .expected_devices = expected_devices},
      .key = file.key,
      .challenge = challenge ? std::optional<ByteView>(*challenge) : std::nullopt};
  out.cpu.evidence = file.evidence;
  out.cpu.tee = file.tee;
  for (const auto& gpu : file.gpus) out.gpus.devices.push_back({gpu.report, gpu.cert_chain});
  return out;
}

Result<std::optional<CompositeInputs>> load_composite(ByteView file, const NvidiaOptions& options) {
  if (!appraisal::looks_like_composite(as_text(file))) return std::nullopt;
  CompositeInputs out;
  ATOMA_TRY(out.file, appraisal::parse_composite_file(as_text(file)));
  ATOMA_TRY(out.rims, load_all(options.rims, limits::kXmlMax));
  ATOMA_TRY(out.ocsp, load_all(options.ocsp, limits::kOcspMax));
  out.expected_devices = options.expected;
  if (!options.nonce.empty()) {
    ATOMA_TRY(out.challenge, wire::hex_decode(options.nonce));
  }
  return out;
}

void verify_composite(Context& context, appraisal::Appraiser& appraiser,
                      const appraisal::CompositeRequest& request) {
  const auto result = appraisal::appraise_composite(appraiser, request);
  context.exit_code = exit_code_of(result.verdict);
  if (context.json) {
    std::printf("%s\n", appraisal::to_json(result).c_str());
    return;
  }
  print_part(context, "cpu", result.cpu.findings());
  print_part(context, "gpus", result.gpus.findings());
  print_part(context, "all", result.findings);
  if (result.cpu.sample() || result.gpus.sample()) {
    std::printf("%s\n", context.warn("SAMPLE EVIDENCE of a software root: proves nothing").c_str());
  }
  const std::string verdict(appraisal::verdict_name(result.verdict));
  const bool accepted = result.verdict == appraisal::Verdict::kAccepted;
  std::printf("%s  %s and %zu GPUs, bound by %s\n",
              accepted ? context.good(verdict).c_str() : context.bad(verdict).c_str(),
              std::string(evidence::tee_name(result.cpu.tee())).c_str(),
              result.gpus.devices().size(),
              result.gpu_binding.empty() ? "nothing" : std::string(result.gpu_binding).c_str());
}

}  // namespace atoma::app
