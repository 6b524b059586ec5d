// What becomes of one batch, item by item from whichever threads. Whoever brings the last one signs
// for all and responds, in the form of the request.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "appraised.h"
#include "atoma/cose/ear_batch.h"
#include "atoma/cose/ear_token.h"
#include "atoma/cose/epoch_keys.h"
#include "atoma/http/fields.h"
#include "atoma/http/router.h"
#include "requests.h"

namespace atoma::verifier {

class BatchAnswer {
 public:
  // Makes a token of the items: a JWT's text or a CWT's bytes.
  using Sign = std::move_only_function<Bytes(std::vector<cose::EarItem>, cose::EpochSigner&)>;

  BatchAnswer(const AppraiseBatch& batch, http::BodyForm form, Sign sign, http::Respond respond);

  // Before the others are on their way.
  void set_problem(std::size_t i, Error error);
  // How many appraisals are on their way: at least one.
  void expect(std::size_t count) { open_ = count; }
  // Each thread its own items.
  void set(std::size_t i, const Appraised& result, cose::EpochSigner& signer);
  // No appraisal was of use, so that there is no token.
  void finish_without() { finish(nullptr); }
  // Instead of the items that were not taken.
  void refuse(http::Response response) { respond_(std::move(response)); }

 private:
  struct Item {
    appraisal::Verdict verdict{};
    std::optional<cose::EarItem> result;
    std::optional<Error> problem;
  };

  void finish(cose::EpochSigner* signer);
  http::Response in_json(const std::optional<Bytes>& token) const;
  http::Response in_cbor(const std::optional<Bytes>& token) const;

  const ResultDetail detail_;
  const http::BodyForm form_;
  const cose::EarFormat token_form_;
  std::atomic<std::size_t> open_ = 0;
  std::vector<Item> items_;
  Sign sign_;
  http::Respond respond_;
};

}  // namespace atoma::verifier
