// Log entries: compact JSON objects of at most limits::kLogEntryMax bytes that begin with a
// version, a type and a time. The log takes bytes; this is what writers and auditors share.
//
//   wire::JsonWriter out = begin_entry("attestation", now);
//   out.member("ear_sha256", digest_hex(ear)).end_object();
//   ledger.append(to_bytes(out.str()), …);
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/wire/json_writer.h"

namespace atoma::tlog {

// "attestation", "release", "refusal", "secret.put", "genesis" today. A reader keeps entries of
// types it does not know.
struct EntryHeader {
  std::string type;
  Time time;
};

// {"v":1,"type":…,"time":"2026-11-22T09:00:00Z": the caller adds members and ends the object.
wire::JsonWriter begin_entry(std::string_view type, Time time);

// Errors: "entry.size" (empty or too long), "entry.version", "entry.type", "entry.time", and those
// of wire::JsonDocument::parse.
Result<EntryHeader> parse_entry_header(ByteView entry);

// SHA-256 in lower-case hex, the form in which entries name what they vouch for.
std::string digest_hex(ByteView data);

}  // namespace atoma::tlog
