// Replay, what of an event is measured, and the boot state: the traps of event logs by name.
#include "atoma/evidence/eventlog/replay.h"

#include <gtest/gtest.h>

#include "atoma/evidence/eventlog/boot_state.h"
#include "atoma/evidence/eventlog/typed.h"
#include "atoma/wire/text.h"
#include "eventlog/test_log.h"

namespace atoma::evidence::eventlog {
namespace {

constexpr auto k384 = HashAlgorithm::kSha384;
constexpr auto k256 = HashAlgorithm::kSha256;

EventLog parsed(const TestLog& made, Registers registers) {
  auto log = parse_tcg_log(made.bytes, registers);
  EXPECT_TRUE(log) << log.error().message;
  return std::move(*log);
}

std::string replayed(const TestLog& made, Registers registers, std::size_t index,
                     HashAlgorithm algorithm) {
  const EventLog log = parsed(made, registers);
  const auto out = replay({&log, 1}, algorithm);
  return out ? wire::hex_encode((*out)[index].value) : std::string(out.error().reason);
}

std::string extended(Bytes start, ByteView data, HashAlgorithm algorithm) {
  return wire::hex_encode(hash_of(algorithm, {start, hash_of(algorithm, {data})}));
}

TEST(Replay, ExtendsInOrder) {
  TestLog made = TestLog::ccel();
  made.add(2, kEvIpl, "a").add(2, kEvIpl, "b").add(3, kEvIpl, "c");
  const Bytes first = *wire::hex_decode(extended(Bytes(48), as_bytes("a"), k384));
  EXPECT_EQ(replayed(made, Registers::kRtmr, 1, k384), extended(first, as_bytes("b"), k384));
  EXPECT_EQ(replayed(made, Registers::kRtmr, 2, k384), extended(Bytes(48), as_bytes("c"), k384));
  EXPECT_EQ(replayed(made, Registers::kRtmr, 3, k384), wire::hex_encode(Bytes(48)));
}

TEST(Replay, NoActionIsNotExtendedButStartupLocalityCounts) {
  TestLog made = TestLog::pcrs();
  made.add(0, kEvNoAction, "anything");
  EXPECT_EQ(replayed(made, Registers::kPcr, 0, k256), wire::hex_encode(Bytes(32)));
  made.add(0, kEvNoAction, std::string_view("StartupLocality\0\3", 17)).separator(0);
  Bytes start(32);
  start.back() = 3;
  EXPECT_EQ(replayed(made, Registers::kPcr, 0, k256), extended(start, Bytes(4), k256));
}

TEST(Replay, DynamicPcrsStartWithOnes) {
  const TestLog made = TestLog::pcrs();
  EXPECT_EQ(replayed(made, Registers::kPcr, 16, k256), wire::hex_encode(Bytes(32)));
  EXPECT_EQ(replayed(made, Registers::kPcr, 17, k256), wire::hex_encode(Bytes(32, 0xFF)));
  EXPECT_EQ(replayed(made, Registers::kPcr, 22, k256), wire::hex_encode(Bytes(32, 0xFF)));
  EXPECT_EQ(replayed(made, Registers::kPcr, 23, k256), wire::hex_encode(Bytes(32)));
}

TEST(Replay, RefusesWhatProvesNothing) {
  TestLog made = TestLog::pcrs();
  made.separator(1);
  EXPECT_EQ(replayed(made, Registers::kPcr, 1, HashAlgorithm::kSha1), "eventlog.replay.algorithm");
  EXPECT_EQ(replayed(made, Registers::kPcr, 1, HashAlgorithm::kSha512),
            "eventlog.replay.algorithm");
  EXPECT_EQ(replayed(made, Registers::kRtmr, 1, k256), "eventlog.replay.algorithm");
  EXPECT_EQ(replay({}, k384).error().reason, "eventlog.replay.registers");
  const EventLog mixed[] = {parsed(made, Registers::kPcr), parsed(made, Registers::kRtmr)};
  EXPECT_EQ(replay(mixed, k384).error().reason, "eventlog.replay.registers");
}

struct MeasuredRow {
  std::uint32_t type;
  Bytes data, hashed;
  std::string measured;  // "-": nothing
};

Bytes text(std::string_view t) { return to_bytes(t); }

TEST(MeasuredPart, OnlyWhatWasHashed) {
  using namespace std::string_view_literals;
  Bytes value = text("value");
  Bytes tagged{1, 2, 3, 4, 5, 0, 0, 0};
  append(tagged, "value");
  const MeasuredRow rows[] = {
      {kEvEfiAction, text("action"), text("action"), "action"},
      {kEvEfiAction, text("action"), text("other"), "-"},
      {kEvIpl, text("grub_cmd: set a=b\0"sv), text("set a=b"), "set a=b"},
      {kEvIpl, text("grub_cmd: set a=b\0"sv), text("evil"), "-"},
      {kEvIpl, text("/path/of/a/file\0"sv), text("contents"), "-"},
      {kEvEfiVariableBoot, global_variable("Boot0000", value), value, "value"},
      {kEvEventTag, tagged, value, "value"}};
  for (const auto& row : rows) {
    const EventLog log =
        parsed(TestLog::ccel().add(2, row.type, row.data, row.hashed), Registers::kRtmr);
    const auto part = measured_part(log.events()[1], k384);
    EXPECT_EQ(part ? as_text(*part) : "-", row.measured);
    EXPECT_EQ(describe(log, log.events()[1], k384).measured, part.has_value());
    EXPECT_FALSE(measured_part(log.events()[1], k256));
  }
}

TEST(MeasuredPart, CountsZerosThatWereCut) {
  Bytes data = text("root=/dev/vda1");
  data.resize(100);
  TestLog made = TestLog::ccel().add(3, kEvPlatformConfigFlags, data);
  made.bytes.resize(made.bytes.size() - 50);
  const EventLog log = parsed(made, Registers::kRtmr);
  const auto part = measured_part(log.events()[1], k384);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->size(), 50u);
}

TEST(Describe, SaysWhatAPersonReads) {
  using namespace std::string_view_literals;
  TestLog made = TestLog::ccel();
  made.add(1, kEvEfiVariableDriverConfig, global_variable("SecureBoot", Bytes{1}));
  made.add(3, kEvIpl, as_bytes("kernel_cmdline: /vmlinuz quiet\0"sv), as_bytes("/vmlinuz quiet"sv));
  made.add(2, 0x12345678, text("x\n\x80y"));
  const EventLog log = parsed(made, Registers::kRtmr);
  const auto variable = describe(log, log.events()[1], k384);
  EXPECT_EQ(variable.type, "EV_EFI_VARIABLE_DRIVER_CONFIG");
  EXPECT_EQ(variable.text, "SecureBoot = 1");
  EXPECT_EQ(variable.register_name, "rtmr0");
  EXPECT_EQ(describe(log, log.events()[2], k384).text, "/vmlinuz quiet");
  EXPECT_EQ(describe(log, log.events()[3], k384).type, "0x12345678");
  EXPECT_EQ(describe(log, log.events()[3], k384).text, "x..y");
  EXPECT_EQ(printable(text("k\0e\0r\0\0\0"sv)), "ker");
  EXPECT_EQ(printable(Bytes(1000, 'a')).size(), kEventTextMax);
  const auto cel = parse_cel_log(cel_record(0, 108, 4, "gcr.io/image"));
  const auto described = describe(*cel, cel->events()[0], k384);
  EXPECT_EQ(described.type, "cel/image_reference");
  EXPECT_EQ(described.text, "gcr.io/image");
}

std::string state_error(const TestLog& made, Registers registers = Registers::kRtmr) {
  const EventLog log = parsed(made, registers);
  const auto state = extract_boot_state({&log, 1}, k384);
  return state ? "" : std::string(state.error().reason);
}

Bytes secure_boot(std::uint8_t value) { return global_variable("SecureBoot", Bytes{value}); }

TEST(BootState, DuplicateSeparatorFails) {
  EXPECT_EQ(state_error(TestLog::ccel().separator(1).separator(2)), "");
  EXPECT_EQ(state_error(TestLog::ccel().separator(1).separator(1)), "eventlog.separator.duplicate");
  EXPECT_EQ(state_error(TestLog::pcrs().separator(4).separator(4), Registers::kPcr),
            "eventlog.separator.duplicate");
  // PCRs from 8 on are not the firmware's.
  EXPECT_EQ(state_error(TestLog::pcrs().separator(8).separator(8), Registers::kPcr), "");
}

TEST(BootState, TypeIsNotMeasured) {
  // A separator's digest hidden under another type, and another event's digest under a separator's.
  EXPECT_EQ(state_error(TestLog::ccel().add(1, kEvIpl, text("x"), Bytes(4))),
            "eventlog.separator.type");
  EXPECT_EQ(state_error(TestLog::ccel().add(1, kEvSeparator, Bytes(4), text("x"))),
            "eventlog.separator.data");
  EXPECT_EQ(state_error(TestLog::ccel().add(1, kEvSeparator, text("abcd"))),
            "eventlog.separator.data");
  EXPECT_EQ(state_error(TestLog::ccel().add(1, kEvSeparator, Bytes{}, Bytes(4))),
            "eventlog.separator.data");
}

TEST(BootState, VariablesAndActionsMustBeWhatWasHashed) {
  EXPECT_EQ(state_error(
                TestLog::ccel().add(1, kEvEfiVariableDriverConfig, secure_boot(1), secure_boot(0))),
            "eventlog.variable.data");
  EXPECT_EQ(state_error(TestLog::ccel().add(1, kEvEfiVariableAuthority, text("no variable"))),
            "eventlog.variable.data");
  EXPECT_EQ(state_error(TestLog::ccel().add(2, kEvEfiAction, text("a"), text("b"))),
            "eventlog.action.data");
}

TEST(BootState, SecureBootOnceAndBeforeTheSeparator) {
  TestLog twice = TestLog::ccel();
  twice.add(1, kEvEfiVariableDriverConfig, secure_boot(1));
  EXPECT_EQ(state_error(twice), "");
  twice.add(1, kEvEfiVariableDriverConfig, secure_boot(0));
  EXPECT_EQ(state_error(twice), "eventlog.secure_boot.duplicate");
  TestLog late = TestLog::ccel();
  late.separator(1).add(1, kEvEfiVariableDriverConfig, secure_boot(1));
  EXPECT_EQ(state_error(late), "eventlog.secure_boot.late");
}

TEST(BootState, TellsWhatWasMeasured) {
  using namespace std::string_view_literals;
  TestLog made = TestLog::ccel();
  made.add(1, kEvEfiVariableDriverConfig, secure_boot(1)).separator(1);
  made.add(3, kEvIpl, as_bytes("kernel_cmdline: /vmlinuz a\0"sv), as_bytes("/vmlinuz a"sv));
  made.add(3, kEvIpl, as_bytes("kernel_cmdline: claimed\0"sv), as_bytes("measured otherwise"sv));
  made.add(2, kEvEfiAction, "Exit Boot Services Returned with Success");
  const EventLog log = parsed(made, Registers::kRtmr);
  const auto state = extract_boot_state({&log, 1}, k384);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->secure_boot, SecureBoot::kOn);
  EXPECT_TRUE(state->exit_boot_services);
  EXPECT_EQ(state->command_lines, std::vector<std::string>{"/vmlinuz a"});
}

TEST(BootState, LabelIsNotMeasured) {
  using namespace std::string_view_literals;
  // A command that loaded a kernel counts as its command line, whatever the log calls it.
  TestLog made = TestLog::ccel();
  made.add(3, kEvIpl, as_bytes("grub_cmd: linux /evil\0"sv), as_bytes("linux /evil"sv));
  made.add(3, kEvAction, as_bytes("innocent: linux /worse"sv), as_bytes("linux /worse"sv));
  const EventLog log = parsed(made, Registers::kRtmr);
  const auto state = extract_boot_state({&log, 1}, k384);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->command_lines, (std::vector<std::string>{"/evil", "/worse"}));
}

TEST(BootState, LoadOptionsAreComparedByHash) {
  const ByteArray<4> wide{'a', 0, 'b', 0};
  const ByteArray<6> closed{'a', 0, 'b', 0, 0, 0};
  EXPECT_TRUE(is_load_options("ab", hash_of(k384, {wide}), k384));
  EXPECT_TRUE(is_load_options("ab", hash_of(k384, {closed}), k384));
  EXPECT_FALSE(is_load_options("ac", hash_of(k384, {closed}), k384));
  Bytes tag{0xED, 0x22, 0x3B, 0x8F, 26, 0, 0, 0};
  append(tag, "LOADED_IMAGE::LoadOptions");
  const EventLog log = parsed(TestLog::ccel().add(3, kEvEventTag, tag, closed), Registers::kRtmr);
  const auto state = extract_boot_state({&log, 1}, k384);
  ASSERT_TRUE(state);
  ASSERT_EQ(state->load_option_digests.size(), 1u);
  EXPECT_TRUE(is_load_options("ab", state->load_option_digests[0], k384));
}

}  // namespace
}  // namespace atoma::evidence::eventlog
