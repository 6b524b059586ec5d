#include "atoma/registry/evidence_store.h"

#include <format>
#include <utility>

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::registry {
namespace {

using crypto::Digest256;
using ledger::Standing;

constexpr std::string_view kMagic = "atoma-evidence/1";
constexpr std::string_view kLockFile = "lock";
constexpr std::string_view kUnfinished = ".new";
constexpr std::size_t kHeadMax = kMagic.size() + 1 + ledger::kMediaTypeMax + sizeof(Digest256);

// The media type is no part of the name, so that it has a digest of its own.
Digest256 head_digest(std::string_view media_type, const Digest256& sha256) {
  return crypto::sha256({as_bytes(kMagic), as_bytes(media_type), sha256});
}

// magic ‖ length and media type ‖ head_digest ‖ bytes
Bytes file_of(const Digest256& sha256, std::string_view media_type, ByteView bytes) {
  Bytes out = to_bytes(kMagic);
  out.push_back(static_cast<std::uint8_t>(media_type.size()));
  append(out, as_bytes(media_type));
  append(out, head_digest(media_type, sha256));
  append(out, bytes);
  return out;
}

std::optional<Evidence> parse_file(const Digest256& sha256, ByteView file) {
  wire::Reader in(file);
  const ByteView magic = in.take(kMagic.size());
  const ByteView media_type = in.take(in.u8());
  const auto digest = in.take_array<sizeof(Digest256)>();
  const ByteView bytes = in.rest();
  if (!in.ok() || !equal(magic, as_bytes(kMagic))) return std::nullopt;
  if (digest != head_digest(as_text(media_type), sha256)) return std::nullopt;
  if (crypto::sha256(bytes) != sha256) return std::nullopt;
  return Evidence{to_bytes(bytes), std::string(as_text(media_type))};
}

std::string folder_of(std::uint8_t first) { return wire::hex_encode(ByteArray<1>{first}); }

// Nothing for names that we do not give.
std::optional<Digest256> digest_of(std::string_view name) {
  Digest256 out{};
  const auto bytes = wire::hex_decode(name);
  if (!bytes || bytes->size() != out.size() || wire::hex_encode(*bytes) != name) {
    return std::nullopt;
  }
  std::ranges::copy(*bytes, out.begin());
  return out;
}

}  // namespace

Result<std::unique_ptr<EvidenceStore>> EvidenceStore::open(const store::Path& directory,
                                                           EvidenceOptions options,
                                                           store::FileSystem& files) {
  ATOMA_TRY_VOID(files.make_directory(directory));
  auto out = std::unique_ptr<EvidenceStore>(new EvidenceStore(directory, options, files));
  ATOMA_TRY(out->lock_, files.lock(directory / kLockFile));
  ATOMA_TRY_VOID(out->read_folders());
  return out;
}

Status EvidenceStore::read_folders() {
  for (int first = 0; first < 256; ++first) {
    ATOMA_TRY_VOID(read_folder(folder_of(static_cast<std::uint8_t>(first))));
  }
  return {};
}

Status EvidenceStore::read_folder(const std::string& name) {
  const store::Path folder = directory_ / name;
  ATOMA_TRY(const auto names, files_.list(folder));
  bool swept = false;
  for (const auto& file : names) {
    if (file.ends_with(kUnfinished)) {
      ATOMA_TRY_VOID(files_.remove(folder / file));
      swept = true;
      continue;
    }
    const auto sha256 = digest_of(file);
    if (!sha256 || !file.starts_with(name)) continue;  // not ours
    ATOMA_TRY(const auto opened, files_.open(folder / file, store::OpenMode::kRead));
    ATOMA_TRY(const std::uint64_t size, opened->size());
    sizes_[*sha256] = size;
    bytes_ += size;
  }
  // What is seen here is told of from now on: its name must not be lost.
  return names.empty() && !swept ? Status() : files_.sync_directory(folder);
}

store::Path EvidenceStore::path_of(const Digest256& sha256) const {
  return directory_ / folder_of(sha256[0]) / wire::hex_encode(sha256);
}

Result<Evidence> EvidenceStore::read(const Digest256& sha256) const {
  const auto path = path_of(sha256);
  const auto corrupt = [&](std::string_view what) {
    return fail(Code::kDataLoss, "evidence.corrupt", std::format("{} {}", path.string(), what));
  };
  const auto file = store::read_file(files_, path, kHeadMax + kEvidenceMax);
  if (!file && file.error().reason == "store.missing") return corrupt("was taken away");
  if (!file && file.error().reason == "store.size") return corrupt("is longer than any evidence");
  if (!file) return std::unexpected(file.error());
  auto out = parse_file(sha256, *file);
  if (!out) return corrupt("is not what was kept");
  return *std::move(out);
}

Result<Evidence> EvidenceStore::find(const Digest256& sha256) const {
  {
    const std::lock_guard lock(mutex_);
    if (!sizes_.contains(sha256)) {
      return fail(Code::kNotFound, "evidence.unknown",
                  "no evidence with this digest is kept here: " + wire::hex_encode(sha256));
    }
  }
  return read(sha256);
}

// Waits for whoever writes the same. Afterwards this caller alone does, until it calls settle().
void EvidenceStore::claim(const Digest256& sha256) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return !writing_.contains(sha256); });
  writing_.insert(sha256);
}

Status EvidenceStore::reserve(const Digest256& sha256, std::uint64_t size, Standing standing) {
  const std::lock_guard lock(mutex_);
  const bool proven = standing == Standing::kProven;
  const std::uint64_t limit = proven ? options_.bytes_max : options_.bytes_max / 2;
  // What is there and damaged is written anew, full or not.
  if (bytes_ + size > limit && !sizes_.contains(sha256)) {
    // gRPC's RESOURCE_EXHAUSTED: "perhaps the entire file system is out of space".
    return fail(Code::kResourceExhausted, "evidence.full",
                proven ? std::format("the evidence store holds {} of {} bytes", bytes_, limit)
                       : std::format("the evidence store holds {} bytes: the half of it that what "
                                     "was not accepted may fill, {} bytes, is taken",
                                     bytes_, limit));
  }
  bytes_ += size;
  return {};
}

void EvidenceStore::settle(const Digest256& sha256, std::uint64_t reserved, bool kept) {
  {
    const std::lock_guard lock(mutex_);
    writing_.erase(sha256);
    if (!kept || reserved == 0) {
      bytes_ -= reserved;
    } else if (const auto [at, added] = sizes_.emplace(sha256, reserved); !added) {
      bytes_ -= std::exchange(at->second, reserved);
    }
  }
  written_.notify_all();
}

Status EvidenceStore::write_claimed(const ledger::EvidenceRef& ref, ByteView bytes,
                                    Standing standing, std::uint64_t& reserved) {
  // Whoever had the claim before may have written it.
  if (find(ref.sha256)) return {};
  const Bytes file = file_of(ref.sha256, ref.media_type, bytes);
  ATOMA_TRY_VOID(reserve(ref.sha256, file.size(), standing));
  reserved = file.size();
  const auto path = path_of(ref.sha256);
  ATOMA_TRY_VOID(files_.make_directory(path.parent_path()));
  return store::replace_file(files_, path, file);
}

Result<ledger::EvidenceRef> EvidenceStore::keep(ByteView bytes, std::string_view media_type,
                                                Standing standing) {
  if (bytes.empty() || bytes.size() > kEvidenceMax) {
    return malformed("evidence.size",
                     std::format("{} bytes; 1 to {} are kept", bytes.size(), kEvidenceMax));
  }
  if (!ledger::is_media_type(media_type)) {
    return malformed("evidence.media_type", "expected a media type without parameters");
  }
  const ledger::EvidenceRef ref{crypto::sha256(bytes), bytes.size(), std::string(media_type)};
  if (find(ref.sha256)) return ref;
  claim(ref.sha256);
  std::uint64_t reserved = 0;
  const auto kept = write_claimed(ref, bytes, standing, reserved);
  settle(ref.sha256, reserved, kept.has_value());
  if (!kept) return std::unexpected(kept.error());
  return ref;
}

std::uint64_t EvidenceStore::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::size_t EvidenceStore::count() const {
  const std::lock_guard lock(mutex_);
  return sizes_.size();
}

}  // namespace atoma::registry
