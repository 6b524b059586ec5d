#include "atoma/appraisal/binding.h"

#include <gtest/gtest.h>

#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

TEST(Binding, IsTheDigestInItsDocumentedForm) {
  // By hand: printf 'atoma-report-data/1\x02\0\0\0NN\x03\0\0\0KKK\0\0\0\0' | sha384sum
  const auto data = bind_report_data(as_bytes("NN"), as_bytes("KKK"));
  EXPECT_EQ(wire::hex_encode(data),
            "39c130d8797091284109ddd571d549b347da08141e8e666d32af600022d1221ad52b42aa452cf79e237e62"
            "4e014d02d4"
            "00000000000000000000000000000000");
}

TEST(Binding, OfTpmsIsADigestThatEveryTpmTakes) {
  // By hand: printf 'atoma-tpm-nonce/1\x02\0\0\0NN\x03\0\0\0KKK' | sha256sum
  EXPECT_EQ(wire::hex_encode(bind_tpm_nonce(as_bytes("NN"), as_bytes("KKK"))),
            "3cc5ba85f7ba10bf4948a18e0dc5bbd4ea085d56f613f2c26aee791b90619a16");
  EXPECT_NE(bind_tpm_nonce(as_bytes("ab"), as_bytes("c")),
            bind_tpm_nonce(as_bytes("a"), as_bytes("bc")));
}

TEST(Binding, SeparatesNonceFromKey) {
  EXPECT_NE(bind_report_data(as_bytes("ab"), as_bytes("c")),
            bind_report_data(as_bytes("a"), as_bytes("bc")));
  EXPECT_NE(bind_report_data(as_bytes("ab"), as_bytes("")),
            bind_report_data(as_bytes(""), as_bytes("ab")));
  EXPECT_NE(bind_report_data(as_bytes("a"), as_bytes("c")),
            bind_report_data(as_bytes("b"), as_bytes("c")));
}

}  // namespace
}  // namespace atoma::appraisal
