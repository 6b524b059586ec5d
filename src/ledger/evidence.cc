#include "atoma/ledger/evidence.h"

#include <algorithm>

namespace atoma::ledger {

bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  if (text.size() > kMediaTypeMax || slash == text.npos) return false;
  const auto is_name = [](std::string_view name) {
    const auto alphanumeric = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && alphanumeric(name.front()) && std::ranges::all_of(name, [&](char c) {
      return alphanumeric(c) || std::string_view("!#$&-^_.+").contains(c);
    });
  };
  return is_name(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

}  // namespace atoma::ledger
