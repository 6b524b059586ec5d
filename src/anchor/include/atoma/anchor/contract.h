// The contract as its clients see it: what anchorers sign, what calls look like, what answers and
// refusals mean. See contracts/README.md.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "atoma/anchor/rules.h"

namespace atoma::anchor {

struct Head {
  std::uint64_t size = 0;
  Word root{};
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

// r ‖ s ‖ v of each key, by ascending address, as the contract takes them.
Bytes sign_head(const Place& place, const Head& head,
                std::span<const crypto::Secp256k1PrivateKey> keys);

// Calls: what goes into "data".
Bytes encode_create(const Rules& rules);
Bytes encode_anchor(const Word& log, const Head& head, std::span<const Word> proof,
                    ByteView signatures);
Bytes encode_head(const Word& log);

// What head() answers. Errors: "anchor.answer".
Result<AnchoredHead> decode_head(ByteView answer);

// Of the data of a revert the error's name, like "NotGrown"; nothing when it is none of the
// contract's.
std::optional<std::string> revert_name(ByteView data);

}  // namespace atoma::anchor
