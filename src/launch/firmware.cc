#include "atoma/launch/firmware.h"

#include <format>

#include "atoma/wire/reader.h"

namespace atoma::launch {
namespace {

using wire::Reader;
using Guid = ByteArray<16>;

// In memory order.
constexpr Guid kFooter{0xDE, 0x82, 0xB5, 0x96, 0xB2, 0x1F, 0xF7, 0x45,
                       0xBA, 0xEA, 0xA3, 0x66, 0xC5, 0x5A, 0x08, 0x2D};
constexpr Guid kSnpMetadata{0x66, 0x65, 0x88, 0xDC, 0x4A, 0x98, 0x98, 0x47,
                            0xA7, 0x5E, 0x55, 0x85, 0xA7, 0xBF, 0x67, 0xCC};
constexpr Guid kTdxMetadata{0x35, 0x65, 0x7A, 0xE4, 0x4A, 0x98, 0x98, 0x47,
                            0x86, 0x5E, 0x46, 0x85, 0xA7, 0xBF, 0x8E, 0xC2};
constexpr Guid kHashTable{0x1F, 0x37, 0x55, 0x72, 0x3B, 0x3A, 0x04, 0x4B,
                          0x92, 0x7B, 0x1D, 0xA6, 0xEF, 0xA8, 0xD4, 0x54};
constexpr Guid kApReset{0xDE, 0x71, 0xF7, 0x00, 0x7E, 0x1A, 0xCB, 0x4F,
                        0x89, 0x0E, 0x68, 0xC7, 0x7E, 0x2F, 0xB4, 0x4E};

constexpr std::size_t kPage = 4096;
// The footer's GUID ends 32 bytes before the end of the image, where the reset vector is.
constexpr std::size_t kFooterFromEnd = 32;
constexpr std::size_t kEntryHeader = 2 + 16;
constexpr std::uint32_t kSnpSignature = 0x56455341;  // "ASEV"
constexpr std::uint32_t kTdxSignature = 0x46564454;  // "TDVF"
constexpr std::uint32_t kSectionsMax = 64;
constexpr std::uint32_t kMrExtend = 1;
constexpr std::uint32_t kPageAug = 2;
// Launch memory of OVMF is a few MiB; a section that says more would take minutes to hash.
constexpr std::uint64_t kSectionMax = 256 * 1024 * 1024;

bool whole_pages(std::uint64_t n) { return n % kPage == 0; }

std::unexpected<Error> bad_snp(const char* what) {
  return malformed("firmware.snp_metadata", what);
}
std::unexpected<Error> bad_tdx(const char* what) {
  return malformed("firmware.tdx_metadata", what);
}

// Metadata stand at an offset from the end of the image.
Reader from_end(ByteView image, ByteView value) {
  const std::uint64_t offset = value.size() == 4 ? wire::load_le(value) : 0;
  const bool inside = offset > 0 && offset <= image.size();
  return Reader(inside ? image.subspan(image.size() - offset) : ByteView());
}

Status read_snp(ByteView value, Firmware& out) {
  Reader in = from_end(out.image, value);
  const bool known = in.u32_le() == kSnpSignature;
  in.u32_le();  // length
  const std::uint32_t version = in.u32_le();
  const std::uint32_t count = in.u32_le();
  if (!in.ok() || !known || version != 1 || count > kSectionsMax) {
    return bad_snp("no metadata of version 1 where the footer says");
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    SnpSection section;
    section.address = in.u32_le();
    section.size = in.u32_le();
    section.type = static_cast<SnpSectionType>(in.u32_le());
    const auto type = static_cast<std::uint32_t>(section.type);
    const bool known_type = (type >= 1 && type <= 4) || type == 0x10;
    if (!in.ok() || !known_type) return bad_snp("a section of an unknown type");
    if (!whole_pages(section.address) || !whole_pages(section.size) || section.size > kSectionMax) {
      return bad_snp("a section that is not whole pages, or too large");
    }
    out.snp_sections.push_back(section);
  }
  return {};
}

Status read_tdx_section(Reader& in, Firmware& out) {
  const std::uint64_t offset = in.u32_le();
  const std::uint64_t size = in.u32_le();
  TdvfSection section;
  section.address = in.u64_le();
  section.memory_size = in.u64_le();
  const std::uint32_t type = in.u32_le();
  const std::uint32_t attributes = in.u32_le();
  if (!in.ok() || type > 6 || attributes > (kMrExtend | kPageAug)) {
    return bad_tdx("a section of an unknown type or with unknown attributes");
  }
  section.type = static_cast<TdvfSectionType>(type);
  section.extended = (attributes & kMrExtend) != 0;
  section.added_at_runtime = (attributes & kPageAug) != 0;
  if (!whole_pages(section.address) || !whole_pages(section.memory_size) || !whole_pages(size) ||
      section.memory_size > kSectionMax || size > section.memory_size ||
      offset > out.image.size() || size > out.image.size() - offset) {
    return bad_tdx("a section outside of the image, or not whole pages");
  }
  section.data = out.image.subspan(offset, size);
  out.tdvf_sections.push_back(section);
  return {};
}

Status read_tdx(ByteView value, Firmware& out) {
  Reader in = from_end(out.image, value);
  const bool known = in.u32_le() == kTdxSignature;
  in.u32_le();  // length
  const std::uint32_t version = in.u32_le();
  const std::uint32_t count = in.u32_le();
  if (!in.ok() || !known || version != 1 || count > kSectionsMax) {
    return bad_tdx("no metadata of version 1 where the footer says");
  }
  for (std::uint32_t i = 0; i < count; ++i) ATOMA_TRY_VOID(read_tdx_section(in, out));
  return {};
}

Status read_entry(ByteView guid, ByteView value, Firmware& out) {
  if (equal(guid, kSnpMetadata)) return read_snp(value, out);
  if (equal(guid, kTdxMetadata)) return read_tdx(value, out);
  Reader in(value);
  if (equal(guid, kHashTable)) out.hash_table = HashTable{in.u32_le(), in.u32_le()};
  if (equal(guid, kApReset)) out.ap_reset = in.u32_le();
  if (!in.ok()) return malformed("firmware.footer", "an entry is shorter than its kind");
  return {};
}

}  // namespace

Result<Firmware> parse_firmware(ByteView image) {
  if (image.size() < kPage || !whole_pages(image.size()) || image.size() > kFirmwareMax) {
    return malformed("firmware.size", std::format("{} bytes", image.size()));
  }
  Firmware out{
      .image = image, .snp_sections = {}, .hash_table = {}, .ap_reset = {}, .tdvf_sections = {}};
  const std::size_t end = image.size() - kFooterFromEnd;
  if (!equal(image.subspan(end - 16, 16), kFooter)) {
    return malformed("firmware.footer", "no table of GUIDs at the end of the image");
  }
  const std::size_t table = wire::load_le(image.subspan(end - kEntryHeader, 2));
  if (table < kEntryHeader || table > end) {
    return malformed("firmware.footer", "the table is longer than the image");
  }
  // Entries end with their GUID, so they are read backwards.
  ByteView left = image.subspan(end - table, table - kEntryHeader);
  while (!left.empty()) {
    const std::size_t size =
        left.size() < kEntryHeader ? 0 : wire::load_le(left.last(kEntryHeader).first(2));
    if (size < kEntryHeader || size > left.size()) {
      return malformed("firmware.footer", "an entry does not fit in the table");
    }
    const ByteView entry = left.last(size);
    ATOMA_TRY_VOID(read_entry(entry.last(16), entry.first(size - kEntryHeader), out));
    left = left.first(left.size() - size);
  }
  return out;
}

}  // namespace atoma::launch
