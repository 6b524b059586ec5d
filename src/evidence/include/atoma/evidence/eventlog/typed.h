// Events as people read them, and what of them is measured.
//
// Neither the type of an event nor a label in its data is hashed: whoever hands a log over may
// write others there. Only bytes whose hash is the digest are what the guest measured; everything
// else in an event is a claim.
#pragma once

#include <optional>
#include <string>

#include "atoma/evidence/eventlog/event_log.h"

namespace atoma::evidence::eventlog {

// "EV_SEPARATOR" …; "dstack", "cel/image_reference" …; "0x…" when unknown.
std::string event_type_name(const Event& event);
// "pcr7", "rtmr2".
std::string register_name(Registers registers, std::uint32_t index);

// The part of the event's data whose hash is its digest, whatever the event's type is: all of it, a
// text without its label or closing NUL, a variable's value, a tagged event's content.
std::optional<ByteView> measured_part(const Event& event, HashAlgorithm algorithm);
// The digest is that of four bytes of zeros or of 0xFF: what separators measure. (A third value, 1,
// says that firmware failed; boot variables have it too.)
bool has_separator_digest(const Event& event, HashAlgorithm algorithm);

// UEFI_VARIABLE_DATA (PFP §10.4.6).
struct Variable {
  ByteView vendor;  // GUID, 16, in memory order
  std::string name;
  ByteView value;
};
std::optional<Variable> parse_variable(ByteView data);

struct TypedEvent {
  std::string type;
  std::string register_name;
  // Printable, at most kTextMax bytes: a variable's name and value, an action, a command.
  std::string text;
  // What `text` shows was measured. False: the text is the guest's claim.
  bool measured = false;
  Bytes digest;
};
inline constexpr std::size_t kEventTextMax = 256;
TypedEvent describe(const EventLog& log, const Event& event, HashAlgorithm algorithm);

// Bytes of text or UTF-16 with everything unprintable as '.', cut at kEventTextMax.
std::string printable(ByteView bytes);

}  // namespace atoma::evidence::eventlog
