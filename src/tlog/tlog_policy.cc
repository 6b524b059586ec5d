#include "atoma/tlog/tlog_policy.h"

#include <format>
#include <span>

#include "note_parts.h"

namespace atoma::tlog {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::string_view kNone = "none";

Words words_of(std::string_view line) {
  Words out;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == line.npos) return out;
    const std::size_t end = std::min(line.find_first_of(" \t", start), line.size());
    out.push_back(line.substr(start, end - start));
    line.remove_prefix(end);
  }
}

Status check_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    if ((c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n') continue;
    return malformed("tlog_policy.character", std::format("byte {:#04x} at {}", c, i));
  }
  if (text.empty() || text.ends_with('\n')) return {};
  return malformed("tlog_policy.line", "the last line lacks its newline");
}

ByteView raw_of(const LogKey& key) {
  if (const auto* first = std::get_if<VerifierKey>(&key)) return first->public_key().raw();
  return std::get<CosignerKey>(key).raw();
}

}  // namespace

const std::string& name_of(const LogKey& key) {
  return std::visit([](const auto& k) -> const std::string& { return k.name(); }, key);
}

Result<LogKey> parse_log_key(std::string_view text) {
  ATOMA_TRY(const VerifierKeyParts parts, split_verifier_key(text));
  if (parts.type == kMlDsa44CosignatureType) {
    ATOMA_TRY(CosignerKey key, CosignerKey::parse(text));
    return LogKey(std::move(key));
  }
  ATOMA_TRY(VerifierKey key, VerifierKey::parse(text));
  return LogKey(std::move(key));
}

Result<SignedCheckpoint> verify_checkpoint(std::string_view note, const LogKey& key) {
  return std::visit([&](const auto& k) { return verify_checkpoint(note, k); }, key);
}

// One line after the other; each names only what stands above it, so there are no circles.
struct TlogPolicy::Parser {
  TlogPolicy out;
  std::vector<bool> is_member;  // of a group, by node
  bool has_quorum = false;

  Status line(std::string_view text) {
    const Words words = words_of(text);
    if (words.empty() || words[0].starts_with('#')) return {};
    const std::size_t count = words.size();
    if (words[0] == "log" && (count == 2 || count == 3)) return log(words);
    if (words[0] == "witness" && (count == 3 || count == 4)) return witness(words);
    if (words[0] == "group" && count >= 4) return group(words);
    if (words[0] == "quorum" && count == 2) return quorum(words[1]);
    return malformed("tlog_policy.line",
                     "expected log KEY [URL], witness NAME KEY [URL], group NAME all|any|N NAME…, "
                     "or quorum NAME");
  }

  Status log(const Words& words) {
    ATOMA_TRY(LogKey key, parse_log_key(words[1]));
    const auto same = [&](const PolicyLog& l) { return equal(raw_of(l.key), raw_of(key)); };
    if (std::ranges::any_of(out.logs_, same)) return duplicate(words[1]);
    ATOMA_TRY_VOID(check_count(out.logs_.size()));
    out.logs_.push_back({std::move(key), count_url(words, 2)});
    return {};
  }

  Status witness(const Words& words) {
    ATOMA_TRY_VOID(check_new(words[1]));
    ATOMA_TRY(CosignerKey key, CosignerKey::parse(words[2]));
    const auto same = [&](const PolicyWitness& w) { return equal(w.key.raw(), key.raw()); };
    if (std::ranges::any_of(out.witnesses_, same)) return duplicate(words[1]);
    ATOMA_TRY_VOID(check_count(out.witnesses_.size()));
    add({.name = std::string(words[1]), .witness = out.witnesses_.size(), .members = {}});
    out.witnesses_.push_back({std::string(words[1]), std::move(key), count_url(words, 3)});
    return {};
  }

  Status group(const Words& words) {
    ATOMA_TRY_VOID(check_new(words[1]));
    ATOMA_TRY_VOID(check_count(out.nodes_.size() - out.witnesses_.size()));
    Node node{.name = std::string(words[1]), .members = {}};
    for (const std::string_view name : std::span(words).subspan(3)) {
      ATOMA_TRY(const std::size_t at, defined(name));
      if (is_member[at]) {
        return malformed("tlog_policy.member",
                         std::format("\"{}\" is a group's member already", name));
      }
      is_member[at] = true;
      node.members.push_back(at);
    }
    ATOMA_TRY(node.threshold, threshold(words[2], node.members.size()));
    add(std::move(node));
    return {};
  }

  Status quorum(std::string_view name) {
    if (has_quorum) return malformed("tlog_policy.quorum_line", "a second quorum line");
    has_quorum = true;
    if (name == kNone) return {};
    ATOMA_TRY(out.quorum_, defined(name));
    return {};
  }

  void add(Node node) {
    out.nodes_.push_back(std::move(node));
    is_member.push_back(false);
  }

  Result<std::size_t> defined(std::string_view name) const {
    const auto at = std::ranges::find(out.nodes_, name, &Node::name);
    if (at != out.nodes_.end()) return static_cast<std::size_t>(at - out.nodes_.begin());
    return malformed("tlog_policy.undefined",
                     std::format("\"{}\" is no witness or group of a line before", name));
  }

  Status check_new(std::string_view name) const {
    if (name != kNone && !defined(name)) return {};
    return malformed("tlog_policy.name", std::format("the name \"{}\" is taken", name));
  }

  static Status check_count(std::size_t count) {
    if (count < kTlogPolicyNamesMax) return {};
    return malformed("tlog_policy.names_max",
                     std::format("more than {} logs, witnesses or groups", kTlogPolicyNamesMax));
  }

  static Result<std::size_t> threshold(std::string_view word, std::size_t members) {
    if (word == "any") return 1;
    if (word == "all") return members;
    const auto number = decimal_of(word);
    if (number && *number >= 1 && *number <= members) return static_cast<std::size_t>(*number);
    return malformed("tlog_policy.threshold",
                     std::format("\"{}\": expected any, all or 1 to {}", word, members));
  }

  static Status duplicate(std::string_view what) {
    return malformed("tlog_policy.duplicate_key",
                     std::format("the key of \"{}\" stands on another line", what.substr(0, 64)));
  }

  static std::string count_url(const Words& words, std::size_t at) {
    return words.size() > at ? std::string(words[at]) : std::string();
  }
};

Result<TlogPolicy> TlogPolicy::parse(std::string_view text) {
  if (text.size() > kTlogPolicyMax) {
    return malformed("tlog_policy.size",
                     std::format("{} bytes, at most {}", text.size(), kTlogPolicyMax));
  }
  ATOMA_TRY_VOID(check_characters(text));
  Parser parser;
  for (std::size_t number = 1; const auto line = take_line(text); ++number) {
    if (Status read = parser.line(*line); !read) {
      read.error().message = std::format("line {}: {}", number, read.error().message);
      return std::unexpected(std::move(read).error());
    }
  }
  if (!parser.has_quorum) return malformed("tlog_policy.quorum_line", "no quorum line");
  return std::move(parser.out);
}

bool TlogPolicy::quorum(const std::vector<bool>& cosigned) const {
  // A group's members stand before it.
  std::vector<bool> holds;
  for (const Node& node : nodes_) {
    if (node.members.empty()) {
      holds.push_back(cosigned.at(node.witness));
      continue;
    }
    const auto held = std::ranges::count_if(node.members, [&](std::size_t m) { return holds[m]; });
    holds.push_back(static_cast<std::size_t>(held) >= node.threshold);
  }
  return !quorum_ || holds[*quorum_];
}

Result<Witnessed> TlogPolicy::verify(std::string_view note_text) const {
  ATOMA_TRY(const Note note, parse_note(note_text));
  std::optional<SignedCheckpoint> checkpoint;
  for (const PolicyLog& log : logs_) {
    auto verified = verify_checkpoint(note_text, log.key);
    if (verified) {
      checkpoint = *std::move(verified);
    } else if (const std::string_view reason = verified.error().reason;
               reason != "note.unsigned" && reason != "cosignature.missing") {
      return std::unexpected(std::move(verified).error());
    }
  }
  if (!checkpoint) {
    return fail(Code::kUnauthenticated, "tlog_policy.log", "signed by none of the policy's logs");
  }
  Witnessed out{*std::move(checkpoint), {}};
  std::vector<bool> cosigned;
  for (const PolicyWitness& witness : witnesses_) {
    auto time = verify_cosignature(note, witness.key);
    if (!time && time.error().reason != "cosignature.missing") {
      return std::unexpected(std::move(time).error());
    }
    cosigned.push_back(time.has_value());
    out.times.push_back(time ? std::optional(*time) : std::nullopt);
  }
  if (quorum(cosigned)) return out;
  return fail(Code::kUnauthenticated, "tlog_policy.quorum",
              std::format("{} of {} witnesses cosigned, which is no quorum",
                          std::ranges::count(cosigned, true), witnesses_.size()));
}

}  // namespace atoma::tlog
