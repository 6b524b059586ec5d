#include <cstdio>

#include "atoma/launch/snp.h"
#include "atoma/launch/tdx.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "command.h"
#include "conformance/files.h"

namespace atoma::app {
namespace {

using conformance::read_file;

// A kernel with its modules inside, or an initrd of a whole system.
constexpr std::size_t kBootFileMax = std::size_t{1024} * 1024 * 1024;

struct Options {
  std::string firmware, kernel, initrd, command_line;
  std::string vcpu_type = "EPYC-v4";
  std::size_t vcpus = 1;
  std::uint64_t guest_features = 1;
  std::string page_order = "page";
  std::string tee;  // empty: whatever the firmware has metadata for
  bool as_policy = false;
};

struct Measured {
  std::string tee, name;
  Bytes value;
};

struct BootFiles {
  Bytes firmware, kernel, initrd;
};

Result<BootFiles> load(const Options& options) {
  BootFiles out;
  ATOMA_TRY(out.firmware, read_file(options.firmware, launch::kFirmwareMax));
  if (!options.kernel.empty()) {
    ATOMA_TRY(out.kernel, read_file(options.kernel, kBootFileMax));
  }
  if (!options.initrd.empty()) {
    ATOMA_TRY(out.initrd, read_file(options.initrd, kBootFileMax));
  }
  return out;
}

Status measure_snp(const Options& options, const BootFiles& files, const launch::Firmware& firmware,
                   std::vector<Measured>& out) {
  const auto signature = launch::vcpu_signature(options.vcpu_type);
  if (!signature) return malformed("usage.vcpu_type", "no vCPU model " + options.vcpu_type);
  launch::SnpLaunch snp{.firmware = &firmware,
                        .vcpus = options.vcpus,
                        .vcpu_signature = *signature,
                        .guest_features = options.guest_features,
                        .boot = {}};
  if (!options.kernel.empty()) {
    snp.boot = launch::DirectBoot{
        .kernel = files.kernel, .initrd = files.initrd, .command_line = options.command_line};
  }
  ATOMA_TRY(const auto digest, launch::measure_snp(snp));
  out.push_back({"snp", "measurement", to_bytes(ByteView(digest))});
  return {};
}

Status measure_tdx(const Options& options, const BootFiles& files, const launch::Firmware& firmware,
                   std::vector<Measured>& out) {
  const auto order = options.page_order == "page" ? launch::PageOrder::kPageByPage
                                                  : launch::PageOrder::kPagesThenContents;
  ATOMA_TRY(const auto mrtd, launch::measure_mrtd(firmware, order));
  out.push_back({"tdx", "mrtd", to_bytes(ByteView(mrtd))});
  if (options.kernel.empty()) return {};
  ATOMA_TRY(const auto kernel, launch::authenticode_sha384(files.kernel));
  out.push_back({"tdx", "rtmr1", to_bytes(ByteView(launch::rtmr1_of_direct_boot(kernel)))});
  out.push_back(
      {"tdx", "rtmr2",
       to_bytes(ByteView(launch::rtmr2_of_direct_boot(options.command_line, files.initrd)))});
  return {};
}

// Each of the two that the firmware has metadata for; an image with neither has nothing to measure.
Result<std::vector<Measured>> measure(const Options& options) {
  ATOMA_TRY(const auto files, load(options));
  ATOMA_TRY(const auto firmware, launch::parse_firmware(files.firmware));
  std::vector<Measured> out;
  const bool tdx = options.tee.empty() ? !firmware.tdvf_sections.empty() : options.tee == "tdx";
  const bool snp =
      options.tee.empty() ? !tdx || !firmware.snp_sections.empty() : options.tee == "snp";
  if (snp) {
    ATOMA_TRY_VOID(measure_snp(options, files, firmware, out));
  }
  if (tdx) {
    ATOMA_TRY_VOID(measure_tdx(options, files, firmware, out));
  }
  return out;
}

void print_json(const std::vector<Measured>& measured) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object();
  for (std::size_t i = 0; i < measured.size(); ++i) {
    if (i == 0 || measured[i - 1].tee != measured[i].tee) {
      if (i > 0) out.end_object();
      out.key(measured[i].tee).begin_object();
    }
    out.member(measured[i].name, wire::hex_encode(measured[i].value));
  }
  out.end_object().end_object();
  std::printf("%s\n", out.str().c_str());
}

// What stands under accept: in a policy (docs/POLICY.md).
void print_policy(const std::vector<Measured>& measured) {
  std::string tee;
  for (const auto& m : measured) {
    if (m.tee != tee) std::printf("  %s:\n    measurements:\n", m.tee.c_str());
    tee = m.tee;
    std::printf("      %s: [\"%s\"]\n", m.name.c_str(), wire::hex_encode(m.value).c_str());
  }
}

void run(Context& context, const Options& options) {
  const auto measured = measure(options);
  if (!measured) return context.report(measured.error());
  if (context.json) return print_json(*measured);
  if (options.as_policy) return print_policy(*measured);
  for (const auto& m : *measured) {
    std::printf("%-4s %-12s %s\n", m.tee.c_str(), m.name.c_str(),
                wire::hex_encode(m.value).c_str());
  }
}

constexpr const char* kExamples =
    "Examples:\n"
    "  atoma measure OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --append "
    "\"console=ttyS0\" "
    "\\\n    --vcpus 4 --vcpu-type EPYC-Milan\n"
    "  atoma measure OVMF.inteltdx.fd --policy-fragment\n"
    "What files do not decide, and under which hypervisor this holds: docs/MEASURE.md.";

}  // namespace

void add_measure(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "measure", "Compute what hardware will measure of a launch, from its files");
  auto options = std::make_shared<Options>();
  command->add_option("FIRMWARE", options->firmware, "OVMF build")->required();
  auto* kernel = command->add_option("--kernel", options->kernel, "Kernel of a direct boot");
  command->add_option("--initrd", options->initrd, "Its initrd")->needs(kernel);
  command->add_option("--append", options->command_line, "Its command line, exactly")
      ->needs(kernel);
  command->add_option("--tee", options->tee, "One of them alone")
      ->check(CLI::IsMember({"snp", "tdx"}));
  command->add_option("--vcpus", options->vcpus, "SNP: number of vCPUs")->capture_default_str();
  command->add_option("--vcpu-type", options->vcpu_type, "SNP: QEMU's vCPU model")
      ->capture_default_str();
  command->add_option("--guest-features", options->guest_features, "SNP: SEV_FEATURES")
      ->capture_default_str();
  command
      ->add_option("--page-order", options->page_order,
                   "TDX: pages and contents page by page, or all pages of a section first")
      ->check(CLI::IsMember({"page", "section"}))
      ->capture_default_str();
  command->add_flag("--policy-fragment", options->as_policy, "Print reference values for a policy");
  command->footer(kExamples);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
