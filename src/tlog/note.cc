#include "atoma/tlog/note.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"
#include "note_parts.h"

namespace atoma::tlog {
namespace {

constexpr std::string_view kSignaturePrefix = "\u2014 ";
constexpr std::size_t kKeyIdSize = 4;

// One code point from the front of `text`, which is shortened; nothing when it is not UTF-8
// (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80             ? 1
                             : (lead & 0xE0) == 0xC0 ? 2
                             : (lead & 0xF0) == 0xE0 ? 3
                             : (lead & 0xF8) == 0xF0 ? 4
                                                     : 0;
  if (length == 0 || text.size() < length) return std::nullopt;
  constexpr std::array<std::uint8_t, 5> kLeadMask{0, 0x7F, 0x1F, 0x0F, 0x07};
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  char32_t point = lead & kLeadMask[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return point;
}

// Unicode's White_Space property above ASCII, and what ASCII has up to the space.
bool is_space(char32_t c) {
  return c <= 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

Status check_text(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t at = text.size() - rest.size();
    const auto c = take_code_point(rest);
    if (!c) return malformed("note.utf8", std::format("invalid UTF-8 at byte {}", at));
    if (*c < 0x20 && *c != U'\n') {
      return malformed("note.control", std::format("control character {:#04x} at byte {}",
                                                   static_cast<std::uint32_t>(*c), at));
    }
  }
  return {};
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) {
    return malformed("note.format", "a signature line begins with an em dash and a space");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == line.npos) return malformed("note.format", "a signature line lacks its signature");
  NoteSignature out;
  out.name = line.substr(0, space);
  ATOMA_TRY_VOID(check_key_name(out.name));
  const auto bytes = wire::base64_decode(line.substr(space + 1));
  if (!bytes || bytes->size() <= kKeyIdSize) {
    return malformed("note.signature_encoding",
                     "a signature is the base64 of a 4-byte key id and the signature");
  }
  wire::Reader in(*bytes);
  out.key_id = in.u32_be();
  out.signature = to_bytes(in.rest());
  return out;
}

}  // namespace

Status check_key_name(std::string_view name) {
  bool good = !name.empty();
  for (std::string_view rest = name; good && !rest.empty();) {
    const auto c = take_code_point(rest);
    good = c && !is_space(*c) && *c != U'+' && *c != 0x7F;
  }
  if (good) return {};
  return malformed("note.key_name",
                   "a key name is UTF-8, not empty, without spaces, controls and plus signs");
}

std::uint32_t key_id_of(std::string_view name, std::uint8_t type, ByteView key) {
  const ByteArray<2> separator{'\n', type};
  const auto digest = crypto::sha256({as_bytes(name), separator, key});
  return static_cast<std::uint32_t>(wire::load_be(ByteView(digest).first(kKeyIdSize)));
}

std::string signature_line(std::string_view name, std::uint32_t key_id, ByteView signature) {
  Bytes bytes;
  wire::append_be(bytes, key_id, kKeyIdSize);
  append(bytes, signature);
  return std::format("{}{} {}\n", kSignaturePrefix, name, wire::base64_encode(bytes));
}

Result<VerifierKeyParts> split_verifier_key(std::string_view text) {
  const auto bad = [](const char* why) { return malformed("vkey.format", why); };
  const std::size_t first = text.find('+');
  if (first == text.npos) return bad("a verifier key is <name>+<hex key id>+<base64 key>");
  const std::size_t second = text.find('+', first + 1);
  if (second == text.npos) return bad("a verifier key is <name>+<hex key id>+<base64 key>");
  ByteArray<kKeyIdSize> id{};
  if (!wire::hex_decode_into(text.substr(first + 1, second - first - 1), id)) {
    return bad("the key id is not eight hex digits");
  }
  const auto bytes = wire::base64_decode(text.substr(second + 1));
  if (!bytes || bytes->empty()) return bad("the key is not base64");
  return VerifierKeyParts{.name = std::string(text.substr(0, first)),
                          .key_id = static_cast<std::uint32_t>(wire::load_be(id)),
                          .type = bytes->front(),
                          .key = to_bytes(ByteView(*bytes).subspan(1))};
}

std::string join_verifier_key(std::string_view name, std::uint8_t type, ByteView key) {
  Bytes bytes{type};
  append(bytes, key);
  return std::format("{}+{:08x}+{}", name, key_id_of(name, type, key), wire::base64_encode(bytes));
}

Status check_key_id(std::uint32_t claimed, std::uint32_t computed) {
  if (claimed == computed) return {};
  return malformed("vkey.key_id",
                   std::format("key id {:08x}, but name and key give {:08x}", claimed, computed));
}

std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> decimal_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical = text == "0" || !text.starts_with('0');
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return canonical && value <= merkle::kSizeMax ? std::optional(value) : std::nullopt;
}

std::optional<merkle::Hash> hash_of(std::string_view text) {
  const auto bytes = wire::base64_decode(text);
  merkle::Hash out{};
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::ranges::copy(*bytes, out.begin());
  return out;
}

Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view text) {
  ATOMA_TRY_VOID(check_text(text));
  std::vector<NoteSignature> out;
  while (!text.empty()) {
    if (out.size() == limits::kNoteSignaturesMax) {
      return malformed("note.signatures_max",
                       std::format("more than {} signatures", limits::kNoteSignaturesMax));
    }
    const auto line = take_line(text);
    if (!line) return malformed("note.format", "a signature line ends in a newline");
    ATOMA_TRY(NoteSignature signature, parse_signature_line(*line));
    out.push_back(std::move(signature));
  }
  return out;
}

std::string encode_signature_line(const NoteSignature& signature) {
  return signature_line(signature.name, signature.key_id, signature.signature);
}

Result<Note> parse_note(std::string_view text) {
  if (text.size() > limits::kNoteMax) {
    return malformed("note.size",
                     std::format("{} bytes, at most {}", text.size(), limits::kNoteMax));
  }
  ATOMA_TRY_VOID(check_text(text));
  const std::size_t blank = text.rfind("\n\n");
  if (blank == text.npos || !text.ends_with('\n') || blank + 2 == text.size()) {
    return malformed("note.format", "no empty line followed by signature lines");
  }
  Note note;
  note.text = text.substr(0, blank + 1);
  ATOMA_TRY(note.signatures, parse_signature_lines(text.substr(blank + 2)));
  return note;
}

VerifierKey::VerifierKey(std::string name, crypto::Ed25519PublicKey key)
    : name_(std::move(name)), key_(key), key_id_(key_id_of(name_, kEd25519Type, key_.raw())) {}

Result<VerifierKey> VerifierKey::create(std::string name, crypto::Ed25519PublicKey key) {
  ATOMA_TRY_VOID(check_key_name(name));
  return VerifierKey(std::move(name), key);
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  ATOMA_TRY(const VerifierKeyParts parts, split_verifier_key(text));
  if (parts.type != kEd25519Type) {
    return malformed("vkey.algorithm",
                     std::format("key type {:#04x}, here Ed25519 (0x01)", parts.type));
  }
  ATOMA_TRY(const auto key, crypto::Ed25519PublicKey::create(parts.key));
  ATOMA_TRY(VerifierKey out, create(parts.name, key));
  ATOMA_TRY_VOID(check_key_id(parts.key_id, out.key_id_));
  return out;
}

std::string VerifierKey::to_string() const {
  return join_verifier_key(name_, kEd25519Type, key_.raw());
}

bool operator==(const VerifierKey& a, const VerifierKey& b) {
  return a.name() == b.name() && a.public_key().raw() == b.public_key().raw();
}

Status verify_note(const Note& note, const VerifierKey& key) {
  bool found = false;
  for (const NoteSignature& s : note.signatures) {
    if (s.name != key.name() || s.key_id != key.key_id()) continue;
    if (!key.public_key().verify(as_bytes(note.text), s.signature)) {
      return fail(Code::kUnauthenticated, "note.signature",
                  std::format("the signature by {} ({:08x}) is wrong", s.name, s.key_id));
    }
    found = true;
  }
  if (found) return {};
  return fail(Code::kUnauthenticated, "note.unsigned",
              std::format("no signature by {} ({:08x})", key.name(), key.key_id()));
}

NoteSigner::NoteSigner(crypto::Ed25519PrivateKey key, VerifierKey verifier_key)
    : key_(std::move(key)), verifier_key_(std::move(verifier_key)) {}

Result<NoteSigner> NoteSigner::create(std::string name, crypto::Ed25519PrivateKey key) {
  ATOMA_TRY(VerifierKey verifier_key, VerifierKey::create(std::move(name), key.public_key()));
  return NoteSigner(std::move(key), std::move(verifier_key));
}

std::string NoteSigner::sign(std::string_view text) const {
  ATOMA_CHECK(text.ends_with('\n') && check_text(text));
  return std::format(
      "{}\n{}", text,
      signature_line(verifier_key_.name(), verifier_key_.key_id(), key_.sign(as_bytes(text))));
}

}  // namespace atoma::tlog
