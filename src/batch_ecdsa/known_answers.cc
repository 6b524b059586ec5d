// The known-answer test: RFC 6979 §A.2.5 and §A.2.6, message "sample", in every lane right or
// damaged in one place.
#include <array>
#include <memory>

#include "atoma/crypto/digest.h"
#include "lane_input.h"
#include "loaded_kernel.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename Curve>
struct Answer;

template <>
struct Answer<P256> {
  static constexpr const char* kX =
      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
  static constexpr const char* kY =
      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
  static constexpr const char* kR =
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
  static constexpr const char* kS =
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
  static auto digest() { return crypto::sha256(as_bytes("sample")); }
};

template <>
struct Answer<P384> {
  static constexpr const char* kX =
      "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
      "def8f0ea9055866064a254515480bc13";
  static constexpr const char* kY =
      "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
      "288b231c3ae0d4fe7344fd2533264720";
  static constexpr const char* kR =
      "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
      "81a648152e44acf96e36dd1e80fabe46";
  static constexpr const char* kS =
      "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
      "a329c145786e679e7b82c71a38628ac8";
  static auto digest() { return crypto::sha384(as_bytes("sample")); }
};

template <typename Curve>
struct Case {
  static constexpr int kLimbs = Curve::kLimbs;
  Limbs<kLimbs> x = from_hex<kLimbs>(Answer<Curve>::kX);
  Limbs<kLimbs> y = from_hex<kLimbs>(Answer<Curve>::kY);
  Limbs<kLimbs> r = from_hex<kLimbs>(Answer<Curve>::kR);
  Limbs<kLimbs> s = from_hex<kLimbs>(Answer<Curve>::kS);
  Limbs<kLimbs> e = {};
};

template <typename Curve>
constexpr Case<Curve> kCase{};

template <typename Curve>
void put(Group<Curve::kLimbs>& group, int lane, const Case<Curve>& answer) {
  set_lane(group.x, lane, answer.x);
  set_lane(group.y, lane, answer.y);
  set_lane(group.r, lane, answer.r);
  set_lane(group.s, lane, answer.s);
  set_lane(group.e, lane, answer.e);
}

// Odd lanes are damaged: another field in each.
constexpr std::uint8_t kRightLanes = 0x55;

template <typename Curve>
void fill(Group<Curve::kLimbs>& group, const Case<Curve>& right) {
  for (int lane = 0; lane < kLanes; ++lane) {
    Case<Curve> answer = right;
    if (lane == 1) answer.e.v[0] ^= 1;
    if (lane == 3) answer.r.v[1] ^= 1;
    if (lane == 5) answer.s.v[Curve::kLimbs - 2] ^= 1;
    if (lane == 7) answer.y.v[0] ^= 1;
    put<Curve>(group, lane, answer);
  }
}

}  // namespace

template <typename Curve>
bool known_answers_hold(const CurveBackend<Curve>& backend) {
  Case<Curve> right = kCase<Curve>;
  right.e = limbs_of<Curve>(Answer<Curve>::digest());

  std::uint64_t xy[2 * Curve::kLimbs];
  std::ranges::copy(right.x.v, xy);
  std::ranges::copy(right.y.v, xy + Curve::kLimbs);
  std::vector<std::uint64_t> table(table_words<Curve>(kKeyWindow));
  std::vector<std::uint64_t> scratch(table_scratch_words<Curve>(kKeyWindow));
  backend.kernel->make_table(xy, kKeyWindow, table.data(), scratch.data());

  constexpr std::size_t kGroups = 2;
  const auto groups = std::make_unique<Group<Curve::kLimbs>[]>(kGroups);
  for (std::size_t i = 0; i < kGroups; ++i) {
    fill<Curve>(groups[i], right);
    groups[i].with_tables = i == 1;
    std::ranges::fill(groups[i].tables, table.data());
  }
  backend.kernel->verify(groups.get(), kGroups, backend.generator_table.data());
  return std::all_of(groups.get(), groups.get() + kGroups, [](const auto& group) {
    return group.valid == kRightLanes && group.undecided == 0;
  });
}

template bool known_answers_hold<P256>(const CurveBackend<P256>& backend);
template bool known_answers_hold<P384>(const CurveBackend<P384>& backend);

}  // namespace atoma::batch_ecdsa
