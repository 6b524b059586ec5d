// What parses writes back to the same bytes; the forms that an option admits change nothing of what
// is read but the order; every item lies inside the input.
#include "atoma/wire/cbor.h"

#include "atoma/wire/cbor_writer.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using wire::CborDocument;
using wire::CborForms;
using wire::CborItem;
using wire::CborType;
using wire::CborWriter;

void write(CborWriter& out, const CborItem& item) {
  switch (item.type()) {
    case CborType::kArray:
      out.begin_array();
      for (const auto& child : item.items()) write(out, child);
      out.end_array();
      return;
    case CborType::kMap:
      out.begin_map();
      for (const auto& child : item.items()) write(out, child);
      out.end_map();
      return;
    case CborType::kText:
      out.value(*item.text());
      return;
    case CborType::kBytes:
      out.bytes(*item.bytes());
      return;
    case CborType::kUnsigned:
      out.value(*item.unsigned_integer());
      return;
    case CborType::kBool:
      out.value(*item.boolean());
      return;
    case CborType::kNull:
      out.null();
      return;
    case CborType::kNegative:
    case CborType::kTag:
      out.raw(item.raw());
      return;
  }
}

void check_raw(const CborItem& item, ByteView in) {
  ATOMA_CHECK(in.data() <= item.raw().data());
  ATOMA_CHECK(item.raw().data() + item.raw().size() <= in.data() + in.size());
  const auto children = item.items();
  ATOMA_CHECK(item.size() == children.size());
  for (const auto& child : children) check_raw(child, item.raw());
  for (std::size_t i = 0; item.is_map() && i < children.size(); i += 2) {
    const auto text = children[i].text();
    const auto number = children[i].integer();
    const auto found = text ? item.find(*text) : number ? item.find(*number) : std::nullopt;
    ATOMA_CHECK(!(text || number) || equal(found->raw(), children[i + 1].raw()));
  }
}

}  // namespace

void one_input(ByteView in) {
  const auto strict = CborDocument::parse(in);
  const auto lenient =
      CborDocument::parse(in, CborForms{.unsorted_maps = true, .indefinite_root_map = true});
  ATOMA_CHECK(!strict || lenient);
  if (!lenient) return;
  check_raw(lenient->root(), in);
  CborWriter out;
  write(out, lenient->root());
  const Bytes written = out.take();
  ATOMA_CHECK(!strict || equal(written, in));
}

}  // namespace atoma::fuzz
