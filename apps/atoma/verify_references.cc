#include "verify_references.h"

#include "atoma/base/limits.h"
#include "conformance/files.h"

namespace atoma::app {

using conformance::read_file;

void add_reference_options(CLI::App& command, ReferenceOptions& options) {
  const std::string group = "Reference values";
  command
      .add_option("--reference-values", options.sets,
                  "Signed set: YAML with its signature in FILE.jws, or a signed CoRIM")
      ->group(group);
  command.add_option("--reference-keys", options.keys, "JWK set with the keys of their signers")
      ->group(group);
}

Result<ReferenceInputs> load_references(const ReferenceOptions& options) {
  ReferenceInputs out;
  if (options.sets.empty()) return out;
  if (options.keys.empty()) {
    return malformed("usage.reference_keys", "--reference-values needs --reference-keys");
  }
  ATOMA_TRY(const auto json, read_file(options.keys, cose::kKeySetSizeMax));
  ATOMA_TRY(auto keys, cose::VerificationKeys::parse_jwks(as_text(json)));
  for (const auto& path : options.sets) {
    ATOMA_TRY(const auto file, read_file(path, limits::kCborSizeMax));
    auto signature = read_file(path + ".jws", cose::kKeySetSizeMax);
    if (!signature && signature.error().code != Code::kNotFound) {
      return std::unexpected(signature.error());
    }
    auto set = appraisal::verify_reference_set(file, signature ? as_text(*signature) : "", keys);
    if (!set) out.unreadable = set.error();
    if (set) out.sets.push_back(*std::move(set));
  }
  return out;
}

}  // namespace atoma::app
