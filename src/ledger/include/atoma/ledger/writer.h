// How a service puts statements on the ledger: it says what, the sequencer says where. A service
// holds its own issuer's key and knows nothing of rules, labels' heads or other writers.
//
//   writer.write({.type = "release", .label = {"releases", name}, .body = encode_release(…)}, key,
//                [](Result<Written> written) { … });
#pragma once

#include <functional>

#include "atoma/ledger/entry.h"
#include "atoma/tlog/ledger.h"

namespace atoma::ledger {

// What an issuer whose key this process holds has to say; the sequencer fills in the rest.
struct Draft {
  std::string type;
  LabelName label;
  std::optional<Time> expiry;
  Bytes body;
};

struct Written {
  tlog::Receipt receipt;
  Bytes entry;
};

class Writer {
 public:
  using WriteDone = std::move_only_function<void(Result<Written>)>;

  virtual ~Writer() = default;

  // Appends the statement: dated now, as the next one of its label, under a fresh nonce, signed
  // with `issuer`, which need not outlive the call. Answered as tlog::Ledger::append says. A draft
  // out of the bounds of an entry stops the process. Errors: those of ledger::State::admit_own and
  // of tlog::Ledger::append_at, and those of the implementation. Safe from any thread.
  virtual void write(Draft draft, const cose::SigningKey& issuer, WriteDone done) = 0;
};

}  // namespace atoma::ledger
