#include <format>

#include "atoma/wire/reader.h"
#include "eventlog/log_builder.h"

namespace atoma::evidence::eventlog {
namespace {

using wire::Reader;

constexpr std::string_view kSpecId03{"Spec ID Event03\0", 16};
constexpr std::string_view kStartupLocality{"StartupLocality\0", 16};
constexpr std::size_t kSha1Size = 20;
// Of a digest of an algorithm that only the Spec ID event names.
constexpr std::size_t kDigestSizeMax = 64;

struct Bank {
  HashAlgorithm algorithm;
  std::size_t size;
};

std::unexpected<Error> truncated(std::size_t at) {
  return malformed("eventlog.truncated", std::format("the event at byte {} is not whole", at));
}

std::unexpected<Error> bad_spec_id(const char* what) { return malformed("eventlog.spec_id", what); }

// PFP §10.4.5.1, TCG_EfiSpecIdEvent.
Result<std::vector<Bank>> parse_spec_id(ByteView data) {
  Reader in(data);
  in.take(kSpecId03.size());
  in.take(8);  // platform class, versions, size of UINTN
  const std::uint32_t count = in.u32_le();
  if (!in.ok() || count == 0 || count > limits::kLogDigestsMax) {
    return bad_spec_id("the number of algorithms is not 1 to 8");
  }
  std::vector<Bank> banks;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto algorithm = static_cast<HashAlgorithm>(in.u16_le());
    const std::size_t size = in.u16_le();
    const std::size_t known = digest_size(algorithm);
    if (size == 0 || size > kDigestSizeMax || (known != 0 && size != known) ||
        std::ranges::contains(banks, algorithm, &Bank::algorithm)) {
      return bad_spec_id("an algorithm stands twice, or has a size that it does not have");
    }
    banks.push_back({algorithm, size});
  }
  in.take(in.u8());  // vendor information
  if (!in.finish()) return bad_spec_id("the event is not as long as its contents");
  return banks;
}

bool all_ones(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0xFF; });
}

class Parser {
 public:
  Parser(ByteView bytes, Registers registers) : builder_(registers, Source::kTcg) {
    in_ = Reader(builder_.own_all(bytes));
  }

  Result<EventLog> run() {
    ATOMA_TRY(Event first, read_event(&Parser::read_sha1));
    const bool spec_id = !first.extended && as_text(first.data).starts_with(kSpecId03);
    auto read = &Parser::read_sha1;
    if (spec_id) {
      ATOMA_TRY(banks_, parse_spec_id(first.data));
      first.digests.clear();  // zeros in the place of a SHA-1
      read = &Parser::read_digests;
    }
    ATOMA_TRY_VOID(add(std::move(first)));
    while (!at_end()) {
      ATOMA_TRY(Event event, read_event(read));
      ATOMA_TRY_VOID(add(std::move(event)));
    }
    return std::move(builder_.log);
  }

 private:
  using ReadDigests = Status (Parser::*)(Event&);

  bool at_end() {
    Reader rest = in_;
    const ByteView left = rest.rest();
    return all_zero(left) || all_ones(left);
  }

  Status read_sha1(Event& event) {
    event.digests.push_back({HashAlgorithm::kSha1, in_.take(kSha1Size)});
    return {};
  }

  // PFP §10.2.2, TPML_DIGEST_VALUES.
  Status read_digests(Event& event) {
    const std::uint32_t count = in_.u32_le();
    if (!in_.ok()) return {};
    if (count == 0 || count > banks_.size()) {
      return malformed("eventlog.digests", std::format("{} digests in one event", count));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto algorithm = static_cast<HashAlgorithm>(in_.u16_le());
      const auto bank = std::ranges::find(banks_, algorithm, &Bank::algorithm);
      if (!in_.ok()) return {};
      if (bank == banks_.end() ||
          std::ranges::contains(event.digests, algorithm, &EventDigest::algorithm)) {
        return malformed("eventlog.digests", "a digest that the Spec ID event does not announce");
      }
      event.digests.push_back({algorithm, in_.take(bank->size)});
    }
    return {};
  }

  Result<Event> read_event(ReadDigests read) {
    const std::size_t at = in_.position();
    Event event;
    event.index = in_.u32_le();
    event.type = in_.u32_le();
    event.extended = event.type != kEvNoAction;
    ATOMA_TRY_VOID((this->*read)(event));
    const std::size_t size = in_.u32_le();
    if (!in_.ok()) return truncated(at);
    if (size > limits::kLogEventMax) return event_too_large(size);
    ATOMA_TRY_VOID(read_data(size, at, event));
    return event;
  }

  // Where the area's last zeros were cut off, the last event may be short of them.
  Status read_data(std::size_t size, std::size_t at, Event& event) {
    if (size > in_.remaining()) {
      event.cut_zeros = size - in_.remaining();
      size = in_.remaining();
    }
    event.data = in_.take(size);
    if (event.cut_zeros == 0) return {};
    if (event.data.empty() || event.data.back() != 0) return truncated(at);
    return {};
  }

  Status add(Event event) {
    if (!event.extended) ATOMA_TRY_VOID(read_no_action(event));
    if (builder_.log.registers() == Registers::kRtmr && event.extended) {
      if (event.index == 0) return malformed("eventlog.index", "an event extends MRTD");
      --event.index;
    }
    pcr0_extended_ |= event.extended && event.index == 0;
    return builder_.add(std::move(event));
  }

  // PFP §10.4.5.3: before anything is extended into PCR 0, and once.
  Status read_no_action(const Event& event) {
    if (!as_text(event.data).starts_with(kStartupLocality)) return {};
    const bool whole = event.data.size() == kStartupLocality.size() + 1 && event.cut_zeros == 0;
    const std::uint8_t locality = event.data.back();
    const bool known = locality == 0 || locality == 3 || locality == 4;
    if (builder_.log.registers() != Registers::kPcr || !whole || !known || pcr0_extended_ ||
        locality_seen_ || event.index != 0) {
      return malformed("eventlog.startup_locality", "misplaced, twice, or not 0, 3 or 4");
    }
    locality_seen_ = true;
    builder_.set_startup_locality(locality);
    return {};
  }

  LogBuilder builder_;
  Reader in_{{}};
  std::vector<Bank> banks_;
  bool pcr0_extended_ = false;
  bool locality_seen_ = false;
};

}  // namespace

ByteView Event::digest(HashAlgorithm algorithm) const {
  const auto found = std::ranges::find(digests, algorithm, &EventDigest::algorithm);
  return found == digests.end() ? ByteView() : found->value;
}

Result<EventLog> parse_tcg_log(ByteView bytes, Registers registers) {
  ATOMA_TRY_VOID(check_log_size(bytes));
  return Parser(bytes, registers).run();
}

}  // namespace atoma::evidence::eventlog
