// What a node answers: numbers and bytes that are read have one form, but for the case of digits.
#include <algorithm>
#include <format>

#include "atoma/anchor/contract.h"
#include "atoma/anchor/rpc.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto answer = anchor::parse_answer(as_text(in));
  if (!answer) return;
  const auto& result = answer->result();
  std::string text(result.text());
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto quantity = anchor::parse_quantity(&result);
  ATOMA_CHECK(!quantity || std::format("{:#x}", *quantity) == text);
  const auto data = anchor::parse_data(&result);
  ATOMA_CHECK(!data || anchor::to_hex(*data) == text);
  if (data) {
    const auto head = anchor::decode_head(*data);
    ATOMA_CHECK(!head || data->size() == 128);
    const auto quorum = anchor::decode_quorum(*data);
    ATOMA_CHECK(!quorum || (quorum->threshold > 0 && quorum->threshold <= quorum->anchorers));
  }
  const auto events = anchor::parse_events(result);
  ATOMA_CHECK(!events || result.is_array());
  const auto receipt = anchor::parse_receipt(result);
  ATOMA_CHECK(!receipt || receipt->has_value() == result.is_object());
}

}  // namespace atoma::fuzz
