#include "atoma/anchor/rpc.h"

#include <gtest/gtest.h>

#include <format>

#include "test_support.h"

namespace atoma::anchor {
namespace {

const std::string kHash = "0x" + std::string(64, 'a');
const std::string kReceipt =
    std::format(R"({{"status":"0x1","transactionHash":"{}","blockHash":"{}","blockNumber":"0x10",)"
                R"("gasUsed":"0x5208","contractAddress":null,"logs":[]}})",
                kHash, kHash);

std::string answer(std::string_view result) {
  return std::format(R"({{"jsonrpc":"2.0","id":1,"result":{}}})", result);
}

std::string refusal(std::string_view error) {
  return std::format(R"({{"jsonrpc":"2.0","id":1,"error":{}}})", error);
}

template <typename T>
std::string_view reason(const Result<T>& result) {
  return result ? "none" : result.error().reason;
}

TEST(Rpc, Asks) {
  EXPECT_EQ(rpc_request("eth_chainId", "[]"),
            R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]})");
}

TEST(Rpc, ReadsAnswers) {
  EXPECT_EQ(parse_quantity(&parse_answer(answer("\"0x7a69\""))->result()).value(), 31337);
  EXPECT_EQ(parse_data(&parse_answer(answer("\"0x\""))->result()).value(), Bytes());
}

TEST(Rpc, RefusesWhatIsNoAnswer) {
  for (const std::string bad :
       {"", "[]", "{}", R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","id":2,"result":1})",
        R"({"jsonrpc":"1.0","id":1,"result":1})", R"({"id":1,"result":1})",
        R"({"jsonrpc":"2.0","result":1})", R"({"jsonrpc":"2.0","id":1,"result":1,"result":1})",
        R"({"jsonrpc":"2.0","id":1,"result":1,"error":1})"}) {
    EXPECT_EQ(reason(parse_answer(bad)), "rpc.answer") << bad;
  }
  EXPECT_EQ(reason(parse_answer(answer("1") + std::string(kRpcAnswerMax, ' '))), "rpc.answer");
}

TEST(Rpc, TellsTheContractsRefusalsFromTheNodes) {
  const auto signature = crypto::keccak256(as_bytes("LogFrozen(bytes32)"));
  const auto selector = ByteView(signature).first(4);
  const auto frozen = parse_answer(
      refusal(std::format(R"({{"code":3,"message":"x","data":"{}"}})", to_hex(selector))));
  EXPECT_EQ(reason(frozen), "rpc.reverted");
  EXPECT_NE(frozen.error().message.find("LogFrozen"), std::string::npos);
  const auto other = parse_answer(refusal(R"({"code":-32000,"message":"no\u001b[2J funds"})"));
  EXPECT_EQ(reason(other), "rpc.refused");
  EXPECT_NE(other.error().message.find("no?[2J funds"), std::string::npos);
  EXPECT_EQ(reason(parse_answer(refusal("{}"))), "rpc.refused");
}

TEST(Rpc, NumbersAndBytesHaveOneForm) {
  for (const char* bad :
       {"0x", "0x00", "0x01", "1", "0x-1", "0x10000000000000000", "0xg", "-0x1", "0x1 ", ""}) {
    const auto text = answer(std::format("\"{}\"", bad));
    EXPECT_EQ(reason(parse_quantity(&parse_answer(text)->result())), "rpc.answer") << bad;
  }
  for (const char* bad : {"0x0", "00", "0xzz", ""}) {
    const auto text = answer(std::format("\"{}\"", bad));
    EXPECT_EQ(reason(parse_data(&parse_answer(text)->result())), "rpc.answer") << bad;
  }
  EXPECT_EQ(reason(parse_quantity(nullptr)), "rpc.answer");
  EXPECT_EQ(parse_quantity(&parse_answer(answer("\"0xffffffffffffffff\""))->result()).value(),
            UINT64_MAX);
}

TEST(Rpc, ReadsReceipts) {
  const auto receipt = parse_receipt(parse_answer(answer(kReceipt))->result()).value();
  EXPECT_TRUE(receipt->success);
  EXPECT_EQ(receipt->block_number, 16);
  EXPECT_EQ(receipt->gas_used, 21'000);
  EXPECT_EQ(to_hex(receipt->block_hash), kHash);
  EXPECT_EQ(receipt->created, std::nullopt);
  EXPECT_EQ(parse_receipt(parse_answer(answer("null"))->result()).value(), std::nullopt);
}

TEST(Rpc, RefusesReceiptsInPieces) {
  for (const char* name : {"status", "transactionHash", "blockHash", "blockNumber", "gasUsed"}) {
    auto text = kReceipt;
    text[text.find(name)] = 'x';
    EXPECT_EQ(reason(parse_receipt(parse_answer(answer(text))->result())), "rpc.answer") << name;
  }
  auto text = kReceipt;
  text.replace(text.find("null"), 4, "\"0x12\"");
  EXPECT_EQ(reason(parse_receipt(parse_answer(answer(text))->result())), "rpc.answer");
  text = kReceipt;
  text.erase(text.find(kHash), 2);
  EXPECT_EQ(reason(parse_receipt(parse_answer(answer(text))->result())), "rpc.answer");
}

TEST(Rpc, ReadsEvents) {
  const auto read = [](std::string_view result) {
    return parse_events(parse_answer(answer(result))->result());
  };
  EXPECT_EQ(read("[]").value(), std::vector<Bytes>());
  EXPECT_EQ(read(R"([{"data":"0x01","topics":[]},{"data":"0x"}])").value(),
            (std::vector<Bytes>{{1}, {}}));
  for (const auto bad : {"null", "{}", R"([{"data":"01"}])", R"([{}])", R"(["0x01"])"}) {
    EXPECT_EQ(reason(read(bad)), "rpc.answer") << bad;
  }
}

}  // namespace
}  // namespace atoma::anchor
