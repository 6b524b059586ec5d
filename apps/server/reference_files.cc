#include "reference_files.h"

#include "atoma/base/limits.h"
#include "atoma/store/file.h"

namespace atoma::server {
namespace {

Result<Bytes> read(const std::string& path, std::size_t size_max) {
  return store::read_file(store::posix_file_system(), path, size_max);
}

}  // namespace

Result<std::vector<appraisal::ReferenceSet>> load_reference_sets(const ReferenceFiles& files) {
  std::vector<appraisal::ReferenceSet> out;
  if (files.sets.empty()) return out;
  if (files.keys.empty()) {
    return malformed("up.reference_keys", "--reference-values needs --reference-keys");
  }
  ATOMA_TRY(const auto json, read(files.keys, cose::kKeySetSizeMax));
  ATOMA_TRY(auto keys, cose::VerificationKeys::parse_jwks(as_text(json)));
  for (const auto& path : files.sets) {
    ATOMA_TRY(const auto file, read(path, limits::kCborSizeMax));
    auto signature = read(path + ".jws", cose::kKeySetSizeMax);
    if (!signature && signature.error().reason != "store.missing") {
      return std::unexpected(signature.error());
    }
    auto set = appraisal::verify_reference_set(file, signature ? as_text(*signature) : "", keys);
    if (!set) {
      Error error = set.error();
      error.message = path + ": " + error.message;
      return std::unexpected(std::move(error));
    }
    out.push_back(*std::move(set));
  }
  return out;
}

}  // namespace atoma::server
