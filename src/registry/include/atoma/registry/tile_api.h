// A log as any client of c2sp.org/tlog-tiles reads it, and writes to a generic one.
//
//   GET  /checkpoint                     the signed note; from the start, with size 0
//   GET  /tile/<L>/<N>[.p/<W>]           hashes; of any width up to what the checkpoint covers
//   GET  /tile/entries/<N>[.p/<W>]       entry bundles, likewise
//   GET  /log/verifier-key               the key to check notes with; compare it with yours
//   POST /add                            an entry's bytes; its index as text, once it is durable
//   POST /v1/log/entries                 entries as in a bundle, all or none;
//   {"first":7,"count":64}
//
// Refusals: 404 "ledger.tile" beyond the checkpoint, "merkle.tile_path" for what is no tile's name;
// 400 "ledger.entry_size" for an empty entry, "merkle.entry_bundle"; 413 "http.body.too_large"; 429
// "ledger.busy" and 503 "ledger.stopped", with Retry-After.
#pragma once

#include "atoma/http/router.h"
#include "atoma/registry/api.h"
#include "atoma/registry/registry.h"

namespace atoma::registry {

inline constexpr std::size_t kAddEntriesMax = store::kAppendEntriesMax;
// 4,096 entries of 500 bytes; also what each request in flight may hold of memory.
inline constexpr std::size_t kAddBodyMax = 2 * 1024 * 1024;

// `registry` outlives the server. Nothing beyond the published size is served. Without `published`:
// the newest checkpoint that is durable.
void mount_tile_api(http::Router& router, const Registry& registry, Published published = {});
// For an origin that takes anybody's bytes alone.
void mount_add_api(http::Router& router, Registry& registry);

}  // namespace atoma::registry
