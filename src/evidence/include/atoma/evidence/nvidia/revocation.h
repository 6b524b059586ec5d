// What OCSP answers say of a chain: explicit inputs, as nothing asks a responder here.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "atoma/base/time.h"
#include "atoma/pki/ocsp.h"

namespace atoma::evidence::nvidia {

// Remembers what was answered, by whom and until when; clocks are compared each time. One thread at
// a time.
class RevocationChecker {
 public:
  static constexpr std::size_t kFactsMax = 1024;  // about 8 KiB each

  explicit RevocationChecker(std::size_t facts_max = kFactsMax);
  RevocationChecker(RevocationChecker&&) noexcept;
  ~RevocationChecker();

  // The state at this time of the certificates from `first` up to the root, which is not among
  // them: the worst of all, where revoked is worse than on hold, and that is worse than unknown. An
  // answer counts when its signer may answer (pki/ocsp.h) and signer and answer are good at that
  // time; others are as if they were not there. `chain` has one certificate at least.
  pki::OcspStatus status(const std::vector<pki::Certificate>& chain, std::size_t first,
                         std::span<const pki::OcspResponse> answers, Time at);

  void forget();
  std::size_t facts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::evidence::nvidia
