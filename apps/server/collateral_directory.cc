#include "collateral_directory.h"

#include <algorithm>
#include <array>

#include "atoma/base/limits.h"

namespace atoma::server {
namespace {

namespace fs = std::filesystem;
using evidence::amd::Endorsements;
using evidence::intel::Collateral;
using evidence::intel::CollateralFiles;
using verifier::AtHand;
using verifier::OcspAnswer;

constexpr std::string_view kPlatformKeysFile = "platform_keys.json";

std::vector<store::Path> entries_of(const store::Path& directory, bool directories) {
  std::vector<store::Path> out;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    if (directories ? it->is_directory(unknown) : it->is_regular_file(unknown)) {
      out.push_back(it->path());
    }
  }
  std::ranges::sort(out);
  return out;
}

// What is wrong with a set, with its name.
std::unexpected<Error> of_set(const store::Path& set, Error error) {
  error.message = set.string() + ": " + error.message;
  return std::unexpected(std::move(error));
}

Status load_intel(const store::Path& set, AtHand& out) {
  CollateralFiles files;
  for (const auto& part : evidence::intel::kCollateralParts) {
    auto bytes = store::read_file(store::posix_file_system(), set / part.file, limits::kCrlMax);
    if (!bytes && bytes.error().reason != "store.missing") return std::unexpected(bytes.error());
    if (bytes) files.*part.bytes = *std::move(bytes);
  }
  auto parsed = Collateral::parse(files);
  if (!parsed) return of_set(set, parsed.error());
  out.collateral.push_back(*std::move(parsed));
  return {};
}

Status load_amd(const store::Path& set, AtHand& out) {
  constexpr std::array<std::string_view, 4> kSuffixes{".pem", ".der", ".crt", ".crl"};
  std::vector<Bytes> files;
  for (const auto& path : entries_of(set, /*directories=*/false)) {
    if (!std::ranges::contains(kSuffixes, path.extension().string())) continue;
    ATOMA_TRY(auto bytes, store::read_file(store::posix_file_system(), path, limits::kCrlMax));
    files.push_back(std::move(bytes));
  }
  if (files.empty()) return {};
  const std::vector<ByteView> views(files.begin(), files.end());
  auto parsed = Endorsements::parse(views);
  if (!parsed) return of_set(set, parsed.error());
  out.endorsements.push_back(std::make_shared<const Endorsements>(*std::move(parsed)));
  return {};
}

Status load_nvidia(const store::Path& set, AtHand& out) {
  for (const auto& path : entries_of(set, /*directories=*/false)) {
    const bool rim = path.extension() == ".xml" || path.extension() == ".swidtag";
    if (!rim && path.extension() != ".ocsp") continue;
    ATOMA_TRY(auto bytes, store::read_file(store::posix_file_system(), path, limits::kXmlMax));
    if (rim) {
      auto parsed = evidence::nvidia::parse_rim_file(std::move(bytes));
      if (!parsed) return of_set(path, parsed.error());
      out.rims.push_back(*std::move(parsed));
    } else {
      auto parsed = OcspAnswer::parse(bytes);
      if (!parsed) return of_set(path, parsed.error());
      out.ocsp.push_back(*std::move(parsed));
    }
  }
  return {};
}

Status load_platform_keys(const store::Path& set, AtHand& out) {
  const auto path = set / kPlatformKeysFile;
  const auto json = store::read_file(store::posix_file_system(), path, limits::kCrlMax);
  if (!json && json.error().reason == "store.missing") return {};
  if (!json) return std::unexpected(json.error());
  auto parsed = evidence::cca::PlatformKeys::parse(as_text(*json));
  if (!parsed) return of_set(path, parsed.error());
  out.platform_keys.push_back(
      std::make_shared<const evidence::cca::PlatformKeys>(*std::move(parsed)));
  return {};
}

}  // namespace

Result<AtHand> load_at_hand(const store::Path& directory) {
  auto sets = entries_of(directory, /*directories=*/true);
  if (sets.empty()) sets.push_back(directory);
  AtHand out;
  for (const auto& set : sets) {
    std::error_code unknown;
    const bool intel = fs::exists(set / "tcb_info.json", unknown);
    ATOMA_TRY_VOID(intel ? load_intel(set, out) : load_amd(set, out));
    ATOMA_TRY_VOID(load_nvidia(set, out));
    ATOMA_TRY_VOID(load_platform_keys(set, out));
  }
  const bool nothing = out.collateral.empty() && out.endorsements.empty() && out.rims.empty() &&
                       out.ocsp.empty() && out.platform_keys.empty();
  if (nothing || !out.within_bounds()) {
    return malformed("collateral.directory",
                     directory.string() + " has no set of collateral, or too many");
  }
  return out;
}

}  // namespace atoma::server
