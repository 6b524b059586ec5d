// What sources write in headers and bodies, and the names of items.
#include "atoma/collateral/schedule.h"
#include "atoma/collateral/source.h"
#include "atoma/collateral/store.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const std::string_view text = as_text(in);
  if (const auto chain = collateral::decode_issuer_chain(text)) {
    ATOMA_CHECK(chain->size() <= text.size() && chain->size() <= collateral::kIssuerChainMax);
    const bool plain = !text.contains('%');
    ATOMA_CHECK(!plain || as_text(*chain) == text);
  }
  const Time now{1767225600};
  if (const auto wait = collateral::parse_retry_after(text, now)) {
    ATOMA_CHECK(wait->s >= 1 && *wait <= collateral::kRetryAfterMax);
  }
  const auto rim = collateral::read_rim_answer(in, "ID");
  ATOMA_CHECK(!rim || (!rim->empty() && rim->size() <= in.size()));
  if (const auto item = collateral::Item::parse(text)) {
    ATOMA_CHECK(item->name() == text);
    ATOMA_CHECK(collateral::item_of_file(collateral::file_name(*item)) == *item);
  }
  collateral::Endpoints endpoints;
  ATOMA_CHECK(endpoints.set(text).has_value() ==
              (endpoints.any() || !endpoints.intel_root_crl.empty()));
}

}  // namespace atoma::fuzz
