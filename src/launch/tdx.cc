#include "atoma/launch/tdx.h"

#include <algorithm>
#include <vector>

#include "atoma/wire/reader.h"

namespace atoma::launch {
namespace {

using crypto::Digest384;
using wire::Reader;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kChunk = 256;
constexpr std::size_t kBlock = 128;

// The module hashes one stream; it is collected here, because a TDVF has few MiB of it.
class Stream {
 public:
  void operation(std::string_view name, std::uint64_t address) {
    Bytes block = to_bytes(name);
    block.resize(16);
    wire::append_le(block, address, 8);
    block.resize(kBlock);
    append(bytes_, block);
  }
  void contents(ByteView chunk) { append(bytes_, chunk); }
  Digest384 digest() const { return crypto::sha384(bytes_); }

 private:
  Bytes bytes_;
};

void extend_page(const TdvfSection& section, std::uint64_t offset, Stream& stream) {
  ByteArray<kPage> page{};
  if (offset < section.data.size()) {
    std::ranges::copy(section.data.subspan(offset, kPage), page.begin());
  }
  for (std::size_t at = 0; at < kPage; at += kChunk) {
    stream.operation("MR.EXTEND", section.address + offset + at);
    stream.contents(ByteView(page).subspan(at, kChunk));
  }
}

void add_section(const TdvfSection& section, PageOrder order, Stream& stream) {
  if (section.added_at_runtime) return;
  const auto each_page = [&](auto act) {
    for (std::uint64_t at = 0; at < section.memory_size; at += kPage) act(at);
  };
  const bool mixed = order == PageOrder::kPageByPage;
  each_page([&](std::uint64_t at) {
    stream.operation("MEM.PAGE.ADD", section.address + at);
    if (mixed && section.extended) extend_page(section, at, stream);
  });
  if (mixed || !section.extended) return;
  each_page([&](std::uint64_t at) { extend_page(section, at, stream); });
}

Digest384 extend_all(std::initializer_list<Digest384> digests) {
  Digest384 value{};
  for (const auto& digest : digests) value = crypto::sha384({value, digest});
  return value;
}

std::unexpected<Error> bad_pe(const char* what) { return malformed("launch.pe", what); }

// Where the parts of a PE image are that are hashed or left out.
struct PeLayout {
  std::size_t checksum = 0, certificate_entry = 0, headers_size = 0;
  std::uint32_t certificate_size = 0;
  std::vector<std::pair<std::size_t, std::size_t>> sections;  // offset, size
};

constexpr std::size_t kCoffSize = 20;
constexpr std::size_t kChecksumOffset = 64;
constexpr std::size_t kSectionHeader = 40;
constexpr std::uint16_t kPe32Plus = 0x20B;

Result<PeLayout> read_layout(ByteView image) {
  const auto at = [&](std::size_t offset) {
    return Reader(offset <= image.size() ? image.subspan(offset) : ByteView());
  };
  const std::size_t pe = at(0x3C).u32_le();
  Reader coff = at(pe);
  if (image.size() < 0x40 || coff.u32_le() != 0x00004550) return bad_pe("no PE signature");
  coff.u16_le();  // machine
  const std::size_t sections = coff.u16_le();
  coff.take(12);
  const std::size_t optional_size = coff.u16_le();
  const std::size_t optional = pe + 4 + kCoffSize;
  const std::size_t directories = optional + (at(optional).u16_le() == kPe32Plus ? 112 : 96);
  PeLayout out;
  out.checksum = optional + kChecksumOffset;
  out.certificate_entry = directories + 4 * 8;
  out.headers_size = at(optional + 60).u32_le();
  out.certificate_size = at(out.certificate_entry + 4).u32_le();
  if (!coff.ok() || out.headers_size > image.size() ||
      out.certificate_entry + 8 > out.headers_size) {
    return bad_pe("headers that do not fit");
  }
  Reader table = at(optional + optional_size);
  for (std::size_t i = 0; i < sections; ++i) {
    Reader header = table.child(kSectionHeader);
    header.take(16);
    const std::size_t size = header.u32_le();
    const std::size_t offset = header.u32_le();
    if (!header.ok() || offset > image.size() || size > image.size() - offset) {
      return bad_pe("a section outside of the image");
    }
    if (size > 0) out.sections.emplace_back(offset, size);
  }
  std::ranges::sort(out.sections);
  return out;
}

}  // namespace

Result<Digest384> measure_mrtd(const Firmware& firmware, PageOrder order) {
  if (firmware.tdvf_sections.empty()) {
    return malformed("launch.tdx.metadata", "the firmware has no TDX metadata");
  }
  Stream stream;
  for (const auto& section : firmware.tdvf_sections) add_section(section, order, stream);
  return stream.digest();
}

Result<Digest384> authenticode_sha384(ByteView image) {
  ATOMA_TRY(const PeLayout layout, read_layout(image));
  Bytes hashed = to_bytes(image.first(layout.checksum));
  const auto add = [&](std::size_t from, std::size_t to) {
    append(hashed, image.subspan(from, to - from));
  };
  add(layout.checksum + 4, layout.certificate_entry);
  add(layout.certificate_entry + 8, layout.headers_size);
  std::size_t covered = layout.headers_size;
  for (const auto& [offset, size] : layout.sections) {
    add(offset, offset + size);
    covered += size;
  }
  // What follows the sections, but for the certificates at the very end.
  if (image.size() > covered + layout.certificate_size) {
    add(covered, image.size() - layout.certificate_size);
  }
  hashed.resize(hashed.size() + (8 - image.size() % 8) % 8);
  return crypto::sha384(hashed);
}

Digest384 rtmr1_of_direct_boot(const Digest384& kernel) {
  const auto text = [](std::string_view t) { return crypto::sha384(as_bytes(t)); };
  return extend_all({kernel, text("Calling EFI Application from Boot Option"),
                     crypto::sha384(ByteArray<4>{}), text("Exit Boot Services Invocation"),
                     text("Exit Boot Services Returned with Success")});
}

Digest384 rtmr2_of_direct_boot(std::string_view command_line, ByteView initrd) {
  Bytes wide;
  for (const char c : command_line) {
    wide.push_back(static_cast<std::uint8_t>(c));
    wide.push_back(0);
  }
  wide.resize(wide.size() + 2);
  return extend_all({crypto::sha384(wide), crypto::sha384(initrd)});
}

}  // namespace atoma::launch
