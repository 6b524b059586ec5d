#include "atoma/anchor/signed_head.h"

#include <algorithm>
#include <format>

#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::anchor {
namespace {

using wire::JsonValue;

constexpr std::string_view kFormat = "atoma-anchor-signatures/1";
// Half the order of secp256k1: of a signature's two forms the contract takes the one below.
constexpr ByteArray<32> kLowSMax = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};

std::unexpected<Error> bad_file(std::string_view what) {
  return malformed("anchor.signature_file",
                   "not a file of anchorers' signatures: " + std::string(what));
}

std::string_view text_of(const JsonValue& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr ? "" : value->text();
}

template <std::size_t N>
bool read_hex(std::string_view text, ByteArray<N>& out) {
  return text.starts_with("0x") && wire::hex_decode_into(text.substr(2), out);
}

Result<std::uint64_t> number(const JsonValue& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto out = value == nullptr ? std::nullopt : value->unsigned_integer();
  if (out) return *out;
  return bad_file("\"" + std::string(name) + "\" is no number");
}

Result<std::vector<HeadSignature>> signatures(const JsonValue* list) {
  if (list == nullptr || !list->is_array() || list->items().empty() ||
      list->items().size() > kAnchorersMax) {
    return bad_file("expected a list of 1 to 32 signatures");
  }
  std::vector<HeadSignature> out;
  for (const auto& item : list->items()) {
    HeadSignature next;
    if (!item.is_object() || item.items().size() != 2 ||
        !read_hex(text_of(item, "signature"), next.bytes)) {
      return bad_file("a signature is a signer and 65 bytes in hex");
    }
    ATOMA_TRY(next.signer, parse_address(text_of(item, "signer")));
    if (!out.empty() && out.back().signer >= next.signer) {
      return bad_file("signers must ascend");
    }
    out.push_back(next);
  }
  return out;
}

bool same(const SignedHead& a, const SignedHead& b) {
  return a.place.chain_id == b.place.chain_id && a.place.contract == b.place.contract &&
         a.place.log == b.place.log && a.head == b.head;
}

bool is_by(const HeadSignature& signature, const crypto::Digest256& digest) {
  const ByteView bytes(signature.bytes);
  crypto::RecoverableSignature recoverable;
  std::ranges::copy(bytes.first(32), recoverable.r.begin());
  std::ranges::copy(bytes.subspan(32, 32), recoverable.s.begin());
  if (recoverable.s > kLowSMax) return false;
  // Others than 27 and 28 become a parity that there is not.
  recoverable.y_parity = static_cast<std::uint8_t>(bytes[64] - 27);
  const auto key = crypto::recover_secp256k1(digest, recoverable);
  return key && address_of(*key) == signature.signer;
}

}  // namespace

std::string encode_signed_head(const SignedHead& head) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object()
      .member("format", kFormat)
      .member("chain_id", head.place.chain_id)
      .member("contract", to_hex(head.place.contract))
      .member("log", to_hex(head.place.log))
      .member("size", head.head.size)
      .member("root", wire::base64_encode(head.head.root));
  out.key("signatures").begin_array();
  for (const auto& signature : head.signatures) {
    out.begin_object()
        .member("signer", to_hex(signature.signer))
        .member("signature", to_hex(signature.bytes))
        .end_object();
  }
  out.end_array().member("checkpoint", head.checkpoint).end_object();
  return out.take() + "\n";
}

Result<SignedHead> parse_signed_head(std::string_view text) {
  if (text.size() > kSignedHeadMax) return bad_file("it is too long");
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(text));
  const auto& root = document.root();
  if (root.items().size() != 8 || text_of(root, "format") != kFormat) {
    return bad_file("expected the format " + std::string(kFormat));
  }
  SignedHead out;
  ATOMA_TRY(out.place.chain_id, number(root, "chain_id"));
  ATOMA_TRY(out.place.contract, parse_address(text_of(root, "contract")));
  if (!read_hex(text_of(root, "log"), out.place.log)) return bad_file("\"log\" is 32 bytes in hex");
  ATOMA_TRY(out.head.size, number(root, "size"));
  const auto hash = wire::base64_decode(text_of(root, "root"));
  if (!hash || hash->size() != out.head.root.size()) return bad_file("\"root\" is 32 bytes");
  std::ranges::copy(*hash, out.head.root.begin());
  ATOMA_TRY(out.signatures, signatures(root.find("signatures")));
  out.checkpoint = text_of(root, "checkpoint");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  if (out.checkpoint.empty() || out.checkpoint.size() > limits::kNoteMax ||
      std::ranges::any_of(out.checkpoint, control)) {
    return bad_file("\"checkpoint\" is the log's note");
  }
  return out;
}

Status verify_signatures(const SignedHead& head, const Place& place) {
  if (head.place.chain_id != place.chain_id || head.place.contract != place.contract ||
      head.place.log != place.log) {
    return fail(Code::kPermissionDenied, "anchor.place",
                std::format("signed for log {} of contract {} on chain {}", to_hex(head.place.log),
                            to_hex(head.place.contract), head.place.chain_id));
  }
  const auto digest = head_digest(place, head.head);
  for (const auto& signature : head.signatures) {
    if (is_by(signature, digest)) continue;
    return fail(Code::kPermissionDenied, "anchor.signature",
                "the signature of " + to_hex(signature.signer) + " does not hold");
  }
  return {};
}

Result<SignedHead> join(std::span<const SignedHead> parts) {
  SignedHead out;
  for (const auto& part : parts) {
    if (&part == parts.data()) out = {part.place, part.head, {}, {}};
    if (!same(out, part)) {
      return fail(Code::kPermissionDenied, "anchor.heads",
                  std::format("some signed {} entries under {}, others {} under {}", out.head.size,
                              wire::base64_encode(out.head.root), part.head.size,
                              wire::base64_encode(part.head.root)));
    }
    out.signatures.insert(out.signatures.end(), part.signatures.begin(), part.signatures.end());
    if (part.checkpoint.size() > out.checkpoint.size()) out.checkpoint = part.checkpoint;
  }
  if (out.signatures.empty()) return malformed("anchor.heads", "nobody signed anything");
  std::ranges::stable_sort(out.signatures, {}, &HeadSignature::signer);
  const auto twice = std::ranges::unique(out.signatures, {}, &HeadSignature::signer);
  out.signatures.erase(twice.begin(), twice.end());
  return out;
}

Result<Bytes> quorum_of(const SignedHead& head, const Office& office) {
  Bytes out;
  for (const auto& signature : head.signatures) {
    if (!std::ranges::contains(office.anchorers, signature.signer)) {
      return fail(Code::kPermissionDenied, "anchor.stranger",
                  to_hex(signature.signer) + " is not one of the log's anchorers");
    }
    if (out.size() < office.threshold * signature.bytes.size()) append(out, signature.bytes);
  }
  if (head.signatures.size() >= office.threshold) return out;
  return fail(Code::kFailedPrecondition, "anchor.too_few",
              std::format("{} signed, and {} must", head.signatures.size(), office.threshold));
}

}  // namespace atoma::anchor
