#include "atoma/ledger/audit.h"

#include <algorithm>
#include <format>
#include <tuple>

#include "atoma/crypto/digest.h"
#include "atoma/ledger/bodies.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::ledger {
namespace {

using tlog::Checkpoint;
using tlog::ProofBundle;
using tlog::SignedCheckpoint;
using tlog::VerifierKey;
using wire::JsonDocument;
using wire::JsonValue;

AuditStep passed(std::string id, std::string text) {
  return {std::move(id), true, std::move(text)};
}
AuditStep failed(std::string id, std::string text) {
  return {std::move(id), false, std::move(text)};
}
AuditStep not_checked(std::string id, std::string text) {
  return {std::move(id), true, "not checked: " + std::move(text), false};
}

std::optional<std::string> text_member(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->text());
}

// The same claim in a CWT: a tagged COSE_Sign1 whose third part is the payload.
std::optional<std::string> cwt_evidence_digest(ByteView cwt) {
  constexpr std::uint64_t kSign1Tag = 18;
  const auto token = wire::CborDocument::parse(cwt);
  const auto parts = token ? token->root().tagged(kSign1Tag) : std::nullopt;
  if (!parts || !parts->is_array() || parts->items().size() != 4) return std::nullopt;
  const auto payload = parts->items()[2].bytes();
  const auto claims = wire::CborDocument::parse(payload.value_or(ByteView()));
  const auto atoma = claims ? claims->root().find(kEarClaims) : std::nullopt;
  const auto digest = atoma ? atoma->find(kEarEvidenceDigest) : std::nullopt;
  const auto bytes = digest ? digest->bytes() : std::nullopt;
  return bytes ? std::optional(wire::hex_encode(*bytes)) : std::nullopt;
}

// The evidence digest in the payload of a token whose signature somebody else checks.
std::optional<std::string> ear_evidence_digest(std::string_view jwt) {
  if (!jwt.contains('.')) return cwt_evidence_digest(tlog::token_bytes(jwt));
  const std::size_t first = jwt.find('.');
  const std::size_t second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
  if (second == jwt.npos) return std::nullopt;
  const auto payload = wire::base64url_decode(jwt.substr(first + 1, second - first - 1));
  if (!payload) return std::nullopt;
  const auto document = JsonDocument::parse(as_text(*payload));
  if (!document) return std::nullopt;
  const JsonValue* claims = document->root().find(kEarClaims);
  return claims == nullptr ? std::nullopt : text_member(*claims, kEarEvidenceDigest);
}

AuditStep key_step(const ProofBundle& bundle, const VerifierKey* trusted,
                   const Result<VerifierKey>& claimed) {
  if (trusted == nullptr) {
    if (!claimed) return failed("log_key", claimed.error().to_string());
    return passed("log_key",
                  std::format("WARNING: no trusted log key was given. The bundle's own key {} is "
                              "used: this shows that the bundle agrees with itself, not that it "
                              "comes from your log",
                              bundle.log_key));
  }
  if (claimed && *claimed == *trusted) {
    return passed("log_key", std::format("the log key is the trusted {}", bundle.log_key));
  }
  return failed("log_key", std::format("the bundle names log key {}, trusted is {}", bundle.log_key,
                                       trusted->to_string()));
}

AuditStep checkpoint_step(const Result<SignedCheckpoint>& opened, const VerifierKey& key) {
  if (!opened) return failed("checkpoint", opened.error().to_string());
  return passed("checkpoint",
                std::format("{} signed a tree of {} entries with root {}", key.name(),
                            opened->checkpoint.size, wire::base64_encode(opened->checkpoint.root)));
}

AuditStep inclusion_step(const ProofBundle& bundle, const Result<SignedCheckpoint>& opened) {
  if (!opened) return failed("inclusion", "without a good checkpoint there is no root to reach");
  const Checkpoint& checkpoint = opened->checkpoint;
  const Hash leaf = merkle::leaf_hash(bundle.entry);
  const auto status = merkle::verify_inclusion(bundle.index, checkpoint.size, leaf,
                                               bundle.inclusion, checkpoint.root);
  if (!status) return failed("inclusion", status.error().to_string());
  return passed("inclusion", std::format("the entry is number {} of {} (counted from 0), by {} "
                                         "hashes",
                                         bundle.index, checkpoint.size, bundle.inclusion.size()));
}

AuditStep entry_step(const Result<Entry>& entry) {
  if (!entry) return failed("entry", entry.error().to_string());
  return passed("entry", std::format("{} at {} by issuer {}", entry->statement.type,
                                     format_time(entry->statement.time),
                                     wire::hex_encode(ByteView(entry->issuer).first(8))));
}

void add_ear_step(const ProofBundle& bundle, const Result<Entry>& entry,
                  std::vector<AuditStep>& steps) {
  const auto digest = entry ? ear_digest_of(*entry) : std::nullopt;
  const auto named = digest ? std::optional(wire::hex_encode(*digest)) : std::nullopt;
  if (!named && !bundle.ear) return;
  if (!bundle.ear) {
    steps.push_back(not_checked("ear_digest", "the entry names an EAR, the bundle has none"));
  } else if (!named) {
    steps.push_back(failed("ear_digest", "the bundle has an EAR, which the entry does not name"));
  } else if (const std::string found = tlog::token_digest_hex(*bundle.ear); found != *named) {
    steps.push_back(failed(
        "ear_digest", std::format("the entry names EAR {}, the bundle has {}", *named, found)));
  } else {
    steps.push_back(passed("ear_digest", std::format("the entry names this EAR ({})", found)));
  }
}

void add_evidence_step(const ProofBundle& bundle, std::vector<AuditStep>& steps) {
  const auto named = bundle.ear ? ear_evidence_digest(*bundle.ear) : std::nullopt;
  if (!named && !bundle.evidence) return;
  if (!bundle.evidence) {
    steps.push_back(not_checked("evidence_digest", "the EAR names evidence, the bundle has none"));
  } else if (!named) {
    steps.push_back(failed("evidence_digest", "the bundle has evidence, which no EAR in it names"));
  } else if (const std::string found = wire::hex_encode(crypto::sha256(*bundle.evidence));
             found != *named) {
    steps.push_back(
        failed("evidence_digest",
               std::format("the EAR names evidence {}, the bundle has {}", *named, found)));
  } else {
    steps.push_back(
        passed("evidence_digest", std::format("the EAR names this evidence ({})", found)));
  }
}

}  // namespace

std::optional<Hash> ear_digest_of(const Entry& entry) {
  const auto& [type, body] = std::tie(entry.statement.type, entry.statement.body);
  if (type == "attestation") {
    const auto attestation = read_attestation(body);
    return attestation ? std::optional(attestation->ear) : std::nullopt;
  }
  if (type == "release") {
    const auto release = read_release(body);
    return release ? std::optional(release->ear) : std::nullopt;
  }
  if (type == "refusal") {
    const auto refusal = read_refusal(body);
    return refusal ? std::optional(refusal->ear) : std::nullopt;
  }
  return std::nullopt;
}

std::vector<AuditStep> audit_bundle(const ProofBundle& bundle, const VerifierKey* trusted) {
  const auto claimed = VerifierKey::parse(bundle.log_key);
  std::vector<AuditStep> steps{key_step(bundle, trusted, claimed)};
  if (trusted == nullptr && !claimed) return steps;
  const VerifierKey& key = trusted != nullptr ? *trusted : *claimed;
  const auto opened = tlog::verify_checkpoint(bundle.checkpoint, key);
  steps.push_back(checkpoint_step(opened, key));
  steps.push_back(inclusion_step(bundle, opened));
  const auto entry = parse_entry(bundle.entry);
  steps.push_back(entry_step(entry));
  add_ear_step(bundle, entry, steps);
  add_evidence_step(bundle, steps);
  return steps;
}

bool all_ok(const std::vector<AuditStep>& steps) {
  return !steps.empty() && std::ranges::all_of(steps, &AuditStep::ok);
}

}  // namespace atoma::ledger
