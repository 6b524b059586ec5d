// Blocks that parsed encode to PEM with the same blocks.
#include "atoma/wire/pem.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  constexpr std::size_t kBlocksMax = 8;
  const auto blocks = wire::parse_pem(as_text(in), kBlocksMax);
  if (!blocks) return;
  ATOMA_CHECK(blocks->size() <= kBlocksMax);
  ATOMA_CHECK(blocks->empty() || wire::looks_like_pem(in));
  std::string text;
  for (const auto& block : *blocks) text += wire::encode_pem(block.label, block.der);
  const auto again = wire::parse_pem(text, kBlocksMax);
  ATOMA_CHECK(again.has_value() && again->size() == blocks->size());
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    ATOMA_CHECK((*again)[i].label == (*blocks)[i].label && (*again)[i].der == (*blocks)[i].der);
  }
}

}  // namespace atoma::fuzz
