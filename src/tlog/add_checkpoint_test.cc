#include "atoma/tlog/add_checkpoint.h"

#include <gtest/gtest.h>

#include <format>

#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

std::string_view reason_of(std::string_view body) {
  const auto parsed = parse_add_checkpoint(body);
  return parsed ? "" : parsed.error().reason;
}

TEST(AddCheckpoint, RoundTrips) {
  const AddCheckpoint request{.old_size = 3, .proof = {{1}, {2}}, .checkpoint = "note\n"};
  const std::string text = encode_add_checkpoint(request);
  EXPECT_TRUE(text.starts_with("old 3\nAQAA"));
  const auto parsed = parse_add_checkpoint(text);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->old_size, 3u);
  EXPECT_EQ(parsed->proof, request.proof);
  EXPECT_EQ(parsed->checkpoint, "note\n");
}

TEST(AddCheckpoint, RefusesOtherForms) {
  const std::string hash = wire::base64_encode(Hash{});
  EXPECT_EQ(reason_of("old 0\n\nnote"), "");
  for (const char* body :
       {"", "old 0", "old 0\n", "old 0\n\n", "Old 0\n\nn", "old\n\nn", "\n\nn"}) {
    EXPECT_EQ(reason_of(body), "add_checkpoint.format") << body;
  }
  for (const char* old : {"", "00", "-1", "1 ", " 1", "9223372036854775808"}) {
    EXPECT_EQ(reason_of(std::format("old {}\n\nn", old)), "add_checkpoint.old") << old;
  }
  EXPECT_EQ(reason_of("old 1\nAAAA\n\nn"), "add_checkpoint.hash");
  std::string hashes;
  for (std::size_t i = 0; i < limits::kMerkleProofMax; ++i) hashes += hash + "\n";
  EXPECT_EQ(reason_of("old 1\n" + hashes + "\nn"), "");
  EXPECT_EQ(reason_of("old 1\n" + hashes + hash + "\n\nn"), "add_checkpoint.hashes_max");
  EXPECT_EQ(reason_of(std::string(kAddCheckpointMax + 1, 'x')), "add_checkpoint.size");
}

TEST(SizeAnswer, IsAPlainNumberAndANewline) {
  EXPECT_EQ(encode_size_answer(20852014), "20852014\n");
  EXPECT_EQ(parse_size_answer("20852014\n"), 20852014u);
  for (const char* body :
       {"", "\n", "1", "01\n", "-1\n", "1\n\n", "1 \n", "99999999999999999999\n"}) {
    EXPECT_FALSE(parse_size_answer(body)) << body;
  }
}

TEST(AddCheckpointVectors, RequestsReadAndWriteAlike) {
  ATOMA_NEED_VECTORS();
  const auto document = wire::JsonDocument::parse(*read_vector("witness-add-checkpoint.json"));
  ASSERT_TRUE(document);
  std::size_t count = 0;
  for (const auto& step : document->root().find("steps")->items()) {
    const std::string_view body = step.find("body")->text();
    const auto parsed = parse_add_checkpoint(body);
    ASSERT_TRUE(parsed) << parsed.error().to_string();
    EXPECT_EQ(encode_add_checkpoint(*parsed), body);
    ++count;
  }
  EXPECT_EQ(count, 9u);
}

}  // namespace
}  // namespace atoma::tlog
