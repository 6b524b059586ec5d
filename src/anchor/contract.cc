#include "atoma/anchor/contract.h"

#include <algorithm>
#include <format>
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
    "SameRoot()",
    "SameLeaf()",
    "NotIncluded(uint64)",
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

Bytes list_of(std::span<const Word> words) {
  Bytes out;
  append(out, word_of(words.size()));
  for (const auto& word : words) append(out, word);
  return out;
}

// The tuple (size, root, signatures, leafHash, proof).
Bytes tuple_of(const Claim& claim) {
  Bytes out, signatures;
  append_padded(signatures, claim.signatures);
  constexpr std::size_t kStatic = 5 * 32;
  for (const auto& word : {word_of(claim.head.size), claim.head.root, word_of(kStatic), claim.leaf,
                           word_of(kStatic + signatures.size())}) {
    append(out, word);
  }
  append(out, signatures);
  append(out, list_of(claim.path));
  return out;
}

Status require_words(ByteView answer, std::size_t words, std::string_view call) {
  if (answer.size() == words * 32) return {};
  return malformed("anchor.answer",
                   std::format("{} bytes where {} answers {}: is there such a contract at this "
                               "address?",
                               answer.size(), call, words * 32));
}

Word word_at(ByteView answer, std::size_t place) {
  Word out;
  std::ranges::copy(answer.subspan(32 * place, 32), out.begin());
  return out;
}

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

HeadSignature sign_head(const Place& place, const Head& head,
                        const crypto::Secp256k1PrivateKey& key) {
  const auto signature = key.sign_digest(head_digest(place, head));
  HeadSignature out{.signer = address_of(key)};
  auto next = std::ranges::copy(signature.r, out.bytes.begin()).out;
  next = std::ranges::copy(signature.s, next).out;
  *next = static_cast<std::uint8_t>(27 + signature.y_parity);
  return out;
}

Bytes sign_head(const Place& place, const Head& head,
                std::span<const crypto::Secp256k1PrivateKey> keys) {
  std::vector<HeadSignature> signatures;
  for (const auto& key : keys) signatures.push_back(sign_head(place, head, key));
  std::ranges::sort(signatures, {}, &HeadSignature::signer);
  Bytes out;
  for (const auto& signature : signatures) append(out, signature.bytes);
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
  const Bytes list = list_of(proof);
  Bytes bytes;
  append_padded(bytes, signatures);
  constexpr std::size_t kStatic = 5 * 32;
  return call("anchor(bytes32,uint64,bytes32,bytes32[],bytes)",
              {log, word_of(head.size), head.root, word_of(kStatic), word_of(kStatic + list.size()),
               list, bytes});
}

Bytes encode_report_fork(const Word& log, const Claim& a, const Claim& b) {
  Bytes first, second;
  append_padded(first, a.signatures);
  append_padded(second, b.signatures);
  constexpr std::size_t kStatic = 6 * 32;
  return call("reportFork(bytes32,uint64,bytes32,bytes,bytes32,bytes)",
              {log, word_of(a.head.size), a.head.root, word_of(kStatic), b.head.root,
               word_of(kStatic + first.size()), first, second});
}

Bytes encode_report_rewrite(const Word& log, std::uint64_t index, const Claim& a, const Claim& b) {
  const Bytes first = tuple_of(a), second = tuple_of(b);
  constexpr std::size_t kStatic = 4 * 32;
  return call(
      "reportRewrite(bytes32,uint64,(uint64,bytes32,bytes,bytes32,bytes32[]),"
      "(uint64,bytes32,bytes,bytes32,bytes32[]))",
      {log, word_of(index), word_of(kStatic), word_of(kStatic + first.size()), first, second});
}

Bytes encode_head(const Word& log) { return call("head(bytes32)", {log}); }

Bytes encode_quorum(const Word& log) { return call("quorum(bytes32)", {log}); }

Bytes encode_is_anchorer(const Word& log, const Address& who) {
  return call("isAnchorer(bytes32,address)", {log, word_of(who)});
}

Bytes encode_anchored_root(const Word& log, std::uint64_t size) {
  return call("anchoredRoot(bytes32,uint64)", {log, word_of(size)});
}

Result<AnchoredHead> decode_head(ByteView answer) {
  ATOMA_TRY_VOID(require_words(answer, 4, "head()"));
  AnchoredHead out;
  ATOMA_TRY(out.head.size, number(answer.first(32)));
  out.head.root = word_at(answer, 1);
  ATOMA_TRY(out.time, number(answer.subspan(64, 32)));
  ATOMA_TRY(out.frozen, decode_flag(answer.subspan(96)));
  return out;
}

Result<Quorum> decode_quorum(ByteView answer) {
  ATOMA_TRY_VOID(require_words(answer, 4, "quorum()"));
  ATOMA_TRY(const auto anchorers, number(answer.first(32)));
  ATOMA_TRY(const auto threshold, number(answer.subspan(32, 32)));
  if (threshold == 0 || threshold > anchorers || anchorers > kAnchorersMax) {
    return malformed("anchor.answer", "no log has such a quorum");
  }
  return Quorum{static_cast<std::uint8_t>(anchorers), static_cast<std::uint8_t>(threshold)};
}

Result<bool> decode_flag(ByteView answer) {
  ATOMA_TRY_VOID(require_words(answer, 1, "a question"));
  ATOMA_TRY(const auto flag, number(answer));
  if (flag > 1) return malformed("anchor.answer", "expected yes or no");
  return flag == 1;
}

Result<Word> decode_root(ByteView answer) {
  ATOMA_TRY_VOID(require_words(answer, 1, "anchoredRoot()"));
  return word_at(answer, 0);
}

Word forked_topic() { return keccak("Forked(bytes32,uint64,bytes32,uint64,bytes32)"); }

Result<std::pair<Head, Head>> decode_forked(ByteView data) {
  ATOMA_TRY_VOID(require_words(data, 4, "the event Forked"));
  std::pair<Head, Head> out;
  ATOMA_TRY(out.first.size, number(data.first(32)));
  ATOMA_TRY(out.second.size, number(data.subspan(64, 32)));
  out.first.root = word_at(data, 1);
  out.second.root = word_at(data, 3);
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
