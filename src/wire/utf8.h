// UTF-8 as RFC 3629 has it, for the readers of this module.
#pragma once

#include <cstddef>
#include <string_view>

namespace atoma::wire {

// Length of the well-formed sequence at `at` (RFC 3629 §4), 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at);
bool is_utf8(std::string_view text);

}  // namespace atoma::wire
