#include "atoma/anchor/contract.h"

#include <algorithm>
#include <utility>

namespace atoma::anchor {
namespace {

constexpr std::string_view kErrors[] = {
    "OriginLength(uint256)",
    "AnchorerCount(uint256)",
    "AnchorersNotAscending(address)",
    "Thresholds(uint256,uint8,uint8)",
    "Delay(uint32)",
    "LogExists(bytes32)",
    "UnknownLog(bytes32)",
    "LogFrozen(bytes32)",
    "NotGrown(uint64,uint64)",
    "SizeTooLarge(uint64)",
    "NotAnchored(uint64)",
    "SignaturesLength(uint256)",
    "TooFewSigners(uint256,uint256)",
    "SignatureHighS(uint256)",
    "SignatureRecovery(uint256)",
    "SignatureInvalid(uint256)",
    "NotAnchorer(address)",
    "SignersNotAscending(address)",
    "ProofLength()",
    "OldRootMismatch()",
    "NewRootMismatch()",
};

crypto::Digest256 keccak(std::string_view text) { return crypto::keccak256(as_bytes(text)); }

Bytes call(std::string_view signature, std::initializer_list<ByteView> words) {
  Bytes out = to_bytes(ByteView(keccak(signature)).first(4));
  for (const auto& word : words) append(out, word);
  return out;
}

// The ABI's form of a byte string: its length, itself, zeros up to a whole word.
void append_padded(Bytes& out, ByteView bytes) {
  append(out, word_of(bytes.size()));
  append(out, bytes);
  out.resize(out.size() + (32 - bytes.size() % 32) % 32);
}

constexpr std::size_t kHeadWords = 4;

// A number in a word that has room for more.
Result<std::uint64_t> number(ByteView word) {
  if (!all_zero(word.first(24))) return malformed("anchor.answer", "a number above 64 bits");
  std::uint64_t out = 0;
  for (const auto byte : word.last(8)) out = out << 8 | byte;
  return out;
}

}  // namespace

crypto::Digest256 head_digest(const Place& place, const Head& head) {
  static const Word kDomain =
      keccak("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
  static const Word kName = keccak("LogAnchor");
  static const Word kVersion = keccak("1");
  static const Word kHead = keccak("Head(bytes32 log,uint64 size,bytes32 root)");
  const Word domain = crypto::keccak256(
      {kDomain, kName, kVersion, word_of(place.chain_id), word_of(place.contract)});
  const Word message = crypto::keccak256({kHead, place.log, word_of(head.size), head.root});
  return crypto::keccak256({as_bytes("\x19\x01"), domain, message});
}

Bytes sign_head(const Place& place, const Head& head,
                std::span<const crypto::Secp256k1PrivateKey> keys) {
  std::vector<std::pair<Address, const crypto::Secp256k1PrivateKey*>> signers;
  for (const auto& key : keys) signers.emplace_back(address_of(key), &key);
  std::ranges::sort(signers);
  const auto digest = head_digest(place, head);
  Bytes out;
  for (const auto& [address, key] : signers) {
    const auto signature = key->sign_digest(digest);
    append(out, signature.r);
    append(out, signature.s);
    out.push_back(static_cast<std::uint8_t>(27 + signature.y_parity));
  }
  return out;
}

Bytes encode_create(const Rules& rules) {
  Bytes origin, list;
  append_padded(origin, as_bytes(rules.origin));
  append(list, word_of(rules.anchorers.size()));
  for (const auto& anchorer : rules.anchorers) append(list, word_of(anchorer));
  constexpr std::size_t kStatic = 5 * 32;
  return call("create(string,address[],uint8,uint8,uint32)",
              {word_of(kStatic), word_of(kStatic + origin.size()), word_of(rules.threshold),
               word_of(rules.change_threshold), word_of(rules.delay_s), origin, list});
}

Bytes encode_anchor(const Word& log, const Head& head, std::span<const Word> proof,
                    ByteView signatures) {
  Bytes list, bytes;
  append(list, word_of(proof.size()));
  for (const auto& hash : proof) append(list, hash);
  append_padded(bytes, signatures);
  constexpr std::size_t kStatic = 5 * 32;
  return call("anchor(bytes32,uint64,bytes32,bytes32[],bytes)",
              {log, word_of(head.size), head.root, word_of(kStatic), word_of(kStatic + list.size()),
               list, bytes});
}

Bytes encode_head(const Word& log) { return call("head(bytes32)", {log}); }

Result<AnchoredHead> decode_head(ByteView answer) {
  if (answer.size() != kHeadWords * 32) {
    return malformed("anchor.answer", std::to_string(answer.size()) +
                                          " bytes where head() answers 128: is there such a "
                                          "contract at this address?");
  }
  AnchoredHead out;
  ATOMA_TRY(out.head.size, number(answer.first(32)));
  std::ranges::copy(answer.subspan(32, 32), out.head.root.begin());
  ATOMA_TRY(out.time, number(answer.subspan(64, 32)));
  ATOMA_TRY(const auto frozen, number(answer.subspan(96)));
  if (frozen > 1) return malformed("anchor.answer", "expected yes or no");
  out.frozen = frozen == 1;
  return out;
}

std::optional<std::string> revert_name(ByteView data) {
  if (data.size() < 4) return std::nullopt;
  for (const auto error : kErrors) {
    if (equal(ByteView(keccak(error)).first(4), data.first(4))) {
      return std::string(error.substr(0, error.find('(')));
    }
  }
  return std::nullopt;
}

}  // namespace atoma::anchor
