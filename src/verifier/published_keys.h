// What relying parties fetch to verify results: the keys of the epochs before, now and next, as a
// JWK set and as a COSE_KeySet. Made once an epoch.
//
//   GET /.well-known/jwks.json   application/json
//   GET /.well-known/cose-keys   application/cose-key-set (RFC 9052 §11.3.2)
#pragma once

#include <memory>
#include <mutex>

#include "atoma/base/clock.h"
#include "atoma/cose/epoch_keys.h"
#include "atoma/http/router.h"

namespace atoma::verifier {

// Safe from any thread. The clock outlives it.
class PublishedKeys {
 public:
  struct Forms {
    std::int64_t epoch = 0;
    std::string jwks;
    Bytes cose;
  };

  PublishedKeys(std::shared_ptr<const cose::EpochKeys> keys, const Clock& clock)
      : keys_(std::move(keys)), clock_(clock) {}

  std::shared_ptr<const Forms> now() const;
  // A set lacks no key until a whole period after it was fetched; half of that at most.
  Duration cache_max() const;
  // The routes; this outlives the router.
  void mount(http::Router& router) const;

 private:
  const std::shared_ptr<const cose::EpochKeys> keys_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards the forms
  mutable std::shared_ptr<const Forms> forms_;
};

}  // namespace atoma::verifier
