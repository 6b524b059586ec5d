// Evidence on its way to its verdict.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "appraised.h"
#include "atoma/appraisal/appraiser.h"
#include "atoma/cose/epoch_keys.h"
#include "atoma/telemetry/trace.h"
#include "atoma/verifier/at_hand.h"
#include "result_form.h"
#include "subject.h"

namespace atoma::verifier {

// With everything that its result points into.
struct Appraisal {
  // `signer` has the keys of EARs. Called once, on a thread of the pool; must not wait for it.
  using Done =
      std::move_only_function<void(const Appraisal&, const Appraised&, cose::EpochSigner& signer)>;

  std::string tenant;      // "": none, the default policy
  std::size_t policy = 0;  // its place, set by the service
  // Of what it leaves out, each set at hand is tried until one is accepted; when none is, the one
  // that came nearest counts, for its findings say best what is wrong.
  Subject subject;
  std::optional<ByteArray<64>> report_data;  // of a CPU's evidence
  // Of the other kinds: what a TPM's quote holds, what GPUs were asked with (32 bytes), what a
  // composite answers.
  std::optional<Bytes> challenge;
  ResultForm form;
  Time at;
  bool every_check = false;  // say what passed, too
  Done done;
  telemetry::TracePtr trace;                      // null: not traced
  std::chrono::steady_clock::time_point arrived;  // set by the pool
  telemetry::UnixNanos step_started = 0;          // set by the pool, where there is a trace
};

}  // namespace atoma::verifier
