// What parses as TCB info or QE identity encodes to a text that parses to the same; the search for
// a level finds one of those listed.
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace evidence::intel;
using wire::JsonDocument;

void check_tcb_info(const wire::JsonValue& object) {
  const auto info = parse_tcb_info(object);
  if (!info) return;
  const std::string text = sample_tee::encode_tcb_info(*info);
  const auto document = JsonDocument::parse(text);
  ATOMA_CHECK(document.has_value());
  const auto again = parse_tcb_info(document->root());
  ATOMA_CHECK(again.has_value() && sample_tee::encode_tcb_info(*again) == text);

  const PckInfo pck = sample_tee::sample_pck_info();
  const ByteArray<16> tee_tcb_svn{5, 1, 2};
  const TcbLevel qe_level;
  const auto result =
      evaluate_tcb(*info, pck, info->is_tdx ? ByteView(tee_tcb_svn) : ByteView(), &qe_level);
  const TcbLevel* const level = result.levels[0];
  ATOMA_CHECK(level == nullptr ||
              (level >= info->levels.data() && level < info->levels.data() + info->levels.size()));
  // The quoting enclave's level above is NotSupported: nothing is better than its worst part.
  ATOMA_CHECK(result.status == TcbStatus::kNotSupported);
}

void check_qe_identity(const wire::JsonValue& object) {
  const auto identity = parse_qe_identity(object);
  if (!identity) return;
  const std::string text = sample_tee::encode_qe_identity(*identity);
  const auto document = JsonDocument::parse(text);
  ATOMA_CHECK(document.has_value());
  const auto again = parse_qe_identity(document->root());
  ATOMA_CHECK(again.has_value() && sample_tee::encode_qe_identity(*again) == text);
  for (const auto svn : {std::uint16_t{0}, std::uint16_t{5}, std::uint16_t{0xFFFF}}) {
    const TcbLevel* const level = find_isv_level(identity->levels, svn);
    ATOMA_CHECK(level == nullptr || level->isv_svn <= svn);
  }
}

}  // namespace

void one_input(ByteView in) {
  const auto document = JsonDocument::parse(as_text(in));
  if (!document) return;
  check_tcb_info(document->root());
  check_qe_identity(document->root());
}

}  // namespace atoma::fuzz
