// The contract as its clients see it: what anchorers sign, what calls look like, what answers and
// refusals mean. See contracts/README.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "atoma/anchor/rules.h"

namespace atoma::anchor {

struct Head {
  std::uint64_t size = 0;
  Word root{};

  friend bool operator==(const Head&, const Head&) = default;
};

// One deployment, and one log in it.
struct Place {
  std::uint64_t chain_id = 0;
  Address contract{};
  Word log{};
};

struct AnchoredHead {
  Head head;  // size 0: nothing is anchored yet
  std::uint64_t time = 0;
  bool frozen = false;
};

// What an anchorer signs for a head (EIP-712): good on this chain, in this contract, for this log.
crypto::Digest256 head_digest(const Place& place, const Head& head);

struct HeadSignature {
  Address signer{};
  ByteArray<65> bytes{};  // r ‖ s ‖ v

  friend bool operator==(const HeadSignature&, const HeadSignature&) = default;
};

HeadSignature sign_head(const Place& place, const Head& head,
                        const crypto::Secp256k1PrivateKey& key);
// Those of all keys, by ascending address, as the contract takes them.
Bytes sign_head(const Place& place, const Head& head,
                std::span<const crypto::Secp256k1PrivateKey> keys);

// A head that a quorum signed or, without signatures, one that the contract still keeps; and what
// its tree has at the index in question.
struct Claim {
  Head head;
  Bytes signatures;
  Word leaf{};
  std::vector<Word> path;
};

struct Quorum {
  std::uint8_t anchorers = 0;
  std::uint8_t threshold = 0;
};

// Calls: what goes into "data".
Bytes encode_create(const Rules& rules);
Bytes encode_anchor(const Word& log, const Head& head, std::span<const Word> proof,
                    ByteView signatures);
// Of two heads of one size; their leaves and paths are not used.
Bytes encode_report_fork(const Word& log, const Claim& a, const Claim& b);
// Of two heads whose leaves at `index` differ.
Bytes encode_report_rewrite(const Word& log, std::uint64_t index, const Claim& a, const Claim& b);
Bytes encode_head(const Word& log);
Bytes encode_quorum(const Word& log);
Bytes encode_is_anchorer(const Word& log, const Address& who);
Bytes encode_anchored_root(const Word& log, std::uint64_t size);

// What these answer. Errors: "anchor.answer".
Result<AnchoredHead> decode_head(ByteView answer);
Result<Quorum> decode_quorum(ByteView answer);
Result<bool> decode_flag(ByteView answer);
Result<Word> decode_root(ByteView answer);

// The topic of the event that says why a log is frozen, and what its data are: the two heads.
Word forked_topic();
Result<std::pair<Head, Head>> decode_forked(ByteView data);

// Of the data of a revert the error's name, like "NotGrown"; nothing when it is none of the
// contract's.
std::optional<std::string> revert_name(ByteView data);

}  // namespace atoma::anchor
