#include "atoma/anchor/rules.h"

#include <gtest/gtest.h>

#include "test_support.h"

namespace atoma::anchor {
namespace {

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kRulesText);
  return text.replace(text.find(from), from.size(), to);
}

TEST(Rules, AreTheLogsName) {
  const auto rules = parse_rules(kRulesText).value();
  EXPECT_EQ(to_hex(log_id(rules)), kLogId);
  EXPECT_EQ(rules.anchorers.front(), address_of(key_of(2)));
  EXPECT_EQ(rules.anchorers.back(), address_of(key_of(1)));
  for (const auto& other :
       {replaced("example.org", "example.com"), replaced("cba69", "cba6a"),
        replaced("threshold: 2", "threshold: 3"),
        replaced("change_threshold: 3", "change_threshold: 2"), replaced("86400", "86401")}) {
    EXPECT_NE(to_hex(log_id(parse_rules(other).value())), kLogId);
  }
}

TEST(Rules, ComeAsJsonToo) {
  const auto rules = parse_rules(R"({"origin":"o","threshold":1,"change_threshold":1,"delay_s":3600,
    "anchorers":["0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"]})");
  EXPECT_EQ(rules->anchorers, std::vector{address_of(key_of(1))});
}

TEST(Rules, RefusesOtherForms) {
  const std::string_view twice = "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf";
  for (const auto& bad :
       {replaced("origin:", "name:"), replaced("example.org/log", "''"),
        replaced("delay_s", "delay"), replaced("86400", "-1"), replaced("86400", "4294967296"),
        replaced("86400", "'1'"), replaced("threshold: 2", "threshold: 33"),
        replaced("threshold: 2", "threshold: 2\nmore: 1"),
        replaced("0x6813eb9362372eef6200f3b1dbc3f819671cba69", twice), std::string("[]"),
        std::string(kRulesMax + 1, ' ')}) {
    EXPECT_EQ(parse_rules(bad).error().reason, "anchor.rules") << bad;
  }
  EXPECT_EQ(parse_rules("{").error().reason, "json.syntax");
}

TEST(Address, HasOneLength) {
  const std::string good = to_hex(filled<20>(0xab));
  EXPECT_EQ(parse_address(good).value(), filled<20>(0xab));
  for (const auto& bad :
       {good.substr(2), good + "0", good + "00", good.substr(0, 40), "0X" + good.substr(2),
        std::string("0x") + std::string(40, 'g'), std::string()}) {
    EXPECT_EQ(parse_address(bad).error().reason, "anchor.address");
  }
  EXPECT_EQ(parse_rules(replaced("0x2b", "2b")).error().reason, "anchor.address");
}

}  // namespace
}  // namespace atoma::anchor
