#include "atoma/appraisal/event_log_policy.h"

#include <charconv>

#include "policy_reader.h"

namespace atoma::appraisal {
namespace {

using evidence::eventlog::kPcrs;
using evidence::eventlog::kRtmrs;

bool is_register(std::string_view name) {
  const bool pcr = name.starts_with("pcr");
  if (!pcr && !name.starts_with("rtmr")) return false;
  name.remove_prefix(pcr ? 3 : 4);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool canonical = name == "0" || !name.starts_with("0");
  return error == std::errc() && end == name.data() + name.size() && canonical &&
         number < (pcr ? kPcrs : kRtmrs);
}

ExpectedEvent read_event(PolicyReader& in) {
  ExpectedEvent out;
  out.register_name = in.text("register");
  if (!is_register(out.register_name)) in.fail("register", "pcr0 to pcr23 or rtmr0 to rtmr3");
  if (in.has("digest")) {
    out.form = ExpectedEvent::Form::kDigest;
    out.digest = in.bytes("digest");
  } else if (in.has("text")) {
    out.form = ExpectedEvent::Form::kText;
    out.text = in.text("text");
  } else {
    out.form = ExpectedEvent::Form::kPayload;
    out.name = in.text("name");
    out.payload = in.bytes("payload");
  }
  return out;
}

}  // namespace

EventLogPolicy EventLogPolicy::strict() {
  const std::string why = "the strict default names no boot";
  return {.presence = Require::any(why),
          .boot_state = Require::any(why),
          .secure_boot = Require::any(why),
          .command_line = AnyOf<std::string>::any(why),
          .events_named = Require::any(why),
          .events = {}};
}

EventLogPolicy read_event_log_policy(PolicyReader& in) {
  EventLogPolicy out;
  out.presence = in.require("presence", "require");
  out.boot_state = in.require("boot_state", "require");
  out.secure_boot = in.require("secure_boot", "require");
  out.command_line = in.any_of_text("command_line");
  out.events_named =
      in.objects("events", [&](PolicyReader& event) { out.events.push_back(read_event(event)); });
  return out;
}

}  // namespace atoma::appraisal
