#include "atoma/anchor/contract.h"

#include <gtest/gtest.h>

#include "test_support.h"

namespace atoma::anchor {
namespace {

const Place kPlace{31337, parse_address("0x5fbdb2315678afecb367f032d93f642f64180aa3").value(),
                   log_id(parse_rules(kRulesText).value())};
const Head kHead{42, filled<32>(0xab)};

std::vector<crypto::Secp256k1PrivateKey> keys(std::initializer_list<std::uint64_t> numbers) {
  std::vector<crypto::Secp256k1PrivateKey> out;
  for (const auto number : numbers) out.push_back(key_of(number));
  return out;
}

std::string digest(ByteView bytes) { return to_hex(crypto::keccak256(bytes)); }

TEST(Contract, HeadsAreSignedAsTheContractReadsThem) {
  EXPECT_EQ(to_hex(head_digest(kPlace, kHead)),
            "0xd65e067e565d889894485518178f4d34beba634749600268929113b7ffd67c6d");
  const std::string signatures =
      "0x390707ca53beb457f8aad4e33af6a72331a877ea25d0dfb1babf456ec1c428b2"
      "38980ea02a01152a6729124dcb19eca19ed723bac1914187b2d6335941eee6631c"
      "0d4012a64e01b2714f5d7ae0763e799385fdddcb2ed7e856605770a391120e1d"
      "46b6ff458540e0e12593c3ceab591040357492c256ac57a14f2c81a83dde79ab1b";
  EXPECT_EQ(to_hex(sign_head(kPlace, kHead, keys({2, 3}))), signatures);
  EXPECT_EQ(to_hex(sign_head(kPlace, kHead, keys({3, 2}))), signatures);
}

TEST(Contract, WhatIsSignedDependsOnAllOfIt) {
  auto place = kPlace;
  ++place.chain_id;
  EXPECT_NE(head_digest(place, kHead), head_digest(kPlace, kHead));
  place = kPlace;
  place.contract[0] ^= 1;
  EXPECT_NE(head_digest(place, kHead), head_digest(kPlace, kHead));
  place = kPlace;
  place.log[0] ^= 1;
  EXPECT_NE(head_digest(place, kHead), head_digest(kPlace, kHead));
  EXPECT_NE(head_digest(kPlace, {43, kHead.root}), head_digest(kPlace, kHead));
  EXPECT_NE(head_digest(kPlace, {42, filled<32>(0xac)}), head_digest(kPlace, kHead));
}

TEST(Contract, CallsAreEncodedAsTheContractReadsThem) {
  const Bytes create = encode_create(parse_rules(kRulesText).value());
  EXPECT_EQ(create.size(), 356);
  EXPECT_EQ(digest(create), "0xa6c509801952eb31c088180f814f778445eaa09b82ec463a25e3733277de3046");
  const std::vector proof{filled<32>(1), filled<32>(2)};
  const auto signatures = sign_head(kPlace, kHead, keys({2, 3}));
  const Bytes anchor = encode_anchor(kPlace.log, kHead, proof, signatures);
  EXPECT_EQ(anchor.size(), 452);
  EXPECT_EQ(digest(anchor), "0xdd4ef09fdfe4d00782b30ed4164b84ee379d79eb3ac4d9edbde12067e6e6042d");
  EXPECT_EQ(to_hex(encode_head(kPlace.log)), "0xf339e3b2" + std::string(kLogId.substr(2)));
}

std::string said(ByteView call) { return std::to_string(call.size()) + " " + digest(call); }

TEST(Contract, ReportsAreEncodedAsTheContractReadsThem) {
  const Claim a{
      kHead, sign_head(kPlace, kHead, keys({2, 3})), filled<32>(3), {filled<32>(1), filled<32>(2)}};
  const Claim same_size{{42, filled<32>(0xac)}, {}, {}, {}};
  EXPECT_EQ(said(encode_report_fork(kPlace.log, a, same_size)),
            "420 0xe9941696abd3fe154166be67fc2b79d649ca4eba8602ac848e70c98087bcee82");
  const Claim b{{50, filled<32>(0xac)}, {}, filled<32>(4), {filled<32>(5)}};
  EXPECT_EQ(said(encode_report_rewrite(kPlace.log, 7, a, b)),
            "836 0xd1e836402c072a4060f0584e019e38e4b7830d0fcd7ed1410d2c25d9cb8949de");
  EXPECT_EQ(to_hex(forked_topic()),
            "0xd1bc429b756cb1731449ac28660e6fa7b55df3fe8bdb26897f34bc9f429abc59");
}

TEST(Contract, QuestionsAreEncodedAsTheContractReadsThem) {
  EXPECT_EQ(said(encode_quorum(kPlace.log)),
            "36 0x68d2e304d341d4758264c0428f1ce312e2f405a0e325e32a73a6f48c197956ed");
  EXPECT_EQ(said(encode_is_anchorer(kPlace.log, address_of(key_of(1)))),
            "68 0xe0512f1e27df2506ada3d31f4e91f5f0375467ae19fc65886c0fc5aa1c2743fe");
  EXPECT_EQ(said(encode_anchored_root(kPlace.log, 42)),
            "68 0xdbb06fd0bea78d830714da92997f68dccad83d8152e33c530a4596e169fa13d2");
}

Bytes words(std::initializer_list<Word> list) {
  Bytes out;
  for (const auto& word : list) append(out, word);
  return out;
}

TEST(Contract, ReadsAnswers) {
  const auto quorum =
      decode_quorum(words({word_of(3), word_of(2), word_of(3), word_of(0)})).value();
  EXPECT_EQ(std::pair(quorum.anchorers, quorum.threshold), std::pair(3, 2));
  EXPECT_TRUE(decode_flag(word_of(1)).value());
  EXPECT_FALSE(decode_flag(word_of(0)).value());
  EXPECT_EQ(decode_root(filled<32>(7)).value(), filled<32>(7));
  const auto forked =
      decode_forked(words({word_of(4), filled<32>(1), word_of(5), filled<32>(2)})).value();
  EXPECT_EQ(std::pair(forked.first.size, forked.second.size), std::pair(4u, 5u));
  EXPECT_EQ(std::pair(forked.first.root, forked.second.root),
            std::pair(filled<32>(1), filled<32>(2)));
}

TEST(Contract, RefusesAnswersThatNoContractGives) {
  const Word big = filled<32>(1);
  for (const auto& bad : {words({}), words({word_of(3), word_of(2), word_of(3)}),
                          words({word_of(3), word_of(0), word_of(3), word_of(0)}),
                          words({word_of(3), word_of(4), word_of(4), word_of(0)}),
                          words({word_of(33), word_of(17), word_of(17), word_of(0)}),
                          words({big, word_of(2), word_of(3), word_of(0)}),
                          words({word_of(3), big, word_of(3), word_of(0)})}) {
    EXPECT_EQ(decode_quorum(bad).error().reason, "anchor.answer");
  }
  for (const auto& bad :
       {words({}), words({word_of(2)}), words({big}), words({word_of(1), word_of(1)})}) {
    EXPECT_EQ(decode_flag(bad).error().reason, "anchor.answer");
  }
  EXPECT_EQ(decode_root(Bytes(31)).error().reason, "anchor.answer");
  for (const auto& bad : {words({word_of(4), big, word_of(5)}), words({big, big, word_of(5), big}),
                          words({word_of(4), big, big, big})}) {
    EXPECT_EQ(decode_forked(bad).error().reason, "anchor.answer");
  }
}

Bytes head_answer() {
  Bytes out;
  append(out, word_of(42));
  append(out, kHead.root);
  append(out, word_of(1'800'000'000));
  append(out, word_of(1));
  return out;
}

TEST(Contract, ReadsHeads) {
  const auto head = decode_head(head_answer()).value();
  EXPECT_EQ(head.head.size, 42);
  EXPECT_EQ(head.head.root, kHead.root);
  EXPECT_EQ(head.time, 1'800'000'000);
  EXPECT_TRUE(head.frozen);
}

TEST(Contract, RefusesOtherAnswers) {
  const auto refused = [](Bytes answer) { return decode_head(answer).error().reason; };
  for (const std::size_t size : {0, 32, 127, 129, 160}) {
    auto answer = head_answer();
    answer.resize(size);
    EXPECT_EQ(refused(answer), "anchor.answer");
  }
  for (const std::size_t high_byte : {0, 23, 64 + 23, 96, 96 + 30}) {
    auto answer = head_answer();
    answer[high_byte] = 1;
    EXPECT_EQ(refused(answer), "anchor.answer");
  }
  auto answer = head_answer();
  answer.back() = 2;
  EXPECT_EQ(refused(answer), "anchor.answer");
}

TEST(Contract, NamesItsErrors) {
  auto data = to_bytes(ByteView(crypto::keccak256(as_bytes("NotGrown(uint64,uint64)"))).first(4));
  EXPECT_EQ(revert_name(data), "NotGrown");
  append(data, word_of(7));
  EXPECT_EQ(revert_name(data), "NotGrown");
  data[0] ^= 1;
  EXPECT_EQ(revert_name(data), std::nullopt);
  EXPECT_EQ(revert_name(Bytes(3)), std::nullopt);
}

}  // namespace
}  // namespace atoma::anchor
