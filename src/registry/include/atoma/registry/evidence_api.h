// Evidence over HTTP, by the digest that entries name.
//
//   GET  /v1/evidence/{sha256}   the bytes, with the media type under which they were first kept
//        ?local=true             only what lies here: replicas ask one another so
//   POST /v1/evidence            any bytes for an entry to name, with their Content-Type
//
// The log, which anybody may read, has the digests; certificates and logs identify platforms and
// may say more. So reading takes a token unless whoever runs this opens it. Other replicas are
// asked for readers with a token alone: strangers must not be able to send this one asking.
//
// Refusals: 401 "auth.token"; 404 "evidence.unknown"; 400 "evidence.size", "evidence.media_type",
// "request.field"; 429 "evidence.full"; 500 "evidence.corrupt".
#pragma once

#include <functional>

#include "atoma/base/secret.h"
#include "atoma/http/router.h"
#include "atoma/registry/evidence_store.h"

namespace atoma::registry {

struct EvidenceAccess {
  SecretBytes reader_token;
  SecretBytes admin_token;  // who may also post
  bool open = false;        // who knows a digest may read
};

// What is not here, from somewhere else: bytes of this digest. Waits for the network. Errors:
// "evidence.unknown". Null: there is nowhere else.
using Elsewhere = std::function<Result<Evidence>(const crypto::Digest256&)>;

// `store` outlives the server.
void mount_evidence_api(http::Router& router, EvidenceStore& store, EvidenceAccess access,
                        Elsewhere elsewhere = nullptr);

}  // namespace atoma::registry
