// An entry for people and scripts to read: what api/entry.cddl says by numbers, by names. One way
// only: nothing is signed in this form, and nothing reads it back.
//
//   {"type": "attestation", "time": "2026-11-22T09:00:00Z", "expiry": …, "namespace":
//   "attestations",
//    "label": "3f…", "previous": 6, "issuer": "9a…", "body": {"verdict": "accepted", …}}
//
// Bytes are lower-case hex.
#pragma once

#include "atoma/ledger/entry.h"
#include "atoma/wire/json_writer.h"

namespace atoma::ledger {

// As the next value of `out`. Fields of bodies that have no name are called by their number.
void write_entry_json(wire::JsonWriter& out, const Entry& entry);

}  // namespace atoma::ledger
