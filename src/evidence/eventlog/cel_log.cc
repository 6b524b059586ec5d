#include <format>

#include "atoma/wire/reader.h"
#include "eventlog/log_builder.h"

namespace atoma::evidence::eventlog {
namespace {

using wire::Reader;

// TCG CEL §5.1 and go-tpm-tools: types of the fields of a record.
constexpr std::uint8_t kRecordNumber = 0;
constexpr std::uint8_t kPcr = 1;
constexpr std::uint8_t kDigests = 3;
constexpr std::uint8_t kCcRegister = 108;
constexpr std::size_t kNumberSize = 8;

struct Tlv {
  std::uint8_t type = 0;
  ByteView value;
  ByteView whole;
};

std::unexpected<Error> bad(const char* what) { return malformed("eventlog.cel", what); }

class Parser {
 public:
  Parser(ByteView bytes, Registers registers) : builder_(registers, Source::kCel) {
    all_ = builder_.own_all(bytes);
    in_ = Reader(all_);
  }

  Result<EventLog> run() {
    for (std::uint64_t number = 0; in_.remaining() > 0; ++number) {
      ATOMA_TRY_VOID(read_record(number));
    }
    return std::move(builder_.log);
  }

 private:
  Result<Tlv> read_tlv() {
    const std::size_t start = in_.position();
    Tlv out;
    out.type = in_.u8();
    const std::size_t size = in_.u32_be();
    if (in_.ok() && size > limits::kLogEventMax) return event_too_large(size);
    out.value = in_.take(size);
    if (!in_.ok()) return bad("the log ends within a record");
    out.whole = all_.subspan(start, in_.position() - start);
    return out;
  }

  Status read_record(std::uint64_t number) {
    ATOMA_TRY(const Tlv record, read_tlv());
    if (record.type != kRecordNumber || record.value.size() != kNumberSize ||
        wire::load_be(record.value) != number) {
      return bad("records are not numbered from 0 in order");
    }
    Event event;
    event.source = Source::kCel;
    ATOMA_TRY(const Tlv index, read_tlv());
    ATOMA_TRY_VOID(read_index(index, event));
    ATOMA_TRY(const Tlv digests, read_tlv());
    ATOMA_TRY(const Tlv content, read_tlv());
    event.type = content.type;
    event.data = content.whole;
    event.payload = content.value;
    ATOMA_TRY_VOID(read_digests(digests, event));
    return builder_.add(std::move(event));
  }

  // A register of a TD is numbered as in a CCEL, from 1.
  Status read_index(const Tlv& tlv, Event& event) {
    const bool rtmr = builder_.log.registers() == Registers::kRtmr;
    if (tlv.type != (rtmr ? kCcRegister : kPcr) || tlv.value.size() != 1) {
      return bad("expected the number of a register, of one kind throughout");
    }
    event.index = tlv.value[0];
    if (!rtmr) return {};
    if (event.index == 0) return malformed("eventlog.index", "a record extends MRTD");
    --event.index;
    return {};
  }

  Status read_digests(const Tlv& tlv, Event& event) {
    if (tlv.type != kDigests) return bad("expected digests");
    Reader in(tlv.value);
    while (in.remaining() > 0) {
      const auto algorithm = static_cast<HashAlgorithm>(in.u8());
      const ByteView value = in.take(in.u32_be());
      if (!in.ok() || value.size() != digest_size(algorithm) || value.empty() ||
          std::ranges::contains(event.digests, algorithm, &EventDigest::algorithm)) {
        return malformed("eventlog.digests", "a digest that is malformed, unknown or twice there");
      }
      if (!believed(algorithm)) continue;
      const ByteView computed = builder_.own(hash_of(algorithm, {event.data}));
      event.supplied_digest_differs |= !equal(computed, value);
      event.digests.push_back({algorithm, computed});
    }
    if (event.digests.empty()) return malformed("eventlog.digests", "no digest to go by");
    return {};
  }

  LogBuilder builder_;
  ByteView all_;
  Reader in_{{}};
};

// The second field of the first record says whose registers they are.
constexpr std::size_t kSecondField = 1 + 4 + kNumberSize;

bool has_cc_register(ByteView bytes) {
  return bytes.size() > kSecondField && bytes[kSecondField] == kCcRegister;
}

bool looks_like_cel(ByteView bytes) {
  constexpr ByteArray<5> kStart{kRecordNumber, 0, 0, 0, kNumberSize};
  constexpr ByteArray<4> kOne{0, 0, 0, 1};
  if (bytes.size() < kSecondField + 6) return false;
  const std::uint8_t second = bytes[kSecondField];
  return equal(bytes.first(5), kStart) && (second == kPcr || second == kCcRegister) &&
         equal(bytes.subspan(kSecondField + 1, 4), kOne);
}

// A Spec ID event that announces SHA-384 alone: TDs have no other registers, TPMs have more banks.
bool looks_like_ccel(ByteView bytes) {
  Reader in(bytes);
  in.take(32 + 24);
  const bool one = in.u32_le() == 1;
  const bool sha384 = static_cast<HashAlgorithm>(in.u16_le()) == HashAlgorithm::kSha384;
  return in.ok() && one && sha384;
}

}  // namespace

Result<EventLog> parse_cel_log(ByteView bytes) {
  ATOMA_TRY_VOID(check_log_size(bytes));
  return Parser(bytes, has_cc_register(bytes) ? Registers::kRtmr : Registers::kPcr).run();
}

Result<EventLog> parse_event_log(ByteView bytes) {
  const auto start = as_text(bytes).find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? '\0' : as_text(bytes)[start];
  if (first == '{' || first == '[') return parse_dstack_log(bytes);
  if (looks_like_cel(bytes)) return parse_cel_log(bytes);
  return parse_tcg_log(bytes, looks_like_ccel(bytes) ? Registers::kRtmr : Registers::kPcr);
}

}  // namespace atoma::evidence::eventlog
