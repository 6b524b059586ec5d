#include "verified_mark.h"

#include "atoma/cose/sign1.h"
#include "atoma/wire/reader.h"

namespace atoma::registry {
namespace {

constexpr std::string_view kType = "application/atoma-verified-to";
constexpr std::size_t kFileMax = 8 * 1024;  // ML-DSA-65 signs with 3,309 bytes

}  // namespace

VerifiedTo VerifiedMark::load() {
  if (files_ == nullptr) return {};
  const auto bytes = store::read_file(*files_, path_, kFileMax);
  if (!bytes) return {};
  const auto message = cose::parse_sign1(*bytes, cose::Sign1Tag::kRequired);
  cose::PublicKey ours = key_->public_key();
  if (!message || message->type != kType || !cose::verify_sign1(*message, ours)) return {};
  wire::Reader in(message->payload);
  const VerifiedTo out{.size = in.u64_be(), .root = in.take_array<32>()};
  if (!in.finish()) return {};
  size_ = out.size;
  return out;
}

void VerifiedMark::save(const VerifiedTo& verified) {
  if (files_ == nullptr) return;
  Bytes payload;
  wire::append_be(payload, verified.size, 8);
  append(payload, verified.root);
  const Bytes file = cose::sign1(*key_, {.kid = {}, .type = kType}, payload);
  if (store::replace_file(*files_, path_, file)) size_ = verified.size;
}

}  // namespace atoma::registry
