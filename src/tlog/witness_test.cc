#include "atoma/tlog/witness.h"

#include <gtest/gtest.h>

#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

std::string_view reason_of(const auto& result) { return result ? "" : result.error().reason; }

struct Log {
  explicit Log(std::uint8_t salt = 0, std::uint64_t size = 20) {
    for (std::uint64_t i = 0; i < size; ++i) {
      tree.append(merkle::leaf_hash(Bytes{static_cast<std::uint8_t>(i), salt}));
    }
  }
  KnownTree at(std::uint64_t size) const { return {size, *merkle::root_at(tree, size)}; }
  Checkpoint checkpoint(std::uint64_t size) const {
    return {"example.org/log", size, *merkle::root_at(tree, size)};
  }
  AddCheckpoint request(std::uint64_t old_size, std::uint64_t size) const {
    AddCheckpoint out{.old_size = old_size, .proof = {}, .checkpoint = {}};
    if (old_size > 0 && old_size <= size) {
      out.proof = *merkle::prove_consistency(tree, old_size, size);
    }
    out.checkpoint = sign_checkpoint(checkpoint(size), test_signer()).note;
    return out;
  }

  merkle::MemoryTree tree;
};

TEST(Witness, EveryGrowthIsAcceptedAndEveryOtherHistoryIsNot) {
  const Log log;
  const Log fork(1);
  for (std::uint64_t old_size = 0; old_size <= 20; ++old_size) {
    for (std::uint64_t size = old_size; size <= 20; ++size) {
      const auto growth = [&](const KnownTree& known, const Log& from) {
        return reason_of(check_growth(known, from.request(old_size, size), from.checkpoint(size)));
      };
      EXPECT_EQ(growth(log.at(old_size), log), "") << old_size << " " << size;
      EXPECT_EQ(growth(log.at(old_size == 20 ? 19 : old_size + 1), log), "witness.stale");
      if (old_size == 0) continue;
      EXPECT_EQ(growth(log.at(old_size), fork),
                old_size == size ? "witness.fork" : "witness.proof");
    }
  }
}

TEST(Witness, RefusesAsTheSpecificationSays) {
  const Log log;
  EXPECT_EQ(reason_of(check_growth(log.at(9), log.request(9, 5), log.checkpoint(5))),
            "witness.old_size");
  auto request = log.request(0, 5);
  request.proof = {{1}};
  EXPECT_EQ(reason_of(check_growth({}, request, log.checkpoint(5))), "witness.proof");
  // No tree of size 0 but the empty one.
  Checkpoint empty{"example.org/log", 0, {}};
  EXPECT_EQ(reason_of(check_growth({}, log.request(0, 0), empty)), "witness.fork");
  request = log.request(5, 9);
  request.proof.pop_back();
  EXPECT_EQ(reason_of(check_growth(log.at(5), request, log.checkpoint(9))), "witness.proof");
  // The same size with the same root needs no proof, and takes none.
  request = log.request(5, 5);
  request.proof = {{1}};
  EXPECT_EQ(reason_of(check_growth(log.at(5), request, log.checkpoint(5))), "witness.proof");
}

TEST(Witness, EveryRefusalHasItsStatus) {
  const auto status = [](std::string_view reason) {
    return witness_status({Code::kAborted, reason, ""});
  };
  EXPECT_EQ(status("witness.origin"), 404);
  EXPECT_EQ(status("witness.signature"), 403);
  EXPECT_EQ(status("witness.old_size"), 400);
  EXPECT_EQ(status("witness.stale"), 409);
  EXPECT_EQ(status("witness.fork"), 409);
  EXPECT_EQ(status("witness.proof"), 422);
  EXPECT_EQ(status("note.format"), 400);
}

TEST(Witness, BelievesKeysOfTheOriginAlone) {
  const Log log;
  const NoteSigner signer = test_signer();
  const Cosigner ml_dsa = test_ml_dsa_witness("example.org/log", 5);
  const std::vector<LogKey> keys{signer.verifier_key(), ml_dsa.key(),
                                 test_signer("example.org/other", 7).verifier_key()};
  const auto reason = [&](const std::string& note) {
    return reason_of(authenticate_checkpoint(keys, note));
  };
  const Checkpoint tree = log.checkpoint(5);
  const std::string text = encode_checkpoint(tree);
  const std::string note = signer.sign(text);
  EXPECT_EQ(reason(note), "");
  const std::string stranger = test_signer("example.org/log", 9).sign(text);
  EXPECT_EQ(reason(stranger), "witness.signature");
  EXPECT_EQ(reason(stranger + *ml_dsa.sign(text, 0)), "");
  EXPECT_EQ(reason(note + *ml_dsa.sign(encode_checkpoint(log.checkpoint(6)), 0)),
            "witness.signature");
  // The key of one log does not speak for another.
  EXPECT_EQ(reason(test_signer("example.org/other", 7).sign(text)), "witness.signature");
  EXPECT_EQ(reason(sign_checkpoint({"example.org/third", 5, tree.root}, signer).note),
            "witness.origin");
  EXPECT_EQ(reason("no note"), "note.format");
  EXPECT_EQ(reason(signer.sign("example.org/log\n")), "checkpoint.format");
}

// Another witness's transcript. It answers an unknown origin by 403, as the text then said.
TEST(WitnessVectors, Transcript) {
  ATOMA_NEED_VECTORS();
  const auto document = wire::JsonDocument::parse(*read_vector("witness-add-checkpoint.json"));
  ASSERT_TRUE(document);
  const auto& root = document->root();
  const std::string origin(root.find("log_origin")->text());
  const auto raw = wire::hex_decode(root.find("log_ed25519_pub_hex")->text());
  const std::vector<LogKey> logs{
      *VerifierKey::create(origin, *crypto::Ed25519PublicKey::create(*raw))};
  KnownTree known;
  std::vector<int> answers;
  for (const auto& step : root.find("steps")->items()) {
    const auto request = parse_add_checkpoint(step.find("body")->text());
    ASSERT_TRUE(request);
    const auto next = authenticate_checkpoint(logs, request->checkpoint);
    const Status grown =
        next ? check_growth(known, *request, *next) : Status(std::unexpected(next.error()));
    answers.push_back(grown ? 200 : witness_status(grown.error()));
    if (grown) known = {next->size, next->root};
  }
  EXPECT_EQ(answers, (std::vector{200, 403, 404, 422, 422, 200, 409, 200, 409}));
  EXPECT_EQ(known.size, 5u);
}

}  // namespace
}  // namespace atoma::tlog
