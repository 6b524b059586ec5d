// Typed entries over HTTP (api/entry.cddl).
//
//   POST /v1/registry/entries                            {"entry": base64} → its place and proof
//   GET  /v1/registry/head?namespace=models&label=llama  what the next entry of a label must name
//   GET  /v1/registry/lookup?namespace=…&label=…         {"lookup": base64}, ledger::Lookup in CBOR
//        &map_head_below=7 asks for it against the newest map-head before entry 7
//
// An entry says itself who wrote it: there are no accounts. What breaks a rule gets 4xx with the
// rule's id, and changes nothing; so does, with "evidence.missing", what names evidence that is not
// kept.
#pragma once

#include "atoma/http/router.h"
#include "atoma/registry/evidence_store.h"
#include "atoma/registry/sequencer.h"

namespace atoma::registry {

// Both outlive the server. Without `evidence` it is kept elsewhere: nobody looks whether it is.
void mount_typed_api(http::Router& router, Sequencer& sequencer,
                     const EvidenceStore* evidence = nullptr);

}  // namespace atoma::registry
