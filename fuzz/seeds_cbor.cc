#include "atoma/wire/cbor_writer.h"
#include "fixtures.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

void add_cbor(std::vector<Seed>& out) {
  wire::CborWriter types;
  types.begin_map().key(1).begin_array().value(true).value(false).null().value(-500).end_array();
  types.key(-1).tag(18).bytes(Bytes{1, 2, 3}).key("text").value("\xC3\xBC").key(300).value(70000);
  out.push_back({"cbor", "all_types", types.end_map().take()});
  out.push_back({"cbor", "indefinite", {0xBF, 0x02, 0xF6, 0x01, 0x41, 0x00, 0xFF}});
  out.push_back({"cbor", "unsorted", {0xA2, 0x02, 0x00, 0x01, 0x00}});
  out.push_back({"cbor", "deep", {0x81, 0x81, 0xC1, 0x81, 0xA1, 0x01, 0x81, 0x18, 0x18}});
}

}  // namespace

std::vector<Seed> cbor_seeds() {
  std::vector<Seed> out;
  add_cbor(out);
  out.push_back({"cose_sign1", "es256", sign1_fixture()});
  return out;
}

}  // namespace atoma::fuzz
