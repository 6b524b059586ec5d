// A frame that parses encodes to the same bytes. Its checks are digests that no fuzzer guesses, so
// a second reading puts the right ones in.
#include "atoma/crypto/digest.h"
#include "atoma/store/frame.h"
#include "atoma/wire/reader.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

// Sizes are made to fit, too: the entries end where the input ends.
Bytes with_right_checks(ByteView in) {
  Bytes frame = to_bytes(in);
  if (frame.size() < store::kFrameHeaderSize + store::kFrameCheckSize) return frame;
  const std::uint32_t entries = static_cast<std::uint32_t>(frame[15] % 8) + 1;
  Bytes fields = to_bytes(ByteView(frame).first(8));
  wire::append_be(fields, frame.size() - store::kFrameHeaderSize, 4);
  wire::append_be(fields, entries, 4);
  append(fields, ByteView(frame).subspan(16, 8));
  append(fields, ByteView(crypto::sha256(fields)).first(8));
  std::ranges::copy(fields, frame.begin());

  wire::Reader reader(frame);
  reader.take(store::kFrameHeaderSize);
  std::vector<merkle::Hash> leaves;
  for (std::uint32_t i = 0; i < entries; ++i) {
    leaves.push_back(merkle::leaf_hash(reader.take(reader.u16_be())));
  }
  reader.u16_be();
  const ByteView note = reader.take(reader.u32_be());
  if (!reader.ok()) return frame;
  const auto check = crypto::sha256(
      {ByteView(frame).first(store::kFrameHeaderSize), merkle::hash_bytes(leaves), note});
  std::ranges::copy(check, frame.end() - store::kFrameCheckSize);
  return frame;
}

void check(ByteView bytes) {
  const auto frame = store::parse_frame(bytes);
  if (!frame) return;
  ATOMA_CHECK(frame->entries.size() == frame->leaves.size());
  const Bytes same =
      store::encode_frame(frame->first_index, frame->entries, frame->leaves, frame->note);
  ATOMA_CHECK(equal(same, bytes));
}

}  // namespace

void one_input(ByteView in) {
  static_cast<void>(store::parse_frame_header(in));
  check(in);
  check(with_right_checks(in));
}

}  // namespace atoma::fuzz
