// The key under which a client believes a log's checkpoints.
#pragma once

#include <string>

#include "atoma/tlog/tlog_policy.h"
#include "remote_error.h"

namespace atoma::app {

// `given` is a verifier key, or the name of a file whose first line is one.
// Errors: those of VerifierKey::parse, "file.unreadable", "file.too_large".
Result<tlog::VerifierKey> load_log_key(const std::string& given);

// The same for a log's key of either kind. Errors: those of tlog::parse_log_key instead.
Result<tlog::LogKey> load_any_log_key(const std::string& given);

// The key given or, where none was, the server's own word: proofs then show only that the server
// agrees with itself, and the caller says so.
RemoteResult<tlog::VerifierKey> find_log_key(const std::string& server, const std::string& given);

}  // namespace atoma::app
