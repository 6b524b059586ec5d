#include "atoma/anchor/signed_head.h"

#include <gtest/gtest.h>

#include "test_support.h"

namespace atoma::anchor {
namespace {

const Place kPlace{31337, parse_address("0x5fbdb2315678afecb367f032d93f642f64180aa3").value(),
                   log_id(parse_rules(kRulesText).value())};
const Head kHead{42, filled<32>(0xab)};
constexpr std::string_view kNote =
    "example.org/log\n42\nq6s=\n\n\xE2\x80\x94 example.org/log AAAA\n";

// By one signer alone.
SignedHead by(std::uint64_t number, const Head& head = kHead, const Place& place = kPlace) {
  return {place, head, {sign_head(place, head, key_of(number))}, std::string(kNote)};
}

Office office(std::size_t threshold = 2) {
  return {parse_rules(kRulesText).value().anchorers, threshold};
}

std::string_view reason(const Status& status) { return status.error().reason; }

TEST(SignedHead, IsAFileThatReadsBack) {
  const auto both = join(std::vector{by(1), by(2)}).value();
  const auto text = encode_signed_head(both);
  const auto again = parse_signed_head(text).value();
  EXPECT_EQ(again.place.chain_id, kPlace.chain_id);
  EXPECT_EQ(again.place.contract, kPlace.contract);
  EXPECT_EQ(again.place.log, kPlace.log);
  EXPECT_EQ(again.head.size, 42);
  EXPECT_EQ(again.head.root, kHead.root);
  EXPECT_EQ(again.signatures, both.signatures);
  EXPECT_EQ(again.checkpoint, kNote);
  EXPECT_EQ(encode_signed_head(again), text);
  EXPECT_TRUE(verify_signatures(again, kPlace));
}

TEST(SignedHead, OfAllAnchorersWithTheLongestNoteFits) {
  SignedHead all = by(1);
  all.signatures.clear();
  for (std::uint64_t n = 1; n <= kAnchorersMax; ++n) {
    all.signatures.push_back(sign_head(kPlace, kHead, key_of(n)));
  }
  std::ranges::sort(all.signatures, {}, &HeadSignature::signer);
  all.checkpoint = std::string(limits::kNoteMax, '\n');
  EXPECT_EQ(parse_signed_head(encode_signed_head(all)).value().signatures.size(), kAnchorersMax);
  all.checkpoint += "\n";
  EXPECT_EQ(parse_signed_head(encode_signed_head(all)).error().reason, "anchor.signature_file");
}

TEST(SignedHead, RefusesOtherForms) {
  const auto text = encode_signed_head(by(1));
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string out = text;
    const auto at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
  };
  const std::string long_one(kSignedHeadMax + 1, ' ');
  const auto refused = [](std::string_view bad) { return parse_signed_head(bad).error().reason; };
  for (const auto& bad :
       {std::string("[]"), std::string("{}"), long_one, replaced("signatures/1", "signatures/2"),
        replaced("\"size\": 42", "\"size\": -42"), replaced("\"size\": 42", "\"size\": \"42\""),
        replaced("\"size\"", "\"sizes\""), replaced("\"chain_id\": 31337", "\"chain_id\": 3.5"),
        replaced("\"log\": \"0x", "\"log\": \"00"), replaced("q6urq6", "q6urq"),
        replaced("\"root\": \"", "\"root\": \"AAAA"),
        replaced("\"signature\": \"0x", "\"signature\": \"0x00"),
        replaced("\"signer\"", "\"who\": 1, \"signer\""),
        replaced("\"checkpoint\": \"example", "\"checkpoint\": \"\", \"more\": \"example"),
        replaced("AAAA\\n", "AAAA\\t"),
        replaced("\"signatures\": [", "\"signatures\": [], \"more\": [")}) {
    EXPECT_EQ(refused(bad), "anchor.signature_file") << bad;
  }
  auto bare = by(1);
  bare.checkpoint.clear();
  EXPECT_EQ(refused(encode_signed_head(bare)), "anchor.signature_file");
  EXPECT_EQ(refused(replaced("\"size\"", "\"more\": 1, \"size\"")), "anchor.signature_file");
  EXPECT_EQ(refused("{"), "json.syntax");
  EXPECT_EQ(refused(replaced("\"signer\": \"0x", "\"signer\": \"0x00")), "anchor.address");
  EXPECT_EQ(refused(replaced("\"contract\": \"0x", "\"contract\": \"")), "anchor.address");
}

TEST(SignedHead, OfManySignersIsInOneOrder) {
  auto both = join(std::vector{by(1), by(2)}).value();
  std::ranges::reverse(both.signatures);
  EXPECT_EQ(parse_signed_head(encode_signed_head(both)).error().reason, "anchor.signature_file");
  both.signatures[1] = both.signatures[0];
  EXPECT_EQ(parse_signed_head(encode_signed_head(both)).error().reason, "anchor.signature_file");
  auto many = by(1);
  many.signatures.resize(kAnchorersMax + 1);
  for (std::size_t i = 0; i < many.signatures.size(); ++i) {
    many.signatures[i].signer[0] = static_cast<std::uint8_t>(i);
  }
  EXPECT_EQ(parse_signed_head(encode_signed_head(many)).error().reason, "anchor.signature_file");
}

TEST(SignedHead, CountsAtItsPlaceAlone) {
  auto other = kPlace;
  ++other.chain_id;
  EXPECT_EQ(reason(verify_signatures(by(1), other)), "anchor.place");
  other = kPlace;
  other.contract[0] ^= 1;
  EXPECT_EQ(reason(verify_signatures(by(1), other)), "anchor.place");
  other = kPlace;
  other.log[0] ^= 1;
  EXPECT_EQ(reason(verify_signatures(by(1), other)), "anchor.place");
  // Said to be for here, signed for there.
  auto moved = by(1, kHead, other);
  moved.place = kPlace;
  EXPECT_EQ(reason(verify_signatures(moved, kPlace)), "anchor.signature");
}

TEST(SignedHead, EveryByteOfASignatureCounts) {
  const auto good = by(1);
  for (std::size_t i = 0; i < 65; ++i) {
    auto bad = good;
    bad.signatures[0].bytes[i] ^= 1;
    EXPECT_EQ(reason(verify_signatures(bad, kPlace)), "anchor.signature") << i;
  }
  for (const int v : {0, 1, 26, 29, 255}) {
    auto other = good;
    other.signatures[0].bytes[64] = static_cast<std::uint8_t>(v);
    EXPECT_EQ(reason(verify_signatures(other, kPlace)), "anchor.signature") << v;
  }
  auto bad = good;
  bad.signatures[0].signer[0] ^= 1;
  EXPECT_EQ(reason(verify_signatures(bad, kPlace)), "anchor.signature");
  bad = good;
  ++bad.head.size;
  EXPECT_EQ(reason(verify_signatures(bad, kPlace)), "anchor.signature");
  bad = good;
  bad.head.root[31] ^= 1;
  EXPECT_EQ(reason(verify_signatures(bad, kPlace)), "anchor.signature");
}

// The order minus s, with the other parity, is the same signer's too, and the contract takes it
// not: what it would refuse must not cost gas.
TEST(SignedHead, ASignaturesTwinDoesNotCount) {
  constexpr std::string_view kOrder =
      "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  const auto order = wire::hex_decode(kOrder).value();
  auto twin = by(1);
  auto& bytes = twin.signatures[0].bytes;
  int borrow = 0;
  for (int i = 31; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    const int difference = order[at] - bytes[32 + at] - borrow;
    borrow = difference < 0 ? 1 : 0;
    bytes[32 + at] = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
  bytes[64] = static_cast<std::uint8_t>(55 - bytes[64]);
  crypto::RecoverableSignature recoverable;
  std::ranges::copy(ByteView(bytes).first(32), recoverable.r.begin());
  std::ranges::copy(ByteView(bytes).subspan(32, 32), recoverable.s.begin());
  recoverable.y_parity = static_cast<std::uint8_t>(bytes[64] - 27);
  EXPECT_EQ(crypto::recover_secp256k1(head_digest(kPlace, kHead), recoverable).value(),
            key_of(1).public_xy());
  EXPECT_EQ(reason(verify_signatures(twin, kPlace)), "anchor.signature");
}

TEST(SignedHead, PartsOfOneHeadAreJoined) {
  auto cosigned = by(3);
  cosigned.checkpoint += "\xE2\x80\x94 witness.example/w AAAA\n";
  const auto all = join(std::vector{by(2), by(1), cosigned, by(2)}).value();
  EXPECT_EQ(all.signatures.size(), 3);
  EXPECT_EQ(all.checkpoint, cosigned.checkpoint);
  std::vector<crypto::Secp256k1PrivateKey> keys;
  for (const std::uint64_t n : {1, 2, 3}) keys.push_back(key_of(n));
  EXPECT_EQ(quorum_of(all, office(3)).value(), sign_head(kPlace, kHead, keys));
  // No gas for more than must be.
  EXPECT_EQ(quorum_of(all, office(2)).value().size(), 2 * 65);
}

TEST(SignedHead, PartsOfTwoHeadsAreNot) {
  const auto refused = [](std::vector<SignedHead> parts) { return join(parts).error().reason; };
  EXPECT_EQ(refused({by(1), by(2, {43, kHead.root})}), "anchor.heads");
  EXPECT_EQ(refused({by(1), by(2, {42, filled<32>(0xac)})}), "anchor.heads");
  auto other = kPlace;
  other.log[5] ^= 1;
  EXPECT_EQ(refused({by(1), by(2, kHead, other)}), "anchor.heads");
  EXPECT_EQ(refused({}), "anchor.heads");
}

TEST(SignedHead, TooFewOrStrangersAreNoQuorum) {
  const auto refused = [](const SignedHead& head, const Office& in) {
    return quorum_of(head, in).error().reason;
  };
  EXPECT_EQ(refused(by(1), office()), "anchor.too_few");
  EXPECT_EQ(refused(join(std::vector{by(1), by(1)}).value(), office()), "anchor.too_few");
  EXPECT_EQ(refused(join(std::vector{by(1), by(4)}).value(), office()), "anchor.stranger");
}

}  // namespace
}  // namespace atoma::anchor
