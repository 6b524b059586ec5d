// The ledger over HTTP, for reading: whoever asks can check all of it, and there is nothing secret.
//
//   GET /v1/log/checkpoint                     the newest note that is shown, text/plain: with a
//                                              policy of witnesses, the newest that they cosigned
//   GET /v1/log/key                            the verifier key, text/plain; compare it with yours
//   GET /v1/log/entries?start=0&limit=64       entries in order, and the size of the log
//   GET /v1/log/entries/{index}
//   GET /v1/log/inclusion?index=7[&size=9]     without size: in the newest checkpoint
//   GET /v1/log/consistency?old=3&new=9
//   GET /v1/log/bundle/{index}                 a proof bundle (atoma/tlog/bundle.h)
//   GET /v1/log/proof/{index}                  c2sp.org/tlog-proof@v1 under the note that is shown
#pragma once

#include <functional>

#include "atoma/http/router.h"
#include "atoma/tlog/ledger.h"

namespace atoma::registry {

inline constexpr std::uint64_t kEntriesPageMax = 64;

// The newest checkpoint that may be shown. Called for each request, from any thread.
using Published = std::function<Result<tlog::SignedCheckpoint>()>;

// `ledger` outlives the server. Without `published` every checkpoint is shown.
void mount_log_api(http::Router& router, const tlog::Ledger& ledger, Published published = {});

}  // namespace atoma::registry
