// A verifier key has one form but for the case of its id's digits. The id is a digest that no
// fuzzer guesses, so a second reading puts the right one in.
#include <algorithm>
#include <format>

#include "atoma/crypto/digest.h"
#include "atoma/tlog/note.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

std::string with_right_id(std::string_view text) {
  const std::size_t first = std::min(text.find('+'), text.size());
  const std::size_t second = std::min(text.find('+', first + 1), text.size());
  const std::string_view name = text.substr(0, first);
  const std::string_view key = text.substr(std::min(second + 1, text.size()));
  Bytes hashed = to_bytes(name);
  hashed.push_back('\n');
  append(hashed, wire::base64_decode(key).value_or(Bytes()));
  const auto id = wire::load_be(ByteView(crypto::sha256(hashed)).first(4));
  return std::format("{}+{:08x}+{}", name, id, key);
}

}  // namespace

void one_input(ByteView in) {
  const auto as_given = tlog::VerifierKey::parse(as_text(in));
  if (as_given) {
    const auto again = tlog::VerifierKey::parse(as_given->to_string());
    ATOMA_CHECK(again.has_value() && *again == *as_given);
    ATOMA_CHECK(as_given->to_string().size() == in.size());
  }
  const std::string text = with_right_id(as_text(in));
  const auto key = tlog::VerifierKey::parse(text);
  ATOMA_CHECK(!key || key->to_string() == text);
  ATOMA_CHECK(!as_given || key.has_value());
}

}  // namespace atoma::fuzz
