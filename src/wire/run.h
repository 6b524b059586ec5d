// The length of a run of like characters. Private to wire.
#pragma once

#include <cstddef>
#include <string_view>

namespace atoma::wire {

// How many characters at the beginning are `alike`, a function without branches.
template <typename Alike>
std::size_t run_length(std::string_view text, Alike alike) {
  constexpr std::size_t kBlock = 32;
  std::size_t at = 0;
  for (; text.size() - at >= kBlock; at += kBlock) {
    bool all = true;  // no early end within a block: compiled to vector instructions
    for (std::size_t i = 0; i < kBlock; ++i) all &= alike(text[at + i]);
    if (!all) break;
  }
  while (at < text.size() && alike(text[at])) ++at;
  return at;
}

}  // namespace atoma::wire
