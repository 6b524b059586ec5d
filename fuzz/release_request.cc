// The bodies that the broker reads: a request for release, and a rule.
#include "atoma/broker/rule.h"
#include "atoma/http/fields.h"
#include "fixtures.h"
#include "fuzz.h"
#include "release.h"

namespace atoma::fuzz {
namespace {

void check_rule_of(ByteView in) {
  static const TokenWorld world;
  const auto document = http::parse_body(in);
  if (!document) return;
  const auto rule = broker::parse_rule(*document->root().json());
  if (!rule) return;
  ATOMA_CHECK(!rule->tee.empty());
  // The result is a sample's, so no rule that does not say so admits it.
  const bool admitted = broker::check_rule(*rule, world.ear, {}, kNow).has_value();
  ATOMA_CHECK(!admitted || rule->sample_allowed);
  ATOMA_CHECK(!admitted || std::ranges::contains(rule->tee, world.ear.atoma.tee));
}

}  // namespace

void one_input(ByteView in) {
  check_rule_of(in);
  static const std::string jwks = TokenWorld().keys.to_json();
  static const std::string payload = cose::encode_ear(TokenWorld().ear);
  auto request = broker::parse_release_request(in);
  if (!request) return;
  ATOMA_CHECK(!request->token.empty() && !request->key.empty());
  const auto presented = broker::authenticate(*std::move(request), jwks);
  ATOMA_CHECK(!presented || cose::encode_ear(presented->ear) == payload);
}

}  // namespace atoma::fuzz
