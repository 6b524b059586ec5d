#include "atoma/tlog/cosignature.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"
#include "believed_checkpoint.h"
#include "note_parts.h"

namespace atoma::tlog {
namespace {

constexpr std::size_t kTimeSize = 8;
constexpr std::uint64_t kTimeMax = (std::uint64_t{1} << 63) - 1;
// "subtree/v1\n\0": a checkpoint is the subtree that starts at 0.
constexpr std::string_view kSubtreeLabel("subtree/v1\n\0", 12);

Status check_length(std::string_view name) {
  if (!name.empty() && name.size() <= kCosignedNameMax) return {};
  return malformed("cosignature.name", std::format("a name or origin of {} bytes; 1 to {}",
                                                   name.size(), kCosignedNameMax));
}

void append_name(Bytes& out, std::string_view name) {
  wire::append_be(out, name.size(), 1);
  append(out, name);
}

std::size_t signature_size(CosignatureKind kind) {
  return kind == CosignatureKind::kEd25519 ? 64 : crypto::kMlDsa44SignatureSize;
}

// Only Ed25519 signs the origin without its length.
Status check_origin(CosignatureKind kind, const Checkpoint& checkpoint) {
  return kind == CosignatureKind::kMlDsa44 ? check_length(checkpoint.origin) : Status{};
}

Result<std::uint64_t> verify_one(const Note& note, const Checkpoint& checkpoint,
                                 const CosignerKey& key, ByteView signature) {
  if (signature.size() != kTimeSize + signature_size(key.kind())) {
    return malformed("cosignature.format",
                     std::format("{} bytes by {}, expected {}", signature.size(), key.name(),
                                 kTimeSize + signature_size(key.kind())));
  }
  const std::uint64_t time = wire::load_be(signature.first(kTimeSize));
  if (time > kTimeMax || (time == 0 && key.kind() == CosignatureKind::kEd25519)) {
    return malformed("cosignature.format", std::format("time {} by {}", time, key.name()));
  }
  const Bytes message = cosigned_message(key.kind(), key.name(), note.text, checkpoint, time);
  if (key.verify(message, signature.subspan(kTimeSize))) return time;
  return fail(Code::kUnauthenticated, "cosignature.signature",
              std::format("the cosignature by {} ({:08x}) is wrong", key.name(), key.key_id()));
}

}  // namespace

CosignerKey::CosignerKey(std::string name, CosignatureKind kind, Key key)
    : name_(std::move(name)), kind_(kind), key_(std::move(key)) {
  key_id_ = key_id_of(name_, std::to_underlying(kind_), raw());
}

Result<CosignerKey> CosignerKey::create(std::string name, CosignatureKind kind, ByteView key) {
  ATOMA_TRY_VOID(check_key_name(name));
  ATOMA_TRY_VOID(check_length(name));
  if (kind == CosignatureKind::kEd25519) {
    ATOMA_TRY(const auto ed25519, crypto::Ed25519PublicKey::create(key));
    return CosignerKey(std::move(name), kind, ed25519);
  }
  ATOMA_TRY(auto ml_dsa, crypto::MlDsa44PublicKey::create(key));
  return CosignerKey(std::move(name), kind,
                     std::make_shared<const crypto::MlDsa44PublicKey>(std::move(ml_dsa)));
}

Result<CosignerKey> CosignerKey::parse(std::string_view text) {
  ATOMA_TRY(VerifierKeyParts parts, split_verifier_key(text));
  if (parts.type != kEd25519CosignatureType && parts.type != kMlDsa44CosignatureType) {
    return malformed("vkey.algorithm", std::format("key type {:#04x}, here a cosigner's: Ed25519 "
                                                   "(0x04) or ML-DSA-44 (0x06)",
                                                   parts.type));
  }
  const auto kind = static_cast<CosignatureKind>(parts.type);
  ATOMA_TRY(CosignerKey out, create(std::move(parts.name), kind, parts.key));
  ATOMA_TRY_VOID(check_key_id(parts.key_id, out.key_id_));
  return out;
}

ByteView CosignerKey::raw() const {
  if (const auto* ed25519 = std::get_if<crypto::Ed25519PublicKey>(&key_)) return ed25519->raw();
  return std::get<1>(key_)->raw();
}

bool CosignerKey::verify(ByteView message, ByteView signature) const {
  if (const auto* ed25519 = std::get_if<crypto::Ed25519PublicKey>(&key_)) {
    return ed25519->verify(message, signature);
  }
  return std::get<1>(key_)->verify(message, signature);
}

std::string CosignerKey::to_string() const {
  return join_verifier_key(name_, std::to_underlying(kind_), raw());
}

Bytes cosigned_message(CosignatureKind kind, std::string_view cosigner, std::string_view text,
                       const Checkpoint& checkpoint, std::uint64_t time) {
  if (kind == CosignatureKind::kEd25519) {
    return to_bytes(std::format("cosignature/v1\ntime {}\n{}", time, text));
  }
  Bytes out = to_bytes(kSubtreeLabel);
  append_name(out, cosigner);
  wire::append_be(out, time, 8);
  append_name(out, checkpoint.origin);
  wire::append_be(out, 0, 8);
  wire::append_be(out, checkpoint.size, 8);
  append(out, checkpoint.root);
  return out;
}

Result<std::uint64_t> verify_cosignature(const Note& note, const CosignerKey& key) {
  ATOMA_TRY(const Checkpoint checkpoint, parse_checkpoint(note.text));
  ATOMA_TRY_VOID(check_origin(key.kind(), checkpoint));
  std::optional<std::uint64_t> newest;
  for (const NoteSignature& s : note.signatures) {
    if (s.name != key.name() || s.key_id != key.key_id()) continue;
    ATOMA_TRY(const std::uint64_t time, verify_one(note, checkpoint, key, s.signature));
    newest = std::max(newest.value_or(0), time);
  }
  if (newest) return *newest;
  return fail(Code::kUnauthenticated, "cosignature.missing",
              std::format("no cosignature by {} ({:08x})", key.name(), key.key_id()));
}

Result<SignedCheckpoint> verify_checkpoint(std::string_view note_text, const CosignerKey& key) {
  ATOMA_TRY(const Note note, parse_note(note_text));
  ATOMA_TRY_VOID(verify_cosignature(note, key));
  return believed_checkpoint(note, note_text, key.name());
}

Result<Cosigner> Cosigner::create(std::string name, crypto::Ed25519PrivateKey key) {
  ATOMA_TRY(CosignerKey pub, CosignerKey::create(std::move(name), CosignatureKind::kEd25519,
                                                 key.public_key().raw()));
  return Cosigner(std::move(key), std::move(pub));
}

Result<Cosigner> Cosigner::create(std::string name, crypto::MlDsa44PrivateKey key) {
  ATOMA_TRY(CosignerKey pub,
            CosignerKey::create(std::move(name), CosignatureKind::kMlDsa44, key.public_raw()));
  return Cosigner(std::move(key), std::move(pub));
}

Result<std::string> Cosigner::sign(std::string_view text, std::uint64_t time) const {
  ATOMA_CHECK(time <= kTimeMax && (time != 0 || public_.kind() == CosignatureKind::kMlDsa44));
  ATOMA_TRY(const Checkpoint checkpoint, parse_checkpoint(text));
  ATOMA_TRY_VOID(check_origin(public_.kind(), checkpoint));
  const Bytes message = cosigned_message(public_.kind(), public_.name(), text, checkpoint, time);
  Bytes signature;
  wire::append_be(signature, time, kTimeSize);
  if (const auto* ed25519 = std::get_if<crypto::Ed25519PrivateKey>(&key_)) {
    append(signature, ed25519->sign(message));
  } else {
    append(signature, std::get<crypto::MlDsa44PrivateKey>(key_).sign(message));
  }
  return signature_line(public_.name(), public_.key_id(), signature);
}

}  // namespace atoma::tlog
